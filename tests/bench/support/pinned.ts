import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The gateways have one core to themselves, clients and services the other one. */
export const cores = { gateway: '0', others: '1' } as const;

/** Starts a program on one core. Resolves with the way to end it, as soon as it listens on `port`. */
export async function startOn(
  core: string,
  { command, port, env = {} }: { command: readonly string[]; port: number; env?: NodeJS.ProcessEnv },
): Promise<() => Promise<void>> {
  const child: ChildProcess = spawn('taskset', ['-c', core, ...command], {
    env: { ...process.env, ...env },
    stdio: 'ignore',
  });
  const gone = once(child, 'exit');
  await listening(port, child);
  return async () => {
    if (child.exitCode === null && child.kill('SIGTERM')) await gone;
  };
}

async function listening(port: number, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${child.spawnargs.join(' ')} ended with ${child.exitCode}`);
    const socket = connect(port, '127.0.0.1');
    const taken = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (taken) return;
    await delay(20);
  }
}

/** Puts a process that runs, with its threads, on one core. */
export async function pin(pid: number, core: string): Promise<void> {
  await run('taskset', ['-acp', core, String(pid)]);
}

export interface Loaded {
  perSecond: number;
  medianMs: number;
}

/** What `wrk` finds out on the other core. Rejects where an answer was not 2xx or 3xx. */
export async function wrk(target: {
  url: string;
  host: string;
  connections: number;
  seconds: number;
}): Promise<Loaded> {
  const { url, host, connections, seconds } = target;
  const { stdout } = await run('taskset', [
    ...['-c', cores.others, 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-H', `Host: ${host}`, url],
  ]);
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`${url} (${host}): ${stdout}`);
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
  const [, value = '', unit = ''] = /50%\s+([\d.]+)(us|ms|s)\b/.exec(stdout) ?? [];
  const medianMs = Number(value) * ({ us: 0.001, ms: 1, s: 1000 }[unit] ?? Number.NaN);
  return { perSecond, medianMs };
}
