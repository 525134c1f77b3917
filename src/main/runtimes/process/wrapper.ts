import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LineStamper, LogWriter } from './log-writer.ts';
import type { ExitRecord, RunFiles, RunRecord } from './records.ts';
import type { WrapperAnswer, WrapperOrder } from './wrapper-order.ts';

/**
 * The program that a managed process runs under, so that its output is kept and its exit is known although CLOS is away.
 *
 * It loads nothing but Node's own modules and two small files of ours: there is one for each process, and in a packaged app it runs
 * outside of the archive. It takes its order from standard input, so that an environment with secrets is on no command line and in
 * no file, and so that a NODE_OPTIONS of the process does not become its own.
 *
 * When the process has ended, what is left of its group is asked to end too, as a supervisor of the system does: otherwise the next
 * run would find its own leftovers on its port. They, and whoever else holds the output open, have `leftoverMs`; in a stop that was
 * ordered, as long as its grace period and `leftoverMs` more. Then the group is ended by force, and the exit is written.
 */
export async function runWrapper(): Promise<void> {
  process.stdout.on('error', () => undefined);
  const order = await readOrder();
  if (order === null) return;
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);

  let run: Run;
  try {
    run = await startProgram(order);
  } catch (error) {
    rmSync(order.files.starting, { force: true });
    answer({ started: false, code: codeOf(error), message: error instanceof Error ? error.message : String(error) });
    return;
  }
  answer({ started: true, pid: run.pid });
  await writeExit(order, await run.ended);
  process.exit(0);
}

interface Run {
  pid: number;
  ended: Promise<ExitRecord>;
}

/** Null when CLOS went away before it had said everything: then nothing is started. */
async function readOrder(): Promise<WrapperOrder | null> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return null;
  }
}

function answer(value: WrapperAnswer): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

async function startProgram(order: WrapperOrder): Promise<Run> {
  const { files, maxLogBytes, maxLineBytes } = order;
  const log = new LogWriter({ file: files.log, olderFile: files.olderLog, maxBytes: maxLogBytes });
  const pipes = openPipes(files.folder, order.runId);
  const [program = '', ...args] = order.command;
  const child = spawn(program, args, {
    cwd: order.cwd,
    env: { ...order.env },
    // A session and a group of its own: one signal reaches it and its children.
    detached: true,
    stdio: pipes === null ? ['pipe', 'pipe', 'pipe'] : [pipes.stdin, pipes.stdout.write, pipes.stderr.write],
    windowsHide: true,
  });
  child.stdin?.on('error', () => undefined);
  if (pipes !== null) for (const fd of [pipes.stdin, pipes.stdout.write, pipes.stderr.write]) closeSync(fd);
  const streams = [
    keep(pipes === null ? child.stdout : new Socket({ fd: pipes.stdout.read }), new LineStamper(1, maxLineBytes), log),
    keep(pipes === null ? child.stderr : new Socket({ fd: pipes.stderr.read }), new LineStamper(2, maxLineBytes), log),
  ];
  const exit = new Promise<Pick<ExitRecord, 'code' | 'signal'>>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const { pid } = child;
  if (pid === undefined) {
    const error = await new Promise<Error>((resolve) => child.once('error', resolve));
    for (const stream of streams) stream.destroy();
    log.close();
    throw error;
  }
  try {
    writeRecord(files.run, recordOf(order, pid));
  } catch (error) {
    // A run that nobody can find again must not go on.
    new Group(pid).signal('SIGKILL');
    await exit;
    throw error;
  }
  rmSync(files.starting, { force: true });
  return { pid, ended: exit.then((end) => finish(end, { order, pid, streams, log })) };
}

function recordOf({ runId, wrapper, command, cwd }: WrapperOrder, pid: number): RunRecord {
  const startedAt = new Date().toISOString();
  return { runId, wrapper, pid, process: null, adopted: false, startedAt, command: [...command], cwd };
}

interface Pipes {
  stdin: number;
  stdout: { read: number; write: number };
  stderr: { read: number; write: number };
}

/**
 * Real pipes. What Node makes are sockets, which a process cannot open again: `echo >/dev/stderr` in a script fails on them, and so
 * does every server that logs to `/dev/stdout`. Standard input never ends, as in a terminal where nobody types: some watchers end
 * with it. Null where there is no `mkfifo`.
 */
function openPipes(folder: string, runId: string): Pipes | null {
  const [input, output, errors] = ['in', 'out', 'err'].map((name) => join(folder, `${runId}.${name}`));
  if (input === undefined || output === undefined || errors === undefined) return null;
  const paths = [input, output, errors];
  try {
    execFileSync('mkfifo', ['-m', '600', '--', ...paths], { stdio: 'ignore' });
    // For reading and writing: it has a writer, and opening it waits for nobody.
    const stdin = openSync(input, constants.O_RDWR);
    const [stdout, stderr] = [openBothEnds(output), openBothEnds(errors)];
    return { stdin, stdout, stderr };
  } catch {
    return null;
  } finally {
    for (const path of paths) rmSync(path, { force: true });
  }
}

function openBothEnds(path: string): { read: number; write: number } {
  const read = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  return { read, write: openSync(path, constants.O_WRONLY) };
}

interface Kept {
  drained: Promise<void>;
  destroy(): void;
}

/** Writes a stream into the log until it ends. */
function keep(stream: NodeJS.ReadableStream | null, stamper: LineStamper, log: LogWriter): Kept {
  if (stream === null) return { drained: Promise.resolve(), destroy: () => undefined };
  const drained = new Promise<void>((resolve) => {
    stream.on('data', (bytes: Buffer) => log.write(stamper.add(bytes, new Date().toISOString())));
    stream.on('error', () => undefined);
    stream.once('close', () => {
      log.write(stamper.finish());
      resolve();
    });
  });
  return { drained, destroy: () => void (stream as Socket).destroy() };
}

interface Ending {
  order: WrapperOrder;
  pid: number;
  streams: Kept[];
  log: LogWriter;
}

async function finish(end: Pick<ExitRecord, 'code' | 'signal'>, ending: Ending): Promise<ExitRecord> {
  const { order, pid, streams, log } = ending;
  const at = new Date().toISOString();
  const graceMs = readGrace(order.files, order.runId);
  const group = new Group(pid);
  // In a stop that was ordered the whole group has been asked already; to be asked twice means "at once" to many programs.
  if (graceMs === null) group.signal('SIGTERM');
  // Who has stopped the run and sees nothing of it left says so with a second signal: then only what is in the pipes is waited for.
  const hurry = new AbortController();
  process.on('SIGTERM', () => hurry.abort());
  const limit = AbortSignal.any([hurry.signal, AbortSignal.timeout(order.leftoverMs + (graceMs ?? 0))]);
  const drained = Promise.all(streams.map((stream) => stream.drained));
  const untilGone = (patience: AbortSignal) =>
    within(patience, async () => {
      await drained;
      while (group.signal(0) && !patience.aborted) await delay(20);
    });
  await untilGone(limit);
  // Whoever is killed holds his ports for a moment yet.
  if (group.signal('SIGKILL')) await untilGone(AbortSignal.timeout(order.leftoverMs));
  else await within(AbortSignal.timeout(order.leftoverMs), () => drained);
  for (const stream of streams) stream.destroy();
  await drained;
  log.close();
  return { runId: order.runId, ...end, at, stopped: graceMs !== null };
}

async function within(limit: AbortSignal, work: () => Promise<unknown>): Promise<void> {
  const over = new Promise<void>((resolve) => limit.addEventListener('abort', () => resolve(), { once: true }));
  await Promise.race([work(), over]);
}

/** The grace period of a stop that was ordered for this run; null when it ended by itself. */
function readGrace({ stopping }: RunFiles, runId: string): number | null {
  try {
    const { runId: stopped, graceMs }: { runId: string; graceMs: number } = JSON.parse(readFileSync(stopping, 'utf8'));
    return stopped === runId ? graceMs : null;
  } catch {
    return null;
  }
}

/**
 * What is left of our own child's group. The kernel gives the number to nobody else while the group has members, and once it was
 * seen empty it is never used again.
 */
class Group {
  readonly #id: number;
  #empty = process.platform === 'win32';

  constructor(id: number) {
    this.#id = id;
  }

  /** False when nobody is left. */
  signal(signal: 'SIGTERM' | 'SIGKILL' | 0): boolean {
    if (this.#empty) return false;
    try {
      process.kill(-this.#id, signal);
      return true;
    } catch (error) {
      // Others may be there whom we may not signal.
      if (codeOf(error) === 'EPERM') return true;
      this.#empty = true;
      return false;
    }
  }
}

/** A full disk must not cost us the exit: it is tried again for a minute. */
async function writeExit({ files }: WrapperOrder, record: ExitRecord): Promise<void> {
  for (let attempt = 0; attempt < 60; attempt++) {
    try {
      writeRecord(files.exit, record);
      return;
    } catch (error) {
      // The service was deleted meanwhile.
      if (codeOf(error) === 'ENOENT') return;
      await delay(1000);
    }
  }
}

/** Whole or not at all, mode 0600. */
function writeRecord(path: string, record: object): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  renameSync(temporary, path);
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
