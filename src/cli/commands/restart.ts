import { Command } from 'commander';
import type { Act } from '../context.ts';
import { forEachName } from '../report.ts';
import { type RunOptions, runServices } from '../run-service.ts';
import { example } from './help.ts';
import { dryRunOption } from './options.ts';
import { whenTaken } from './start.ts';

export function restartCommand(act: Act): Command {
  return new Command('restart')
    .description('stop services and start them again')
    .argument('<name...>', 'names or ids of services')
    .addOption(whenTaken)
    .addOption(dryRunOption())
    .addHelpText('after', example('clos restart web api'))
    .action(
      act((context, names: string[], options: RunOptions) =>
        forEachName(context, names, (client, name) =>
          runServices(context, client, { names: [name], verb: 'restart', options }),
        ),
      ),
    );
}
