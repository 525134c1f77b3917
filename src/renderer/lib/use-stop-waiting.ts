import { useMutation } from '@tanstack/react-query';
import { newId } from '#shared/base/ids.ts';
import { contract } from '#shared/contract/contract.ts';
import type { Service } from '#shared/contract/services.ts';
import { commandLines } from './commands.ts';
import { client } from './connection.ts';
import { markStale } from './invalidator.ts';
import { tellFailure, tellOutcome } from './tell.ts';
import { operationEnd } from './watch-operation.ts';

/** Calls off a wait: the service is stopped, so it no longer starts by itself. */
export function useStopWaiting() {
  return useMutation({
    mutationFn: async ({ id }: Service) =>
      operationEnd(await client.services.stop({ id }, { idempotencyKey: newId('req'), waitSeconds: 10 })),
    onSuccess: (operation, { name, id }) =>
      tellOutcome(operation, {
        done: `${name} no longer waits`,
        failed: `${name} still waits`,
        command: commandLines.stop(name),
        subject: id,
      }),
    onError: (error, { name, id }) => tellFailure(`${name} still waits`, error, id),
    onSettled: () => markStale([contract.services.list.id, contract.services.get.id, contract.conflicts.list.id]),
  });
}
