import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createHost } from '#main/host/host.ts';
import type { ProcessIdentity } from '#main/host/types.ts';
import { createProcessRuntime, type ProcessRuntimeOptions } from '#main/runtimes/process/process-runtime.ts';
import type { ObservedProcess, ProcessChange, ProcessLogLine, ProcessRuntime } from '#main/runtimes/process/types.ts';

export const host = createHost();
export const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined };
export const env = { PATH: process.env.PATH ?? '' };

/** A folder that ends with the test. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'clos-process-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A runtime that ends with the test, and every process that it knows with it. */
export function newRuntime(options: Partial<ProcessRuntimeOptions> = {}): ProcessRuntime {
  const dir = options.dir ?? join(temporaryFolder(), 'processes');
  const runtime = createProcessRuntime({ host, log: silent, dir, ...options });
  onTestFinished(async () => {
    runtime.close();
    const last = createProcessRuntime({ host, log: silent, dir });
    for (const { serviceId, adopted } of await last.list()) if (!adopted) await last.stop(serviceId, { graceMs: 0 });
    last.close();
  });
  return runtime;
}

/** Runs a script of Node as the service `web`. */
export async function run(runtime: ProcessRuntime, script: string, serviceId = 'web'): Promise<ObservedProcess> {
  return await runtime.start({ serviceId, command: [process.execPath, '-e', script], cwd: tmpdir(), env });
}

/** The next change that is right; one that has come about already is one too. */
export async function changed(
  runtime: ProcessRuntime,
  right: (change: ProcessChange) => boolean,
): Promise<ObservedProcess | null> {
  return await new Promise((resolve, reject) => {
    const take = (change: ProcessChange) => {
      if (!right(change)) return;
      stop();
      resolve(change.process);
    };
    const stop = runtime.observe(take);
    runtime.list().then((runs) => {
      for (const found of runs) take({ serviceId: found.serviceId, process: found });
    }, reject);
  });
}

export async function ended(runtime: ProcessRuntime, serviceId = 'web'): Promise<ObservedProcess> {
  const found = await changed(runtime, (change) => change.serviceId === serviceId && change.process?.state === 'ended');
  if (found === null) throw new Error('A run that has ended is there');
  return found;
}

/** The text of a line that was written or is being written. */
export async function line(runtime: ProcessRuntime, pattern: RegExp, serviceId = 'web'): Promise<string> {
  const ending = new AbortController();
  for await (const found of runtime.logs(serviceId, { follow: true, signal: ending.signal })) {
    if (!pattern.test(found.line)) continue;
    ending.abort();
    return found.line;
  }
  throw new Error('The log ended');
}

export async function log(runtime: ProcessRuntime, serviceId = 'web'): Promise<ProcessLogLine[]> {
  return await Array.fromAsync(runtime.logs(serviceId));
}

export async function texts(runtime: ProcessRuntime, serviceId = 'web'): Promise<string[]> {
  return (await log(runtime, serviceId)).map((found) => found.line);
}

export async function identityOf(pid: number): Promise<ProcessIdentity> {
  const info = await host.describeProcess(pid);
  if (info === null) throw new Error(`There is no process ${pid}`);
  return { pid, startTicks: info.startTicks, bootId: info.bootId };
}

/** Which of these live. */
export async function living(identities: readonly ProcessIdentity[]): Promise<number[]> {
  const found: number[] = [];
  for (const identity of identities) if (await host.isAlive(identity)) found.push(identity.pid);
  return found;
}
