import { type FSWatcher, rmSync, watch } from 'node:fs';
import { ClosError, isClosError } from '#shared/contract/clos-error.ts';
import type { Host } from '../../host/platform.ts';
import type { ProcessIdentity } from '../../host/types.ts';
import { decideSignal, readSignalFacts } from './decide-signal.ts';
import { endFamily } from './end-family.ts';
import { Family } from './family.ts';
import type { KnownRun } from './observe-run.ts';
import { type RunFiles, writeRecord } from './records.ts';
import { sendSignal } from './send-signal.ts';
import type { StopOptions } from './types.ts';

export interface RunToStop {
  host: Host;
  files: RunFiles;
  run: KnownRun;
  /** Reads the run anew. */
  read(): Promise<KnownRun | null>;
  /** Aborted when the runtime closes. */
  closing: AbortSignal;
}

const askEveryMs = 50;
/** How long a wrapper may take to write down the end of a process whose family has gone. */
const writtenWithinMs = 10_000;

/**
 * Ends a run and all that it has started, and resolves when its end is on disk.
 *
 * That it was asked for is written first: when we are killed in the middle, the end is still told from a crash, and the wrapper ends
 * by force what remains after the grace period.
 */
export async function stopRun(stop: RunToStop, { graceMs, onPhase }: StopOptions): Promise<void> {
  const { host, files, run, closing } = stop;
  const { runId, process, adopted } = run.record;
  await writeRecord(files.stopping, { runId, graceMs });
  const bell = new Bell(files.folder, closing);
  try {
    if (process !== null) {
      const family = new Family(host, process, { owned: !adopted, userProtected: [] });
      await endFamily(family, { graceMs, onPhase, pause: (ms) => bell.wait(ms) }).catch((error: unknown) => {
        // It has ended by itself; the wrapper ends what it has left behind.
        if (!isClosError(error, 'PROCESS_GONE')) throw error;
      });
    }
    await untilWritten(stop, bell);
  } catch (error) {
    // Nobody was asked to end, so what ends now ends by itself.
    if (isClosError(error, 'PROCESS_PROTECTED')) rmSync(files.stopping, { force: true });
    throw error;
  } finally {
    bell.close();
  }
}

async function untilWritten({ host, run, read }: RunToStop, bell: Bell): Promise<void> {
  const since = performance.now();
  for (;;) {
    const now = await read();
    if (now === null || now.record.runId !== run.record.runId || now.observed.state === 'ended') return;
    if (performance.now() - since > writtenWithinMs) {
      throw new ClosError('INTERNAL', `The end of process ${run.record.pid} was not written down.`);
    }
    if (run.record.wrapper !== null) await hurry(host, run.record.wrapper);
    await bell.wait(askEveryMs);
  }
}

/** Tells a wrapper that nothing is left to wait for. It does not know when somebody who has left the group holds the output open. */
async function hurry(host: Host, wrapper: ProcessIdentity): Promise<void> {
  const decision = decideSignal(await readSignalFacts(host, wrapper, { owned: true, userProtected: [] }));
  if (decision.allowed) sendSignal({ pid: wrapper.pid, scope: 'process' }, 'SIGTERM');
}

/** Ends a wait early when something in the folder of the run has changed. */
class Bell {
  readonly #watcher: FSWatcher | null;
  readonly #closing: AbortSignal;
  #rung = false;
  #wake: () => void = () => undefined;

  constructor(folder: string, closing: AbortSignal) {
    this.#closing = closing;
    this.#watcher = watchQuietly(folder, () => this.#ring());
    closing.addEventListener('abort', this.#ring, { once: true });
  }

  /** Rejects with SHUTTING_DOWN when the runtime closes. */
  async wait(milliseconds: number): Promise<void> {
    if (!this.#rung && !this.#closing.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#rung = false;
    if (this.#closing.aborted) throw new ClosError('SHUTTING_DOWN');
  }

  close(): void {
    this.#closing.removeEventListener('abort', this.#ring);
    this.#watcher?.close();
  }

  readonly #ring = (): void => {
    this.#rung = true;
    this.#wake();
  };
}

/** Null when the system has no watches left, or the folder is gone: then waits last as long as they were meant to. */
function watchQuietly(folder: string, onEvent: () => void): FSWatcher | null {
  try {
    return watch(folder, onEvent).on('error', () => undefined);
  } catch {
    return null;
  }
}
