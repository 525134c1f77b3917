import type { Client } from '#shared/client/client.ts';
import { type ClosError, isClosError } from '#shared/contract/clos-error.ts';
import type { Conflict, ConflictOption } from '#shared/contract/conflicts.ts';
import { conflictSchema } from '#shared/contract/conflicts.ts';
import type { Operation } from '#shared/contract/operations.ts';
import type { CliContext } from './context.ts';
import { withName } from './names.ts';
import { commandOptions, conflictsOf, settle } from './operate.ts';
import { renderPlan } from './output/operation.ts';
import { serviceLine } from './output/services.ts';

export interface RunOptions {
  dryRun?: boolean;
  onConflict?: 'ask' | 'reassign';
}

/** Each endpoint can stand in the way once, and a port that was free a moment ago can be gone again. */
const mostConflicts = 40;

/** Starts or restarts a service and prints how it is then. With `onConflict: 'reassign'` it moves to the ports that CLOS offers. */
export async function runService(
  context: CliContext,
  client: Client,
  { name, verb, options }: { name: string; verb: 'start' | 'restart'; options: RunOptions },
): Promise<void> {
  const dryRun = options.dryRun === true;
  const call = async () => {
    const input = { id: name, ...(dryRun ? { dryRun: true } : {}) };
    return settle(context, client, await client.services[verb](input, commandOptions()));
  };
  const operation = await withName(client, name, () =>
    options.onConflict === 'reassign' && !dryRun ? reassigning(context, client, call) : call(),
  );
  await printOutcome(context, client, { operation, name });
}

/** Prints what came of an operation for a service: the plan of a dry run, else how the service is now. */
export async function printOutcome(
  context: CliContext,
  client: Client,
  { operation, name }: { operation: Operation; name: string },
): Promise<void> {
  const { terminal } = context;
  if (context.json) return terminal.out(JSON.stringify(operation));
  if (operation.dryRun) return terminal.out(...renderPlan(operation));
  if (context.quiet) return;
  const service = await client.services.get({ id: name });
  await terminal.out(serviceLine(service, terminal.paint));
}

async function reassigning(context: CliContext, client: Client, call: () => Promise<Operation>): Promise<Operation> {
  let attempt = call;
  for (let count = 0; count < mostConflicts; count++) {
    try {
      return await attempt();
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
