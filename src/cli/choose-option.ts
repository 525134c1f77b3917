import type { Conflict } from '#shared/contract/conflicts.ts';
import type { CliContext } from './context.ts';
import { UsageError } from './failure.ts';
import { printConflicts } from './operate.ts';
import { optionLines } from './output/card.ts';
import { askChoice, askYes } from './prompt.ts';

export interface ChoiceFlags {
  /** The id of an option. */
  option?: string;
  /** Nothing is changed, so nothing has to be agreed to. */
  dryRun?: boolean;
  /** The person has agreed beforehand. */
  yes?: boolean;
}

/**
 * The way out that was named, chosen from the list, or, where nobody can be asked, the recommended one if it is free of risk.
 *
 * What is of high risk needs a yes. Null when the person wants none. Throws `UsageError` where nobody can be asked.
 */
export async function chooseOption(
  context: CliContext,
  conflict: Conflict,
  flags: ChoiceFlags,
): Promise<string | null> {
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

async function pickOption(context: CliContext, conflict: Conflict, flags: ChoiceFlags): Promise<string | null> {
  const { terminal } = context;
  const options = conflict.options.toSorted((a, b) => Number(b.recommended) - Number(a.recommended));
  const [first] = options;
  if (first === undefined) {
    throw new UsageError('CLOS has no way out of this conflict.', `See why: clos conflicts ${conflict.id}`);
  }
  if (isAsked(context) && flags.yes !== true) {
    await printConflicts(context, [{ ...conflict, options: [] }]);
    await terminal.err('');
    const titles = options.map((option) => optionLines(option, conflict.holder.name, terminal.paint)[0]);
    return askChoice(
      terminal,
      options.map(({ id }, index) => ({ value: id, line: titles[index] ?? id })),
    );
  }
  if (first.recommended && (first.risk === 'none' || flags.yes === true)) return first.id;
  if (!context.json) await printConflicts(context, [conflict]);
  throw new UsageError(
    'No way out of this conflict is free of risk, so choose one.',
    `clos resolve ${conflict.id} --option …`,
  );
}

function isAsked({ terminal, json }: CliContext): boolean {
  return terminal.interactive && !json;
}
