import { Command } from 'commander';
import type { Act } from '../context.ts';
import { withName } from '../names.ts';
import { commandOptions, settle } from '../operate.ts';
import { forEachName } from '../report.ts';
import { printOutcome } from '../run-service.ts';
import { example } from './help.ts';
import { dryRunOption } from './options.ts';

export function stopCommand(act: Act): Command {
  return new Command('stop')
    .description('stop services; their ports stay theirs')
    .argument('<name...>', 'names or ids of services')
    .addOption(dryRunOption())
    .addHelpText('after', example('clos stop web api'))
    .action(
      act((context, names: string[], options: { dryRun?: boolean }) =>
        forEachName(context, names, async (client, name) => {
          const input = { id: name, ...(options.dryRun === true ? { dryRun: true } : {}) };
          const operation = await withName(client, name, async () =>
            settle(context, client, await client.services.stop(input, commandOptions())),
          );
          return printOutcome(context, client, { operation, names: [name] });
        }),
      ),
    );
}
