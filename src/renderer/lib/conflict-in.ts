import { isClosError } from '#shared/contract/clos-error.ts';
import { type Conflict, conflictSchema } from '#shared/contract/conflicts.ts';
import { contract } from '#shared/contract/contract.ts';
import { markStale } from './invalidator.ts';
import { operationKey, queryClient } from './query.ts';

/** The first conflict that a refusal carries; null if that was about something else. */
export function conflictIn(error: unknown): Conflict | null {
  if (!isClosError(error, 'PORT_CONFLICT')) return null;
  const parsed = conflictSchema.array().safeParse(error.extra.conflicts);
  return (parsed.success ? parsed.data[0] : undefined) ?? null;
}

/** Keeps a conflict that came with an answer, so that it can be shown without asking for it again. */
export function keepConflict(conflict: Conflict): void {
  queryClient.setQueryData(operationKey(contract.conflicts.get, { id: conflict.id }), conflict);
  markStale([contract.conflicts.list.id]);
}
