import { Command } from 'commander';
import type { Client } from '#shared/client/client.ts';
import type { Conflict, ConflictOption } from '#shared/contract/conflicts.ts';
import type { Act, CliContext } from '../context.ts';
import { UsageError } from '../failure.ts';
import { printConflicts, settleInSteps, watchedOptions } from '../operate.ts';
import { optionLines } from '../output/card.ts';
import { renderPlan, undoHint } from '../output/operation.ts';
import { serviceLine } from '../output/services.ts';
import { askChoice, askYes } from '../prompt.ts';
import { example } from './help.ts';
import { dryRunOption } from './options.ts';

interface ResolveFlags {
  option?: string;
  dryRun?: boolean;
  yes?: boolean;
}

export function resolveCommand(act: Act): Command {
  return new Command('resolve')
    .description('resolve a conflict and start the service')
    .argument('<id>', 'the id of a conflict')
    .option('--option <option>', 'which way out; without it you are asked')
    .addOption(dryRunOption())
    .option('-y, --yes', 'do not ask before what is of high risk')
    .addHelpText('after', example('clos resolve cfl_01k9 --option reassign'))
    .action(
      act(async (context, id: string, flags: ResolveFlags) => {
        const { client } = await context.connect();
        const conflict = await client.conflicts.get({ id });
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

/**
 * The way out that was named, chosen from the list, or, where nobody can be asked, the recommended one if it is free of risk.
 *
 * What is of high risk needs a yes. Null when the person wants none. Throws `UsageError` where nobody can be asked.
 */
async function chooseOption(context: CliContext, conflict: Conflict, flags: ResolveFlags): Promise<string | null> {
  const named = flags.option ?? (await pickOption(context, conflict, flags));
  const option = conflict.options.find(({ id }) => id === named);
  if (named === null || option === undefined || option.risk !== 'high') return named;
  if (flags.yes === true || flags.dryRun === true) return named;
  if (!isAsked(context)) {
    throw new UsageError(
      `"${option.title}" is of high risk, and nobody can be asked here.`,
      `To do it anyway: clos resolve ${conflict.id} --option ${option.id} --yes`,
    );
  }
  return (await askYes(context.terminal, `${option.title}: this is of high risk. Do it?`)) ? named : null;
}

async function pickOption(context: CliContext, conflict: Conflict, flags: ResolveFlags): Promise<string | null> {
  const recommendedFirst = conflict.options.toSorted((a, b) => Number(b.recommended) - Number(a.recommended));
  if (isAsked(context) && flags.yes !== true && recommendedFirst.length > 0) {
    await printConflicts(context, [{ ...conflict, options: [] }]);
    return askChoice(
      context.terminal,
      recommendedFirst.map((option) => ({ value: option.id, lines: choiceLines(conflict, option, context) })),
    );
  }
  const [first] = recommendedFirst;
  if (first?.recommended === true && (first.risk === 'none' || flags.yes === true)) return first.id;
  if (!context.json) await printConflicts(context, [conflict]);
  throw new UsageError(
    'No way out of this conflict is free of risk, so choose one.',
    `clos resolve ${conflict.id} --option …`,
  );
}

function choiceLines(conflict: Conflict, option: ConflictOption, { terminal }: CliContext): string[] {
  const [title] = optionLines(option, conflict.holder.name, terminal.paint);
  return [title];
}

function isAsked({ terminal, json }: CliContext): boolean {
  return terminal.interactive && !json;
}
