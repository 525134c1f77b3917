import { useQuery } from '@tanstack/react-query';
import { contract } from '#shared/contract/contract.ts';
import type { Operation } from '#shared/contract/operations.ts';
import { ErrorState, SkeletonRows } from '../../components/states.tsx';
import { operationQuery } from '../../lib/query.ts';
import { ConflictCard } from './conflict-card.tsx';

/** The card of a conflict, by its id. */
export function ConflictPanel({ id, onSettled }: { id: string; onSettled?: (operation: Operation) => void }) {
  const conflict = useQuery(operationQuery(contract.conflicts.get, { id }));
  if (conflict.isPending) return <SkeletonRows rows={4} />;
  if (conflict.data === undefined) {
    return <ErrorState error={conflict.error} onRetry={() => void conflict.refetch()} />;
  }
  return <ConflictCard key={id} conflict={conflict.data} {...(onSettled === undefined ? {} : { onSettled })} />;
}
