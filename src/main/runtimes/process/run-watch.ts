import { type FSWatcher, mkdirSync, watch } from 'node:fs';
import { readdir } from 'node:fs/promises';
import type { Host } from '../../host/platform.ts';
import { type KnownRun, readKnownRun } from './observe-run.ts';
import { filesOf } from './records.ts';
import type { ObservedProcess, ProcessChange, ProcessLog } from './types.ts';

export interface RunWatchOptions {
  host: Host;
  /** The folder with one folder per service. */
  dir: string;
  log: ProcessLog;
  /** How often those that run are looked at; only this shows the end of an adopted process. */
  pollMs: number;
}

type Listener = (change: ProcessChange) => void;

/**
 * Knows the latest run of every service and tells what changes.
 *
 * Files tell of starts and ends as they happen. What happens without a file (the end of a process that has no wrapper) is found by a
 * look at those that run, every few seconds and without starting a program. While nobody listens nothing is watched.
 */
export class RunWatch {
  readonly #options: RunWatchOptions;
  readonly #listeners = new Set<Listener>();
  readonly #known = new Map<string, { run: KnownRun; text: string }>();
  readonly #watchers = new Map<string, FSWatcher>();
  /** The reads of a service follow each other; one that has not begun serves everybody who asks until it does. */
  readonly #reads = new Map<string, { current: Promise<KnownRun | null>; next: Promise<KnownRun | null> | null }>();
  #root: FSWatcher | null = null;
  #poll: NodeJS.Timeout | null = null;
  #baseline: Promise<void> = Promise.resolve();
  #looking = false;
  /** The system has no watches left: the poll looks at everything. */
  #blind = false;

  constructor(options: RunWatchOptions) {
    this.#options = options;
  }

  observe(listener: Listener): () => void {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#open();
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.close();
    };
  }

  /** The latest run of a service as it is after this call; tells when that is news. */
  async read(serviceId: string): Promise<KnownRun | null> {
    return await this.#enqueue(serviceId, true);
  }

  async list(): Promise<ObservedProcess[]> {
    await this.#baseline;
    const runs = await Promise.all((await this.services()).map((serviceId) => this.read(serviceId)));
    return runs.flatMap((run) => (run === null ? [] : [run.observed]));
  }

  /** Ends the watching; who listens hears nothing more. */
  close(): void {
    this.#listeners.clear();
    this.#root?.close();
    this.#root = null;
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
    if (this.#poll !== null) clearInterval(this.#poll);
    this.#poll = null;
  }

  #open(): void {
    const { dir, pollMs } = this.#options;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    this.#blind = false;
    this.#root = this.#watch(dir, () => this.#background(() => this.#scan(true)));
    this.#poll = setInterval(() => this.#background(() => this.#look()), pollMs).unref();
    this.#baseline = this.#scan(false).catch((error: unknown) => this.#warn(error));
  }

  /** Watches services that are new, and reads each of them. */
  async #scan(tell: boolean): Promise<void> {
    const services = await this.services();
    await Promise.all(
      services.map(async (serviceId) => {
        if (this.#root === null || this.#watchers.has(serviceId)) return;
        const { folder } = filesOf(this.#options.dir, serviceId);
        const watcher = this.#watch(folder, () => this.#background(() => this.read(serviceId)));
        if (watcher !== null) this.#watchers.set(serviceId, watcher);
        await this.#enqueue(serviceId, tell);
      }),
    );
    for (const serviceId of this.#watchers.keys()) if (!services.includes(serviceId)) await this.#forget(serviceId);
  }

  async #forget(serviceId: string): Promise<void> {
    this.#watchers.get(serviceId)?.close();
    this.#watchers.delete(serviceId);
    await this.read(serviceId);
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      await this.#lookAtAll();
    } finally {
      this.#looking = false;
    }
  }

  async #lookAtAll(): Promise<void> {
    if (this.#blind) await this.#scan(true);
    for (const [serviceId, { run }] of [...this.#known]) {
      if (run.observed.state !== 'running') continue;
      if (this.#blind || !(await this.#lives(run))) await this.read(serviceId);
    }
  }

  async #lives({ record }: KnownRun): Promise<boolean> {
    const { host } = this.#options;
    for (const identity of [record.wrapper, record.process]) {
      if (identity !== null && (await host.isAlive(identity))) return true;
    }
    return false;
  }

  /** Every service that has a folder. */
  async services(): Promise<string[]> {
    const entries = await readdir(this.#options.dir, { withFileTypes: true }).catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    });
    return entries.filter((entry) => entry.isDirectory() && isServiceId(entry.name)).map(({ name }) => name);
  }

  async #enqueue(serviceId: string, tell: boolean): Promise<KnownRun | null> {
    const reads = this.#reads.get(serviceId);
    if (reads?.next != null) return await reads.next;
    const start = () => this.#refresh(serviceId, tell);
    if (reads === undefined) {
      const current = start().finally(() => this.#readDone(serviceId));
      this.#reads.set(serviceId, { current, next: null });
      return await current;
    }
    const next = reads.current.then(start, start).finally(() => this.#readDone(serviceId));
    reads.next = next;
    return await next;
  }

  #readDone(serviceId: string): void {
    const reads = this.#reads.get(serviceId);
    if (reads?.next == null) this.#reads.delete(serviceId);
    else this.#reads.set(serviceId, { current: reads.next, next: null });
  }

  async #refresh(serviceId: string, tell: boolean): Promise<KnownRun | null> {
    const { host, dir } = this.#options;
    const run = await readKnownRun(host, serviceId, filesOf(dir, serviceId));
    // It was started in this moment, and who started it is just looking which process it is.
    if (run?.observed.state === 'running' && run.observed.process === null) return run;
    const text = run === null ? null : newsOf(run.observed);
    const before = this.#known.get(serviceId)?.text ?? null;
    if (run === null || text === null) this.#known.delete(serviceId);
    else this.#known.set(serviceId, { run, text });
    if (text !== before && (tell || before !== null)) this.#tell({ serviceId, process: run?.observed ?? null });
    return run;
  }

  #tell(change: ProcessChange): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(change);
      } catch (error) {
        this.#warn(error);
      }
    }
  }

  /** Null when the system has no watches left. */
  #watch(path: string, onEvent: () => void): FSWatcher | null {
    try {
      const watcher = watch(path, onEvent);
      watcher.on('error', (error) => this.#warn(error));
      return watcher;
    } catch (error) {
      // The service was deleted meanwhile.
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
      this.#blind = true;
      this.#warn(error);
      return null;
    }
  }

  #background(work: () => Promise<unknown>): void {
    if (this.#listeners.size > 0) void work().catch((error: unknown) => this.#warn(error));
  }

  #warn(error: unknown): void {
    this.#options.log.warn({ err: error }, 'the state of the processes could not be watched');
  }
}

/** What counts as news. Which process it was may be found out just after it has ended, and matters to nobody then. */
function newsOf(observed: ObservedProcess): string {
  return JSON.stringify(observed.state === 'ended' ? { ...observed, process: null } : observed);
}

function isServiceId(name: string): boolean {
  try {
    filesOf('', name);
    return true;
  } catch {
    return false;
  }
}
