import { useQuery } from '@tanstack/react-query';
import type { Conflict } from '#shared/contract/conflicts.ts';
import { contract } from '#shared/contract/contract.ts';
import { OperationOutcome } from '../../components/operation-outcome.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { operationQuery } from '../../lib/query.ts';
import { stateWords } from './conflict-words.ts';

/** What became of a conflict: how it ended, and the operation that ended it, with Undo while that is possible. */
export function ClosedConflict({ conflict }: { conflict: Conflict }) {
  const operations = useQuery(operationQuery(contract.operations.list, { subject: conflict.id, limit: 10 }));
  const resolution = operations.data?.items.find(({ type }) => type === 'conflict.resolve');
  return (
    <>
      <p className="rounded-md bg-active px-3 py-2">
        It is {stateWords[conflict.state]}
        {conflict.closedAt !== null && (
          <>
            {', '}
            <RelativeTime iso={conflict.closedAt} />
          </>
        )}
        .
      </p>
      {resolution !== undefined && <OperationOutcome operation={resolution} />}
    </>
  );
}
