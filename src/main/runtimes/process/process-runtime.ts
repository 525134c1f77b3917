import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { ClosError } from '#shared/contract/clos-error.ts';
import type { Host } from '../../host/platform.ts';
import type { ProcessIdentity } from '../../host/types.ts';
import { readLog } from './log-reader.ts';
import type { KnownRun } from './observe-run.ts';
import { filesOf, type RunFiles, type RunRecord, readStarting, writeRecord } from './records.ts';
import { RunWatch } from './run-watch.ts';
import { checkSpec, failed, startWrapper } from './start-wrapper.ts';
import { stopRun } from './stop-run.ts';
import type { ObservedProcess, ProcessLog, ProcessLogOptions, ProcessRuntime, ProcessSpec } from './types.ts';
import { findWrapper, findWrapperNode } from './wrapper-place.ts';

export interface ProcessRuntimeOptions {
  host: Host;
  log: ProcessLog;
  /** `<home>/run/processes`; made when it is needed, mode 0700. */
  dir: string;
  /** The wrapper's file, when it is not where `findWrapper` looks. */
  wrapper?: string | undefined;
  /** The Node that wrappers run on, instead of what `findWrapperNode` finds. */
  node?: string | undefined;
  pollMs?: number | undefined;
  leftoverMs?: number | undefined;
  maxLogBytes?: number | undefined;
}

const maxLineBytes = 64 * 1024;
/** How long a wrapper that was started before us may take to say how the start went. */
const startedWithinMs = 5000;

/** Runs processes under wrappers. Does nothing before it is asked to. */
export function createProcessRuntime(options: ProcessRuntimeOptions): ProcessRuntime {
  const { host, log, dir, pollMs = 3000, leftoverMs = 1000, maxLogBytes = 8 * 1024 * 1024 } = options;
  const watch = new RunWatch({ host, dir, log, pollMs });
  const closing = new AbortController();
  const queues = new Map<string, Promise<unknown>>();
  let predecessor: Promise<unknown> | null = null;

  /** What changes one service happens one after the other. */
  async function inTurn<T>(serviceId: string, work: (files: RunFiles) => Promise<T>): Promise<T> {
    if (closing.signal.aborted) throw new ClosError('SHUTTING_DOWN');
    const files = filesOf(dir, serviceId);
    const start = () => work(files);
    const turn = (queues.get(serviceId) ?? Promise.resolve()).then(start, start);
    queues.set(serviceId, turn);
    try {
      return await turn;
    } finally {
      if (queues.get(serviceId) === turn) queues.delete(serviceId);
    }
  }

  async function makeFolders(files: RunFiles): Promise<void> {
    await mkdir(files.logFolder, { recursive: true, mode: 0o700 });
  }

  /** Waits for a wrapper that was told what to run by somebody who is gone: it goes on with it. */
  async function settleStart(files: RunFiles): Promise<void> {
    for (const since = performance.now(); performance.now() - since < startedWithinMs; await delay(10)) {
      const record = await readStarting(files);
      if (record === null || !(await host.isAlive(record.wrapper))) return;
    }
  }

  /** The wrapper knows only the pid of its child. That the child is its own proves that the pid is still the same process. */
  async function identify(files: RunFiles, run: KnownRun): Promise<void> {
    const { record } = run;
    if (record.process !== null || record.wrapper === null) return;
    const info = await host.describeProcess(record.pid);
    if (info === null || info.ppid !== record.wrapper.pid || !(await host.isAlive(record.wrapper))) return;
    const { pid, startTicks, bootId } = info;
    await writeRecord(files.run, { ...record, process: { pid, startTicks, bootId } } satisfies RunRecord);
  }

  async function readIdentified(serviceId: string, files: RunFiles): Promise<KnownRun | null> {
    const run = await watch.read(serviceId);
    if (run === null || run.observed.state === 'ended' || run.record.process !== null) return run;
    await identify(files, run);
    return await watch.read(serviceId);
  }

  async function refuseSecond(serviceId: string, files: RunFiles): Promise<void> {
    await settleStart(files);
    const run = await watch.read(serviceId);
    if (run?.observed.state === 'running') throw failed(`It runs already, as process ${run.observed.pid}.`);
  }

  async function begin(spec: ProcessSpec, files: RunFiles): Promise<ObservedProcess> {
    await refuseSecond(spec.serviceId, files);
    await checkSpec(spec);
    await makeFolders(files);
    const { command, cwd, env } = spec;
    const runId = randomUUID();
    const order = { runId, command, cwd, env, files, maxLogBytes, maxLineBytes, leftoverMs };
    const node = options.node ?? findWrapperNode();
    await startWrapper({ host, node, wrapper: options.wrapper ?? findWrapper(), spec, order });
    const run = await readIdentified(spec.serviceId, files);
    if (run === null) throw failed('The record of the run has disappeared.');
    log.info({ serviceId: spec.serviceId, pid: run.observed.pid }, 'started a process');
    return run.observed;
  }

  return {
    async start(spec) {
      return await inTurn(spec.serviceId, (files) => begin(spec, files));
    },

    async stop(serviceId, stopOptions) {
      return await inTurn(serviceId, async (files) => {
        await settleStart(files);
        const run = await readIdentified(serviceId, files);
        if (run === null || run.observed.state === 'ended') return run?.observed ?? null;
        const read = () => watch.read(serviceId);
        await stopRun({ host, files, run, read, closing: closing.signal }, stopOptions);
        log.info({ serviceId, pid: run.observed.pid }, 'stopped a process');
        return (await read())?.observed ?? null;
      });
    },

    async list() {
      // What somebody before us was just starting when they were killed is a run too.
      predecessor ??= watch.services().then((ids) => Promise.all(ids.map((id) => settleStart(filesOf(dir, id)))));
      await predecessor;
      const seen = await watch.list();
      const unclear = seen.filter(({ state, process }) => state === 'running' && process === null);
      if (unclear.length === 0) return seen;
      await Promise.all(unclear.map(({ serviceId }) => inTurn(serviceId, (files) => readIdentified(serviceId, files))));
      return await watch.list();
    },

    observe: (listener) => watch.observe(listener),

    async adopt(serviceId, identity) {
      return await inTurn(serviceId, async (files) => {
        await refuseSecond(serviceId, files);
        const info = await host.describeProcess(identity.pid);
        if (info === null || !(await host.isAlive(identity))) {
          throw new ClosError('PROCESS_GONE', `Process ${identity.pid} has ended.`);
        }
        await makeFolders(files);
        await writeRecord(files.run, {
          runId: randomUUID(),
          wrapper: null,
          pid: identity.pid,
          process: plain(identity),
          adopted: true,
          startedAt: info.startedAt,
          command: info.argv,
          cwd: info.cwd ?? '',
        } satisfies RunRecord);
        const run = await watch.read(serviceId);
        if (run === null) throw failed('The record of the run has disappeared.');
        return run.observed;
      });
    },

    async release(serviceId) {
      await inTurn(serviceId, async (files) => {
        const run = await watch.read(serviceId);
        if (run === null) return;
        if (!run.record.adopted) {
          throw new ClosError('NOT_UNDOABLE', 'CLOS has started the process itself since it was adopted.');
        }
        for (const path of [files.run, files.stopping]) await rm(path, { force: true });
        await watch.read(serviceId);
      });
    },

    async forget(serviceId) {
      await inTurn(serviceId, async (files) => {
        await settleStart(files);
        const run = await watch.read(serviceId);
        if (run?.observed.state === 'running' && !run.record.adopted) {
          throw new ClosError('SERVICE_BUSY', `Its process ${run.observed.pid} is still running.`);
        }
        await rm(files.folder, { recursive: true, force: true });
        await watch.read(serviceId);
      });
    },

    async *logs(serviceId, logOptions = {}) {
      const files = filesOf(dir, serviceId);
      // There is something to watch before the first run.
      if (logOptions.follow) await makeFolders(files);
      const reading = new AbortController();
      const end = () => reading.abort();
      const signals = [logOptions.signal, closing.signal].filter((signal) => signal !== undefined);
      for (const signal of signals) signal.addEventListener('abort', end, { once: true });
      if (signals.some(({ aborted }) => aborted)) end();
      try {
        yield* readLog(files, { ...logOptions, signal: reading.signal } satisfies ProcessLogOptions);
      } finally {
        for (const signal of signals) signal.removeEventListener('abort', end);
      }
    },

    close() {
      closing.abort();
      watch.close();
    },
  };
}

function plain({ pid, startTicks, bootId }: ProcessIdentity): ProcessIdentity {
  return { pid, startTicks, bootId };
}
