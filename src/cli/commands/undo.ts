import { Command } from 'commander';
import type { Client } from '#shared/client/client.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import type { Operation } from '#shared/contract/operations.ts';
import type { Act } from '../context.ts';
import { settleInSteps, watchedOptions } from '../operate.ts';
import { operationTitle, renderPlan } from '../output/operation.ts';
import { example } from './help.ts';
import { dryRunOption } from './options.ts';

/** How far back the newest operation that can be undone is looked for. */
const searched = 200;

export function undoCommand(act: Act): Command {
  return new Command('undo')
    .description('put back what an operation changed')
    .argument('[operation]', 'its id; without it the newest that can be undone')
    .addOption(dryRunOption())
    .addHelpText('after', example('clos undo op_01k9'))
    .action(
      act(async (context, id: string | undefined, flags: { dryRun?: boolean }) => {
        const { client } = await context.connect();
        const { terminal } = context;
        const undone = id === undefined ? await newestUndoable(client) : await client.operations.get({ id });
        const begun = await client.operations.undo(
          { id: undone.id, ...(flags.dryRun === true ? { dryRun: true } : {}) },
          watchedOptions(),
        );
        const operation = await settleInSteps(context, client, begun);
        if (context.json) await terminal.out(JSON.stringify(operation));
        else if (operation.dryRun) await terminal.out(...renderPlan(operation));
        else if (!context.quiet) await terminal.out(`Undone: ${operationTitle(undone)}.`);
        return undefined;
      }),
    );
}

async function newestUndoable(client: Client): Promise<Operation> {
  const { items } = await client.operations.list({ limit: searched });
  const found = items.find(({ undoable }) => undoable);
  if (found !== undefined) return found;
  throw new ClosError('OPERATION_NOT_FOUND', `Nothing can be undone: none of the last ${items.length} operations.`);
}
