import type { Client } from '#shared/client/client.ts';
import { type ClosError, isClosError } from '#shared/contract/clos-error.ts';
import type { Conflict, ConflictOption } from '#shared/contract/conflicts.ts';
import { conflictSchema } from '#shared/contract/conflicts.ts';
import { isErrorCode } from '#shared/contract/errors.ts';
import type { Operation } from '#shared/contract/operations.ts';
import type { CliContext } from './context.ts';
import { type ExitCode, exitCodeOf } from './exit-codes.ts';
import { withNames } from './names.ts';
import { commandOptions, conflictsOf, settle } from './operate.ts';
import { renderPlan, undoHint } from './output/operation.ts';
import { startedLines } from './output/services.ts';

export interface RunOptions {
  dryRun?: boolean;
  onConflict?: 'ask' | 'reassign';
}

/** Each endpoint can stand in the way once, and a port that was free a moment ago can be gone again. */
const mostConflicts = 40;

/**
 * Starts or restarts services and prints how they are then. Several are started by one plan for the ports of all of them.
 *
 * With `onConflict: 'reassign'` they move to the ports that CLOS offers.
 */
export async function runServices(
  context: CliContext,
  client: Client,
  { names, verb, options }: { names: readonly string[]; verb: 'start' | 'restart'; options: RunOptions },
): Promise<ExitCode | undefined> {
  const dry = options.dryRun === true ? { dryRun: true } : {};
  const [first = '', ...others] = names;
  const call = async () =>
    settle(
      context,
      client,
      others.length === 0
        ? await client.services[verb]({ id: first, ...dry }, commandOptions())
        : await client.services.startMany({ services: [...names], ...dry }, commandOptions()),
    );
  const operation = await withNames(client, names, () =>
    options.onConflict === 'reassign' && options.dryRun !== true
      ? reassigning(context, client, { call, isOne: others.length === 0 })
      : call(),
  );
  return printOutcome(context, client, { operation, names });
}

/**
 * Prints what came of an operation for services: the plan of a dry run, else how they are now. A plan that could not be carried
 * out gives the exit code that carrying it out would end with.
 */
export async function printOutcome(
  context: CliContext,
  client: Client,
  { operation, names }: { operation: Operation; names: readonly string[] },
): Promise<ExitCode | undefined> {
  const { terminal } = context;
  if (context.json) await terminal.out(JSON.stringify(operation));
  else if (operation.dryRun) await terminal.out(...renderPlan(operation));
  else if (!context.quiet) {
    const services = await Promise.all(names.map((id) => client.services.get({ id })));
    await terminal.out(...services.flatMap((service) => startedLines(service, terminal.paint)), ...undoHint(operation));
  }
  return isErrorCode(operation.error?.code) ? exitCodeOf(operation.error.code) : undefined;
}

/** Moves out of the way of one conflict after the other. A resolution starts its own service; the others have their turn again. */
async function reassigning(
  context: CliContext,
  client: Client,
  { call, isOne }: { call: () => Promise<Operation>; isOne: boolean },
): Promise<Operation> {
  let attempt = call;
  for (let count = 0; count < mostConflicts; count++) {
    try {
      const operation = await attempt();
      if (isOne || attempt === call) return operation;
      attempt = call;
    } catch (error) {
      if (!isClosError(error, 'PORT_CONFLICT')) throw error;
      const { conflict, option } = chooseReassignment(error);
      if (!context.json && !context.quiet) {
        await context.terminal.err(`◧ :${conflict.wanted.port} is held by ${conflict.holder.name}. ${option.title}.`);
      }
      attempt = async () => {
        const input = { id: conflict.id, option: option.id };
        return settle(context, client, await client.conflicts.resolve(input, commandOptions()));
      };
    }
  }
  return attempt();
}

/** The conflict to begin with, and its way out that only moves the service itself. Without one the error stands. */
function chooseReassignment(error: ClosError): { conflict: Conflict; option: ConflictOption } {
  for (const candidate of conflictsOf(error)) {
    const conflict = conflictSchema.safeParse(candidate);
    if (!conflict.success) continue;
    const moves = conflict.data.options.filter(({ strategy }) => strategy === 'reassign');
    const option = moves.find(({ recommended }) => recommended) ?? moves[0];
    if (option !== undefined) return { conflict: conflict.data, option };
  }
  throw error;
}
