import { Command } from 'commander';
import type { Act } from '../context.ts';
import { forEachName } from '../report.ts';
import { type RunOptions, runService } from '../run-service.ts';
import { example } from './help.ts';
import { whenTaken } from './start.ts';

export function restartCommand(act: Act): Command {
  return new Command('restart')
    .description('stop services and start them as they are defined now')
    .argument('<name...>', 'names or ids of services')
    .addOption(whenTaken)
    .option('--dry-run', 'show what would be done and change nothing')
    .addHelpText('after', example('clos restart web'))
    .action(
      act((context, names: string[], options: RunOptions) =>
        forEachName(context, names, (client, name) => runService(context, client, { name, verb: 'restart', options })),
      ),
    );
}
