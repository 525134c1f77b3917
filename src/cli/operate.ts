import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import type { CallOptions, Client } from '#shared/client/client.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import {
  type Conflict,
  conflictSchema,
  type DetectedConflict,
  detectedConflictSchema,
} from '#shared/contract/conflicts.ts';
import { isErrorCode } from '#shared/contract/errors.ts';
import type { Operation, OperationStep } from '#shared/contract/operations.ts';
import type { CliContext } from './context.ts';
import { renderConflictCard } from './output/card.ts';
import { stepLine } from './output/operation.ts';

/** How long the server may hold an answer back, in seconds, before we ask how far it is. */
const waitSeconds = 10;
const pollMs = 200;

/** The options of a call that does something: safe to repeat, and answered when it is done or takes long. */
export function commandOptions(): CallOptions {
  return { idempotencyKey: randomUUID(), waitSeconds };
}

/** The same for an operation whose steps are shown as they end: the answer comes at once. */
export function watchedOptions(): CallOptions {
  return { idempotencyKey: randomUUID(), waitSeconds: 0 };
}

/**
 * Waits until an operation has ended. Says what it does when that takes longer than one answer.
 *
 * Rejects with the operation's own error; that of a conflict carries the conflicts, like the answer 409 does.
 */
export async function settle(context: CliContext, client: Client, begun: Operation): Promise<Operation> {
  let told: string | null = null;
  const ended = await follow(client, begun, async ({ subject, steps }) => {
    const step = steps.find(({ status }) => status === 'running');
    if (step === undefined || step.name === told || context.json || context.quiet) return;
    told = step.name;
    await context.terminal.err(`◐ ${subject.name ?? subject.id}: ${step.name}`);
  });
  return succeeded(client, ended);
}

/** The same for someone who wants to see it: prints each step as it ends. Call the operation with `watchedOptions`. */
export async function settleInSteps(context: CliContext, client: Client, begun: Operation): Promise<Operation> {
  const silent = begun.dryRun || context.json || context.quiet;
  let told = 0;
  const tell = async ({ steps }: Operation) => {
    if (silent) return;
    for (let step = steps[told]; step !== undefined && isOver(step); step = steps[told]) {
      told += 1;
      await context.terminal.out(stepLine(step));
    }
  };
  const ended = await follow(client, begun, tell);
  await tell(ended);
  return succeeded(client, ended);
}

function isOver({ status }: OperationStep): boolean {
  return status === 'succeeded' || status === 'failed' || status === 'skipped';
}

/** Looks until an operation has ended, however it does. */
export async function waitForEnd(client: Client, begun: Operation): Promise<Operation> {
  return await follow(client, begun, async () => undefined);
}

async function follow(
  client: Client,
  begun: Operation,
  onProgress: (operation: Operation) => Promise<void>,
): Promise<Operation> {
  let operation = begun;
  while (operation.status === 'pending' || operation.status === 'running') {
    await onProgress(operation);
    await wait(pollMs);
    operation = await client.operations.get({ id: operation.id });
  }
  return operation;
}

async function succeeded(client: Client, operation: Operation): Promise<Operation> {
  if (operation.dryRun || operation.status === 'succeeded') return operation;
  const code = operation.error?.code;
  const conflicts = await Promise.all(operation.conflicts.map((id) => client.conflicts.get({ id })));
  throw new ClosError(
    isErrorCode(code) ? code : 'INTERNAL',
    operation.error?.detail ?? `The operation ${operation.id} was ${operation.status}.`,
    { extra: { operationId: operation.id, ...(conflicts.length === 0 ? {} : { conflicts }) } },
  );
}

/** The conflicts that an error of code PORT_CONFLICT carries. */
export function conflictsOf(error: ClosError): Array<Conflict | DetectedConflict> {
  const parsed = z.array(z.union([conflictSchema, detectedConflictSchema])).safeParse(error.extra.conflicts);
  return parsed.success ? parsed.data : [];
}

/** Prints the cards of conflicts, with what led to them above and an empty line between. */
export async function printConflicts(
  context: CliContext,
  conflicts: ReadonlyArray<Conflict | DetectedConflict>,
  headline?: string,
): Promise<void> {
  const { terminal } = context;
  const view = { width: terminal.width, paint: terminal.paint, now: context.now(), userHome: homedir() };
  const cards = conflicts.flatMap((conflict) => ['', ...renderConflictCard(conflict, view)]);
  await terminal.out(...(headline === undefined ? cards.slice(1) : [headline, ...cards]));
}
