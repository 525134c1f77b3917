import { Command } from 'commander';
import type { Client } from '#shared/client/client.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import type { Conflict } from '#shared/contract/conflicts.ts';
import { type ChoiceFlags, chooseOption } from '../choose-option.ts';
import type { Act, CliContext } from '../context.ts';
import { settleInSteps, watchedOptions } from '../operate.ts';
import { renderPlan, undoHint } from '../output/operation.ts';
import { serviceLine } from '../output/services.ts';
import { example } from './help.ts';
import { dryRunOption } from './options.ts';

export function resolveCommand(act: Act): Command {
  return new Command('resolve')
    .description('resolve a conflict and start the service')
    .argument('<id>', 'the id of a conflict')
    .option('--option <option>', 'which way out; without it you are asked')
    .addOption(dryRunOption())
    .option('-y, --yes', 'do not ask before what is of high risk')
    .addHelpText('after', example('clos resolve cfl_01k9 --option reassign'))
    .action(
      act(async (context, id: string, flags: ChoiceFlags) => {
        const { client } = await context.connect();
        const conflict = await client.conflicts.get({ id });
        if (conflict.state !== 'open') {
          throw new ClosError(
            'CONFLICT_CLOSED',
            `The conflict over :${conflict.wanted.port} is ${conflict.state} already.`,
          );
        }
        const option = await chooseOption(context, conflict, flags);
        if (option === null) {
          await context.terminal.err('Nothing was changed.');
          return undefined;
        }
        await resolve(context, client, { conflict, option, dryRun: flags.dryRun === true });
        return undefined;
      }),
    );
}

async function resolve(
  context: CliContext,
  client: Client,
  { conflict, option, dryRun }: { conflict: Conflict; option: string; dryRun: boolean },
): Promise<void> {
  const { terminal } = context;
  const input = { id: conflict.id, option, ...(dryRun ? { dryRun: true } : {}) };
  const begun = await client.conflicts.resolve(input, watchedOptions());
  const operation = await settleInSteps(context, client, begun);
  if (context.json) return terminal.out(JSON.stringify(operation));
  if (operation.dryRun) return terminal.out(...renderPlan(operation));
  if (context.quiet) return;
  const title = conflict.options.find((each) => each.id === option)?.title ?? option;
  await terminal.out(`The conflict over :${conflict.wanted.port} is resolved: ${title}.`);
  if (conflict.wanted.serviceId !== null) {
    const service = await client.services.get({ id: conflict.wanted.serviceId });
    await terminal.out(serviceLine(service, terminal.paint));
  }
  await terminal.out(...undoHint(operation));
}
