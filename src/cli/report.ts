import type { Client } from '#shared/client/client.ts';
import { isClosError } from '#shared/contract/clos-error.ts';
import type { CliContext } from './context.ts';
import type { ExitCode } from './exit-codes.ts';
import { exitCodeOfFailure, failureData, failureLines } from './failure.ts';
import { conflictsOf, printConflicts } from './operate.ts';

/** Tells the person, or with `--json` the script, what went wrong. Returns the exit code that says the same. */
export async function reportFailure(context: CliContext, error: unknown): Promise<ExitCode> {
  const { terminal } = context;
  if (context.json) {
    await terminal.out(JSON.stringify({ error: failureData(error) }));
    return exitCodeOfFailure(error);
  }
  const conflicts = isClosError(error, 'PORT_CONFLICT') ? conflictsOf(error) : [];
  await terminal.err(...failureLines(error));
  if (conflicts.length > 0) await printConflicts(context, conflicts);
  if ((context.env.CLOS_DEBUG ?? '') !== '') await terminal.err(describeStack(error));
  return exitCodeOfFailure(error);
}

function describeStack(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by ${describeStack(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}

/**
 * Does the same with each of several services, in the order given.
 *
 * One that fails does not keep the others from their turn; the first failure gives the exit code.
 */
export async function forEachName(
  context: CliContext,
  names: readonly string[],
  work: (client: Client, name: string) => Promise<ExitCode | undefined>,
): Promise<ExitCode | undefined> {
  const { client } = await context.connect();
  let code: ExitCode | undefined;
  for (const name of names) {
    try {
      const ended = await work(client, name);
      code ??= ended;
    } catch (error) {
      if (isClosError(error, 'CLOS_UNREACHABLE', 'SHUTTING_DOWN', 'NOT_SIGNED_IN')) throw error;
      const failed = await reportFailure(context, error);
      code ??= failed;
    }
  }
  return code;
}
