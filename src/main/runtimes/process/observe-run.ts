import type { Host } from '../../host/platform.ts';
import type { ProcessIdentity } from '../../host/types.ts';
import {
  type ExitRecord,
  type RunFiles,
  type RunRecord,
  readExit,
  readRun,
  readStopping,
  type StoppingRecord,
} from './records.ts';
import type { ObservedProcess, ProcessExit } from './types.ts';

/** A run as it is on disk and in the process table. */
export interface KnownRun {
  record: RunRecord;
  observed: ObservedProcess;
}

export interface RunFacts {
  serviceId: string;
  record: RunRecord;
  /** Looked at before the exit was read: a wrapper writes the exit and then ends. */
  wrapperAlive: boolean;
  processAlive: boolean;
  exit: ExitRecord | null;
  stopping: StoppingRecord | null;
}

/**
 * What the facts say about a run. Records of another run count for nothing.
 *
 * A run goes on while its wrapper does: the process may have ended, but not all that it has started. Without a wrapper (it was
 * killed, or the process was adopted) the process itself decides, and how it ended stays unknown.
 */
export function observedOf({
  serviceId,
  record,
  wrapperAlive,
  processAlive,
  exit,
  stopping,
}: RunFacts): ObservedProcess {
  const { runId, pid, process, adopted, startedAt, command, cwd } = record;
  const stopped = stopping?.runId === runId;
  let end: ProcessExit | null = null;
  if (exit !== null && exit.runId === runId) {
    end = { code: exit.code, signal: exit.signal, at: exit.at, stopped: exit.stopped };
  } else if (!wrapperAlive && !processAlive) end = { code: null, signal: null, at: null, stopped };
  const state = end === null ? 'running' : 'ended';
  return { serviceId, runId, state, pid, process, adopted, startedAt, command, cwd, exit: end };
}

/** Reads the latest run of a service; null when there is none. */
export async function readKnownRun(host: Host, serviceId: string, files: RunFiles): Promise<KnownRun | null> {
  for (;;) {
    const record = await readRun(files);
    if (record === null) return null;
    const [wrapperAlive, processAlive] = [await isAlive(host, record.wrapper), await isAlive(host, record.process)];
    const [exit, stopping] = [await readExit(files), await readStopping(files)];
    // A new run may have taken its place meanwhile; then the parts do not belong together.
    if ((await readRun(files))?.runId !== record.runId) continue;
    return { record, observed: observedOf({ serviceId, record, wrapperAlive, processAlive, exit, stopping }) };
  }
}

async function isAlive(host: Host, identity: ProcessIdentity | null): Promise<boolean> {
  return identity !== null && (await host.isAlive(identity));
}
