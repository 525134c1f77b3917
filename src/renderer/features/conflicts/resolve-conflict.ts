import { newId } from '#shared/base/ids.ts';
import type { Conflict, ConflictOption } from '#shared/contract/conflicts.ts';
import { contract } from '#shared/contract/contract.ts';
import type { Operation } from '#shared/contract/operations.ts';
import { client } from '../../lib/connection.ts';
import { markStale } from '../../lib/invalidator.ts';
import { tellOutcome } from '../../lib/tell.ts';
import { type OperationRun, useOperationRun, watchAfterSeconds } from '../../lib/use-operation-run.ts';
import { doneWords } from './conflict-words.ts';

/** What a resolution may have changed. */
const stale = [
  contract.conflicts.list.id,
  contract.conflicts.get.id,
  contract.services.list.id,
  contract.services.get.id,
  contract.operations.list.id,
  contract.ports.map.id,
  contract.ports.who.id,
];

/** Applies an option and follows it to its end, which is told in a note with Undo. */
export function useResolve(
  conflict: Conflict,
  onSettled?: (operation: Operation) => void,
): OperationRun<ConflictOption> {
  const run = useOperationRun(
    (option: ConflictOption) =>
      client.conflicts.resolve(
        { id: conflict.id, option: option.id },
        { idempotencyKey: newId('req'), waitSeconds: watchAfterSeconds },
      ),
    (operation, option) => {
      markStale(stale);
      if (operation.status === 'succeeded') {
        tellOutcome(operation, {
          done: doneWords(option, conflict),
          failed: 'It failed',
          command: option.command,
          subject: conflict.id,
        });
      }
      // The conflict stays open while the service waits, and its other ways out with it.
      if (option.strategy === 'wait' && operation.status === 'succeeded') run.reset();
      onSettled?.(operation);
    },
  );
  return run;
}
