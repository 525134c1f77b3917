import { Command } from 'commander';
import { isClosError } from '#shared/contract/clos-error.ts';
import type { Conflict, ConflictOption } from '#shared/contract/conflicts.ts';
import type { Act } from '../context.ts';
import { UsageError, withAdvice } from '../failure.ts';
import { commandOptions, printConflicts, settle } from '../operate.ts';
import { renderPlan } from '../output/operation.ts';
import { serviceLine } from '../output/services.ts';
import { example } from './help.ts';

export function resolveCommand(act: Act): Command {
  return new Command('resolve')
    .description('resolve a conflict and start the service that waits for it')
    .argument('<id>', 'the id of a conflict')
    .option('--option <option>', 'which way out; without it the recommended one, if it stops nothing')
    .option('--dry-run', 'show what would be done and change nothing')
    .addHelpText('after', example('clos resolve cfl_01k9 --option reassign'))
    .action(
      act(async (context, id: string, flags: { option?: string; dryRun?: boolean }) => {
        const { client } = await context.connect();
        const { terminal } = context;
        const conflict = await client.conflicts.get({ id });
        const option = flags.option ?? harmlessOption(conflict)?.id;
        if (option === undefined) {
          if (!context.json) await printConflicts(context, [conflict]);
          throw new UsageError(
            'No way out of this conflict is free of loss, so choose one.',
            `clos resolve ${id} --option …`,
          );
        }
        const input = { id, option, ...(flags.dryRun === true ? { dryRun: true } : {}) };
        const operation = await client.conflicts
          .resolve(input, commandOptions())
          .then((begun) => settle(context, client, begun))
          .catch((error: unknown) => {
            if (!isClosError(error, 'OPTION_NOT_FOUND')) throw error;
            throw withAdvice(error, `It has: ${conflict.options.map((each) => each.id).join(', ')}`);
          });
        if (context.json) await terminal.out(JSON.stringify(operation));
        else if (operation.dryRun) await terminal.out(...renderPlan(operation));
        else if (!context.quiet) {
          await terminal.out(`The conflict over :${conflict.wanted.port} is resolved: ${titleOf(conflict, option)}.`);
          if (conflict.wanted.serviceId !== null) {
            const service = await client.services.get({ id: conflict.wanted.serviceId });
            await terminal.out(serviceLine(service, terminal.paint));
          }
        }
        return undefined;
      }),
    );
}

function harmlessOption(conflict: Conflict): ConflictOption | undefined {
  return conflict.options.find(({ recommended, risk }) => recommended && risk === 'none');
}

function titleOf(conflict: Conflict, option: string): string {
  return conflict.options.find(({ id }) => id === option)?.title ?? option;
}
