import { Command, Option } from 'commander';
import type { Act } from '../context.ts';
import { type RunOptions, runServices } from '../run-service.ts';
import { example } from './help.ts';
import { dryRunOption } from './options.ts';

/** What to do when a port is taken. */
export const whenTaken = new Option('--on-conflict <what>', 'when a port is taken, beside what the service says')
  .choices(['ask', 'reassign'])
  .default('ask');

export function startCommand(act: Act): Command {
  return new Command('start')
    .description('check every port, then start services')
    .argument('<name...>', 'names or ids of services')
    .addOption(whenTaken)
    .addOption(dryRunOption())
    .addHelpText('after', example('clos start web api --dry-run'))
    .action(
      act(async (context, names: string[], options: RunOptions) => {
        const { client } = await context.connect();
        return runServices(context, client, { names: [...new Set(names)], verb: 'start', options });
      }),
    );
}
