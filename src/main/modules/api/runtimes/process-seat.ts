import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { reachableAddress } from '#shared/contract/places.ts';
import type { observedProcessSchema } from '#shared/contract/services.ts';
import type { CoreDb } from '../../../database/core-db.ts';
import type { WriteDb } from '../../../database/handle.ts';
import { deleteObservedProcess, putObservedProcess } from '../../../database/observed-processes.ts';
import { findService, listServices, type StoredService, updateLife } from '../../../database/services.ts';
import { probeConnect } from '../../../host/connect-probe.ts';
import type { Host } from '../../../host/platform.ts';
import { createProcessRuntime } from '../../../runtimes/process/process-runtime.ts';
import type { ObservedProcess, ProcessRuntime, ProcessSpec } from '../../../runtimes/process/types.ts';
import type { Commands } from '../operations/commands.ts';
import { type EndOptions, provenanceOf, recordEnd, type ServiceEnd } from '../state/ends.ts';
import { changeStatus } from '../state/life.ts';

/** What a program that was just started did first. */
export type FirstAnswer = { type: 'answered' } | { type: 'silent' } | { type: 'ended'; process: ObservedProcess };

/** The processes of this home: driven, followed, and written into `core.db` as they are seen. */
export interface ProcessSeat {
  runtime: ProcessRuntime;
  host: Host;
  /** Follows what runs. Resolves when what ran before is in the database as it is now. */
  open(): Promise<void>;
  start(spec: ProcessSpec): Promise<void>;
  stop(serviceId: string, options: { graceMs: number }): Promise<void>;
  /** Writes down what became of a service's process, for those who do not wait for the watch to see it. */
  record(process: ObservedProcess): Promise<void>;
  /** Resolves with what comes first: all ports answer, the process ends, or patience does. */
  firstAnswer(
    serviceId: string,
    options: { ports: ReadonlyArray<{ address: string; port: number }>; patienceMs: number },
  ): Promise<FirstAnswer>;
  close(): Promise<void>;
}

export interface ProcessSeatOptions {
  db: CoreDb;
  commands: Commands;
  host: Host;
  log: Logger;
  runDir: string;
  onEnd(serviceId: string): void;
}

/** How often a program that was just started is asked whether it answers. */
const askEveryMs = 25;
/** How long to leave it at that when somebody else answers: to look who it is costs more than to ask. */
const strangerMs = 200;

type Observed = z.output<typeof observedProcessSchema>;

function toObserved({ pid, state, startedAt, exit, adopted }: ObservedProcess): Observed {
  const observedAt = new Date().toISOString();
  const seen = exit !== null && (exit.code !== null || exit.signal !== null);
  return {
    pid,
    state: state === 'running' ? 'running' : 'exited',
    startedAt,
    exit: seen ? { code: exit.code, signal: exit.signal, at: exit.at ?? observedAt } : null,
    adopted,
    observedAt,
  };
}

function endOf(service: StoredService, { exit }: ObservedProcess): ServiceEnd {
  const { code = null, signal = null, stopped = false } = exit ?? {};
  const how = { exitCode: code, signal };
  if (stopped || service.desired === 'stopped') return { cause: 'stopped', ...how };
  if (code === null && signal === null) return { cause: 'unseen', ...how };
  return { cause: code === 0 ? 'finished' : 'crashed', ...how };
}

const upStatuses = new Set<StoredService['status']>(['running', 'unhealthy', 'starting']);

/** All ports of a service answer. */
async function answers(ports: ReadonlyArray<{ address: string; port: number }>): Promise<boolean> {
  for (const { address, port } of ports) {
    const said = await probeConnect({ address: reachableAddress(address), port, timeoutMs: 500, windowMs: 1 });
    if (said === 'refused' || said === 'unreachable') return false;
  }
  return true;
}

export function createProcessSeat(options: ProcessSeatOptions): ProcessSeat {
  const { db, commands, host, log } = options;
  const runtime = createProcessRuntime({ host, log, dir: join(options.runDir, 'processes') });
  const endOptions: EndOptions = { commands, cause: { type: 'supervisor', id: 'process' }, onEnd: options.onEnd };
  /** Sightings are recorded one after the other, in the order in which they came. */
  let queue: Promise<void> = Promise.resolve();
  let unobserve: () => void = () => undefined;
  const ends = new Map<string, (process: ObservedProcess) => void>();

  function enqueue(work: () => Promise<void>): Promise<void> {
    queue = queue.then(work).catch((error: unknown) => log.error({ err: error }, 'a sighting could not be recorded'));
    return queue;
  }

  function apply(write: WriteDb, process: ObservedProcess): void {
    const service = findService(write, process.serviceId);
    if (service === null || service.runtime.type !== 'process') return;
    putObservedProcess(write, service.id, toObserved(process));
    // A command that has the service says itself what becomes of it.
    if (commands.current(service.id) !== null) return;
    if (process.state === 'ended') {
      if (upStatuses.has(service.status) || service.status === 'stopping') {
        recordEnd(write, service, { end: endOf(service, process), ...endOptions });
      }
      return;
    }
    if (service.desired === 'stopped') updateLife(write, service.id, { desired: 'running' });
    const to = service.health === 'unhealthy' ? 'unhealthy' : 'running';
    changeStatus(write, service, { to, ...provenanceOf(service, endOptions) });
  }

  /** A process service without any run was never started, or all that was known of it is lost: then nothing of it is ours. */
  function applyAbsence(write: WriteDb, service: StoredService): void {
    deleteObservedProcess(write, service.id);
    if (!upStatuses.has(service.status) || service.status === 'starting') return;
    recordEnd(write, service, { end: { cause: 'unseen', exitCode: null, signal: null }, ...endOptions });
  }

  const record = (process: ObservedProcess) => db.commit((write) => apply(write, process));

  /**
   * True when it is this process, or one that it has started, that listens at each port; true, too, where nobody can tell. Who was
   * quicker answers as well, and then this process is about to fail.
   */
  async function listens(pid: number, ports: ReadonlyArray<{ port: number }>): Promise<boolean> {
    const found = await host.listListeners({ owners: true, ports: ports.map(({ port }) => port) });
    return ports.every(({ port }) => {
      const there = found.filter((listener) => listener.protocol === 'tcp' && listener.port === port);
      const isOurs = there.some(({ owner }) => owner?.pid === pid || owner?.ancestors.includes(pid));
      return isOurs || there.length === 0;
    });
  }

  return {
    runtime,
    host,
    record,
    async open() {
      unobserve = runtime.observe(({ process }) => {
        if (process === null) return;
        if (process.state === 'ended') ends.get(process.serviceId)?.(process);
        void enqueue(() => record(process));
      });
      const runs = await runtime.list();
      await db.commit((write) => {
        for (const run of runs) apply(write, run);
        const seen = new Set(runs.map(({ serviceId }) => serviceId));
        for (const service of listServices(write)) {
          if (service.runtime.type === 'process' && !seen.has(service.id)) applyAbsence(write, service);
        }
      });
    },
    async start(spec) {
      await record(await runtime.start(spec));
    },
    async stop(serviceId, { graceMs }) {
      const ended = await runtime.stop(serviceId, { graceMs });
      if (ended !== null) await record(ended);
    },
    async firstAnswer(serviceId, { ports, patienceMs }) {
      const patience = AbortSignal.timeout(patienceMs);
      const ended = new Promise<FirstAnswer>((resolve) => {
        ends.set(serviceId, (process) => resolve({ type: 'ended', process }));
      });
      async function ask(pid: number): Promise<FirstAnswer> {
        while (!patience.aborted && ends.has(serviceId)) {
          if (await answers(ports)) {
            if (await listens(pid, ports)) return { type: 'answered' };
            await delay(strangerMs);
          }
          await delay(askEveryMs);
        }
        return { type: 'silent' };
      }
      try {
        // It may have ended before anybody listened for its end.
        const now = (await runtime.list()).find((run) => run.serviceId === serviceId);
        if (now?.state === 'ended') return { type: 'ended', process: now };
        return now === undefined ? { type: 'silent' } : await Promise.race([ended, ask(now.pid)]);
      } finally {
        ends.delete(serviceId);
      }
    },
    async close() {
      unobserve();
      runtime.close();
      await queue;
    },
  };
}
