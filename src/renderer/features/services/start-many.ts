import { useQuery } from '@tanstack/react-query';
import { newId } from '#shared/base/ids.ts';
import { contract } from '#shared/contract/contract.ts';
import type { Operation } from '#shared/contract/operations.ts';
import { commandLines } from '../../lib/commands.ts';
import { client } from '../../lib/connection.ts';
import { countWords } from '../../lib/format.ts';
import { markStale } from '../../lib/invalidator.ts';
import { tellOutcome } from '../../lib/tell.ts';
import { type OperationRun, useOperationRun, watchAfterSeconds } from '../../lib/use-operation-run.ts';

/** What a start of these services would do, as of now; changes nothing. */
export function useStartPlan(names: readonly string[]) {
  return useQuery({
    queryKey: [contract.services.startMany.id, { services: names, dryRun: true }],
    queryFn: ({ signal }) => client.services.startMany({ services: [...names], dryRun: true }, { signal }),
    gcTime: 0,
  });
}

/** Starts several services by one plan, followed to its end. A start that went well is told in a note with Undo. */
export function useStartMany(onEnd: (operation: Operation) => void): OperationRun<readonly string[]> {
  return useOperationRun(
    (names: readonly string[]) =>
      client.services.startMany(
        { services: [...names] },
        { idempotencyKey: newId('req'), waitSeconds: watchAfterSeconds },
      ),
    (operation, names) => {
      markStale([contract.services.list.id, contract.services.get.id, contract.conflicts.list.id]);
      if (operation.status === 'succeeded') {
        const count = countWords(names.length, 'service');
        tellOutcome(operation, {
          done: `${count} started`,
          failed: `${count} did not start`,
          command: commandLines.start(...names),
        });
      }
      onEnd(operation);
    },
  );
}
