import { Command, Option } from 'commander';
import type { Act } from '../context.ts';
import { forEachName } from '../report.ts';
import { type RunOptions, runService } from '../run-service.ts';
import { example } from './help.ts';

/** What to do when a port is taken. */
export const whenTaken = new Option(
  '--on-conflict <what>',
  'when a port is taken: show the options, or move to a free port',
)
  .choices(['ask', 'reassign'])
  .default('ask');

export function startCommand(act: Act): Command {
  return new Command('start')
    .description('check every port, then start services')
    .argument('<name...>', 'names or ids of services')
    .addOption(whenTaken)
    .option('--dry-run', 'show what would be done and change nothing')
    .addHelpText('after', example('clos start web --on-conflict reassign'))
    .action(
      act((context, names: string[], options: RunOptions) =>
        forEachName(context, names, (client, name) => runService(context, client, { name, verb: 'start', options })),
      ),
    );
}
