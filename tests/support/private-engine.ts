import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { addBridge, type Bridge, removeBridge } from './bridge.ts';
import { engineCall, engineRequest } from './engine-http.ts';
import type { TestEngine } from './test-engine.ts';

/** Unix sockets have room for 107 bytes, and containerd puts its own below this folder: it must stay short. */
const parent = '/tmp';
const prefix = 'clos-e-';
const startTimeoutMs = 30_000;
const stopTimeoutMs = 20_000;

/**
 * A dockerd of our own, as root on Linux: own socket, data, bridge and addresses, and no rule in the machine's firewall, so it
 * meets neither the machine's engine nor another of its kind. Published ports work through the engine's own proxy.
 */
export async function startPrivateEngine(): Promise<TestEngine> {
  await sweep();
  const folder = mkdtempSync(join(parent, prefix));
  const bridge = addBridge();
  claim(folder, bridge);
  writeFileSync(join(folder, 'daemon.json'), '{}');
  const socketPath = join(folder, 'd.sock');
  const endWithUs = (): void => void daemon?.kill('SIGTERM');
  process.once('exit', endWithUs);

  let daemon: ChildProcess | undefined = await startDaemon(folder, bridge);
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (daemon !== undefined) await endDaemon(daemon, signal);
    daemon = undefined;
    await containerdEnded(folder);
  };
  const restart = async (): Promise<void> => {
    await end('SIGTERM');
    daemon = await startDaemon(folder, bridge);
  };
  return {
    socketPath,
    dockerHost: `unix://${socketPath}`,
    isPrivate: true,
    kill: () => end('SIGKILL'),
    restart,
    async stop() {
      // A killed engine leaves containers behind, which only an engine can end.
      if (daemon === undefined) await restart();
      await removeEverything(socketPath);
      await end('SIGTERM');
      process.off('exit', endWithUs);
      removeFolder(folder, bridge.name);
    },
  };
}

async function startDaemon(folder: string, bridge: Bridge): Promise<ChildProcess> {
  const log = openSync(join(folder, 'log'), 'a');
  const args = {
    'config-file': join(folder, 'daemon.json'),
    host: `unix://${folder}/d.sock`,
    'data-root': join(folder, 'data'),
    'exec-root': join(folder, 'exec'),
    pidfile: join(folder, 'pid'),
    bridge: bridge.name,
    'fixed-cidr': bridge.subnet,
    'default-address-pool': `base=${bridge.pool},size=23`,
    iptables: 'false',
    ip6tables: 'false',
    'ip-masq': 'false',
    'ip-forward': 'false',
  };
  const flags = Object.entries(args).map(([name, value]) => `--${name}=${value}`);
  const daemon = spawn('dockerd', flags, { stdio: ['ignore', log, log] });
  closeSync(log);
  let failure: string | undefined;
  daemon.once('error', (error) => {
    failure = error.message;
  });
  for (const started = Date.now(); ; await delay(25)) {
    const answered = await engineRequest(`${folder}/d.sock`, '/_ping', { timeoutMs: 1_000 }).catch(() => undefined);
    if (answered?.status === 200) return daemon;
    if (failure === undefined && daemon.exitCode === null && Date.now() - started < startTimeoutMs) continue;
    daemon.kill('SIGKILL');
    const lines = readFileSync(join(folder, 'log'), 'utf8').trimEnd().split('\n').slice(-15);
    throw new Error(`dockerd did not start (${failure ?? `exit code ${daemon.exitCode}`}):\n${lines.join('\n')}`);
  }
}

async function endDaemon(daemon: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  const ended = once(daemon, 'exit');
  daemon.kill(signal);
  const timer = setTimeout(() => daemon.kill('SIGKILL'), stopTimeoutMs);
  await ended;
  clearTimeout(timer);
}

/** Containers, then networks: dockerd leaves both behind when it ends. */
async function removeEverything(socketPath: string): Promise<void> {
  const containers = z.array(z.object({ Id: z.string() }));
  const list = containers.parse(JSON.parse(await engineCall(socketPath, '/containers/json?all=1')));
  await Promise.all(
    list.map(({ Id }) => engineRequest(socketPath, `/containers/${Id}?force=1&v=1`, { method: 'DELETE' })),
  );
  await engineRequest(socketPath, '/networks/prune', { method: 'POST' });
}

function removeFolder(folder: string, bridge: string): void {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const ours = mounts.flatMap((line) => line.split(' ')[4] ?? []).filter((path) => path.startsWith(`${folder}/`));
  for (const path of ours.reverse()) execFileSync('umount', ['--lazy', path]);
  removeBridge(bridge);
  rmSync(folder, { recursive: true, force: true });
}

/**
 * containerd dies with a dockerd that was killed, but a moment later, and its number stays until its new parent buries it. The
 * next dockerd must not take the dead one for a living one, or it waits for it in vain.
 */
async function containerdEnded(folder: string): Promise<void> {
  const pidFile = join(folder, 'exec/containerd/containerd.pid');
  const pid = Number(readText(pidFile));
  for (const since = Date.now(); processesOf(folder, 'containerd').includes(pid); await delay(10)) {
    if (Date.now() - since > 2_000) process.kill(pid, 'SIGKILL');
  }
  rmSync(pidFile, { force: true });
}

const ownerSchema = z.object({
  pid: z.number(),
  bridge: z.object({ name: z.string(), subnet: z.string(), pool: z.string() }),
});

type Owner = z.infer<typeof ownerSchema>;

/** Ends engines whose test run was killed before it could end them itself. What cannot be cleared away is no reason not to start. */
async function sweep(): Promise<void> {
  for (const name of readdirSync(parent).filter((entry) => entry.startsWith(prefix))) {
    const folder = join(parent, name);
    const owner = readOwner(folder);
    if (owner === undefined || isAlive(owner.pid)) continue;
    claim(folder, owner.bridge);
    await clearAway(folder, owner.bridge).catch((error: unknown) => {
      process.stderr.write(`The leftovers of a test engine in ${folder} could not be cleared away: ${error}\n`);
    });
  }
}

async function clearAway(folder: string, bridge: Bridge): Promise<void> {
  // Containers whose engine died are ended by starting it once more.
  if (processesOf(folder).length > 0 && processesOf(folder, 'dockerd').length === 0) {
    await containerdEnded(folder);
    (await startDaemon(folder, bridge)).unref();
  }
  for (const pid of processesOf(folder, 'dockerd')) {
    // One that is ending already no longer answers.
    await removeEverything(join(folder, 'd.sock')).catch(() => undefined);
    if (isAlive(pid)) process.kill(pid, 'SIGTERM');
    for (const asked = Date.now(); isAlive(pid) && Date.now() - asked < stopTimeoutMs; ) await delay(50);
  }
  removeFolder(folder, bridge.name);
}

function claim(folder: string, bridge: Bridge): void {
  writeFileSync(join(folder, 'owner.json'), JSON.stringify({ pid: process.pid, bridge } satisfies Owner));
}

function readOwner(folder: string): Owner | undefined {
  const text = readText(join(folder, 'owner.json'));
  return text === undefined ? undefined : ownerSchema.parse(JSON.parse(text));
}

/** The processes that were started with this folder among their arguments, optionally only those of one program. */
function processesOf(folder: string, program = ''): number[] {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && isAlive(Number(entry)));
  const ours = pids.filter((pid) => {
    const [command = '', ...args] = (readText(`/proc/${pid}/cmdline`) ?? '').split('\0');
    return command.endsWith(program) && args.some((arg) => arg.includes(`${folder}/`));
  });
  return ours.map(Number);
}

function isAlive(pid: number): boolean {
  const state = readText(`/proc/${pid}/stat`)?.split(') ').at(-1)?.charAt(0);
  return state !== undefined && state !== 'Z';
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
