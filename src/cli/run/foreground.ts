import { constants } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import type { Client } from '#shared/client/client.ts';
import { type ClosError, isClosError } from '#shared/contract/clos-error.ts';
import type { Operation } from '#shared/contract/operations.ts';
import type { Service } from '#shared/contract/services.ts';
import type { Connection } from '../connect.ts';
import type { CliContext } from '../context.ts';
import { followEvents } from '../follow.ts';
import { commandOptions, settle, watchedOptions } from '../operate.ts';
import { serviceLine, startedLines } from '../output/services.ts';
import { catchInterrupts } from './interrupts.ts';
import { followOutput, type OutputFollower } from './output-follower.ts';

/** How often a start is looked at until there is something to show. */
const pollMs = 50;
const mostLooks = 40;
const busyPollMs = 200;
/** What a shell says of a program that was ended by Ctrl-C. */
const interruptedCode = 128 + constants.signals.SIGINT;

interface Wish {
  service: Service;
  verb: 'start' | 'restart';
}

/** How a run in the foreground ended: with the program's exit code, or the person left it to CLOS as it was. */
export interface ForegroundEnd {
  type: 'ended' | 'left';
  code: number;
}

/**
 * Starts a service and stays with it: prints where it answers, then what it writes, until it has ended.
 *
 * Ctrl-C stops the service; a second one leaves it to CLOS as it is. Rejects with what kept the program from running, such as
 * `PORT_CONFLICT`. A program that ran and failed is no failure of ours: its exit code says it.
 */
export async function runInForeground(context: CliContext, connection: Connection, wish: Wish): Promise<ForegroundEnd> {
  const { name } = wish.service;
  const interrupts = catchInterrupts();
  const control = new AbortController();
  const left = interrupts.second.then(async (): Promise<ForegroundEnd> => {
    await context.terminal.err(`${name} is left to CLOS. See it: clos ps · stop it: clos stop ${name}`);
    return { type: 'left', code: interruptedCode };
  });
  const interrupted = interrupts.first.then(() =>
    context.terminal.err(`Stopping ${name}. Ctrl-C again leaves it to CLOS.`),
  );
  try {
    return await Promise.race([stay(context, connection, { ...wish, interrupted, signal: control.signal }), left]);
  } finally {
    control.abort();
    interrupts.release();
  }
}

async function stay(
  context: CliContext,
  connection: Connection,
  { service, verb, interrupted, signal }: Wish & { interrupted: Promise<void>; signal: AbortSignal },
): Promise<ForegroundEnd> {
  const { client } = connection;
  const { id } = service;
  const { seq } = await client.system.status();
  const begun = await client.services[verb]({ id }, watchedOptions());
  const output = new Output(context, connection, { begun, signal });
  const silent = { ...context, quiet: true };
  const outcome = failureOf(settle(silent, client, begun));
  const stop = () => stopWhenFree(silent, client, { id, signal });

  let isInterrupted = false;
  const stopped = interrupted.then(async () => {
    isInterrupted = true;
    if ((await outcome) === null) await stop();
  });
  // Heard of below, in the race; until then nobody waits for it.
  stopped.catch(() => undefined);

  await firstSight(output, outcome);
  const failure = await outcome;
  if (failure !== null && (failure.code !== 'PROCESS_FAILED' || !output.isShown)) {
    await output.finish();
    throw failure;
  }
  if (failure === null) await orFailure(untilItEnds(context, connection, { output, seq, signal }), stopped);
  const end = output.isShown ? await output.lookForEnd() : await output.look();
  await output.finish();
  if (end.waits) await stop();
  return { type: 'ended', code: await exitCodeOf(context, end, { isInterrupted, hasRun: output.isShown }) };
}

/** Stops a service; another command that has it, such as a start by a policy, comes to its end first. */
async function stopWhenFree(
  context: CliContext,
  client: Client,
  { id, signal }: { id: string; signal: AbortSignal },
): Promise<void> {
  for (;;) {
    try {
      await settle(context, client, await client.services.stop({ id }, commandOptions()));
      return;
    } catch (error) {
      if (!isClosError(error, 'SERVICE_BUSY')) throw error;
      await wait(busyPollMs, undefined, { signal });
    }
  }
}

/** The failure of an operation as a value: null when it succeeded. */
async function failureOf(settled: Promise<Operation>): Promise<ClosError | null> {
  try {
    await settled;
    return null;
  } catch (error) {
    if (isClosError(error)) return error;
    throw error;
  }
}

/** The first of two, unless the other one fails before. */
function orFailure<T>(one: Promise<T>, other: Promise<unknown>): Promise<T> {
  return Promise.race([one, other.then(() => one)]);
}

/** Looks until there is a program to show, or the start has come to its end. */
async function firstSight(output: Output, outcome: Promise<unknown>): Promise<void> {
  let isOver = false;
  const over = outcome.then(() => {
    isOver = true;
  });
  for (;;) {
    // Looked at once more after the end: the program may have come and gone in between.
    const wasOver = isOver;
    await output.look();
    if (output.isShown || wasOver) return;
    await Promise.race([over, wait(pollMs)]);
  }
}

async function untilItEnds(
  context: CliContext,
  connection: Connection,
  { output, seq, signal }: { output: Output; seq: number; signal: AbortSignal },
): Promise<void> {
  const now = await output.settle();
  if (isOver(now, output)) return;
  for await (const batch of followEvents(context, connection, { after: seq, signal })) {
    if (batch?.every(({ subject }) => subject.id !== now.id)) continue;
    if (isOver(await output.look(), output)) return;
  }
}

/**
 * Nothing runs, and nothing will by itself: a restart policy does not have it started again, nor does a port that becomes free. A
 * program that has waited for its port, and has failed when it had it, waits no longer here.
 */
function isOver({ status, waits, restart, desired }: Service, { isShown }: { isShown: boolean }): boolean {
  if (status !== 'stopped' && status !== 'failed' && status !== 'created') return false;
  if (waits) return isShown && status === 'failed';
  return restart.policy === 'no' || desired === 'stopped';
}

/** What the person sees of a service: where it answers, as soon as its program is there, and then what it writes. */
class Output {
  readonly #context: CliContext;
  readonly #connection: Connection;
  readonly #begun: Operation;
  readonly #signal: AbortSignal;
  #follower: OutputFollower | null = null;

  constructor(
    context: CliContext,
    connection: Connection,
    { begun, signal }: { begun: Operation; signal: AbortSignal },
  ) {
    this.#context = context;
    this.#connection = connection;
    this.#begun = begun;
    this.#signal = signal;
  }

  get isShown(): boolean {
    return this.#follower !== null;
  }

  /** The service as it is now; a program that has begun since the start is shown. */
  async look(): Promise<Service> {
    const service = await this.#read();
    const startedAt = service.runtime.type === 'process' ? service.runtime.observed?.startedAt : undefined;
    if (startedAt !== undefined && startedAt >= this.#begun.startedAt) await this.#show(service, startedAt);
    return service;
  }

  /** The same when the program is known to have ended: how it ended may be written down a moment later. */
  async lookForEnd(): Promise<Service> {
    for (let look = 1; ; look++) {
      const service = await this.look();
      const { runtime } = service;
      if (look === mostLooks || (runtime.type === 'process' && runtime.observed?.state === 'exited')) return service;
      await wait(pollMs, undefined, { signal: this.#signal });
    }
  }

  /** The same when the start has come to its end: what ran already is shown from now on, and a wait is told. */
  async settle(): Promise<Service> {
    const service = await this.look();
    if (this.isShown || isOver(service, this)) return service;
    if (!service.waits) await this.#show(service, this.#begun.startedAt);
    else if (!this.#context.quiet) await this.#context.terminal.err(serviceLine(service, this.#context.terminal.paint));
    return service;
  }

  async finish(): Promise<void> {
    await this.#follower?.finish();
  }

  async #show(service: Service, since: string): Promise<void> {
    if (this.#follower !== null) return;
    const { terminal, json, quiet } = this.#context;
    const { client } = this.#connection;
    this.#follower = followOutput(this.#context, client, { id: service.id, since, signal: this.#signal });
    if (json) await terminal.out(JSON.stringify(service));
    // Why it failed is in what it wrote, which comes next.
    else if (!quiet) await terminal.err(...startedLines({ ...service, statusReason: null }, terminal.paint));
  }

  /** A part of CLOS that is just away is waited for: the program goes on meanwhile. */
  async #read(): Promise<Service> {
    for (;;) {
      try {
        return await this.#connection.client.services.get({ id: this.#begun.subject.id });
      } catch (error) {
        if (!isClosError(error, 'CLOS_UNREACHABLE', 'MODULE_UNAVAILABLE', 'SHUTTING_DOWN')) throw error;
        await wait(pollMs * 10, undefined, { signal: this.#signal });
      }
    }
  }
}

async function exitCodeOf(
  { terminal }: CliContext,
  { name, runtime, statusReason }: Service,
  { isInterrupted, hasRun }: { isInterrupted: boolean; hasRun: boolean },
): Promise<number> {
  const exit = runtime.type === 'process' && hasRun ? (runtime.observed?.exit ?? null) : null;
  if (exit?.code != null) return exit.code;
  if (exit?.signal != null) return 128 + (signalNumbers.get(exit.signal) ?? 0);
  if (isInterrupted) return interruptedCode;
  await terminal.err(`${name} has ended${statusReason === null ? '' : `: ${statusReason}`}.`);
  return 1;
}

const signalNumbers: ReadonlyMap<string, number> = new Map(Object.entries(constants.signals));
