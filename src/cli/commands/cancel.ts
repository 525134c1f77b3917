import { Command } from 'commander';
import type { Client } from '#shared/client/client.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import type { Operation } from '#shared/contract/operations.ts';
import type { Act } from '../context.ts';
import { waitForEnd } from '../operate.ts';
import { operationTitle } from '../output/operation.ts';
import { example } from './help.ts';

export function cancelCommand(act: Act): Command {
  return new Command('cancel')
    .description('have a running operation end before its next step')
    .argument('[operation]', 'its id; without it the one that runs')
    .addHelpText('after', example('clos cancel', 'clos cancel op_01k9'))
    .action(
      act(async (context, id: string | undefined) => {
        const { client } = await context.connect();
        const { terminal } = context;
        const begun = await client.operations.cancel({ id: id ?? (await onlyRunning(client)).id });
        const operation = await waitForEnd(client, begun);
        if (context.json) await terminal.out(JSON.stringify(operation));
        else if (operation.status !== 'cancelled') {
          throw new ClosError('NOT_CANCELLABLE', `It was quicker: ${operationTitle(operation)} ${operation.status}.`);
        } else if (!context.quiet) await terminal.out(`Cancelled: ${operationTitle(operation)}.`);
        return undefined;
      }),
    );
}

async function onlyRunning(client: Client): Promise<Operation> {
  const { items } = await client.operations.list({ status: 'running', limit: 2 });
  const [operation, other] = items;
  if (operation !== undefined && other === undefined) return operation;
  throw new ClosError(
    'OPERATION_NOT_FOUND',
    operation === undefined ? 'Nothing runs that could be cancelled.' : 'Several operations run. Which one?',
  );
}
