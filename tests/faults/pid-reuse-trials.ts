/**
 * Gives process ids away again, for real, and has CLOS end what had them before. Runs as the first process of a pid namespace of its
 * own, where `ns_last_pid` chooses the next number. Writes what has happened as one JSON text.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { LinuxHost } from '#main/host/linux/linux-host.ts';
import type { ProcessIdentity } from '#main/host/types.ts';
import { endProcess } from '#main/runtimes/process/end-process.ts';
import { createProcessRuntime } from '#main/runtimes/process/process-runtime.ts';
import { isClosError } from '#shared/contract/clos-error.ts';

const host = new LinuxHost();
const graceMs = 20_000;

async function start(): Promise<ChildProcess> {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  await once(child, 'spawn');
  return child;
}

async function identityOf({ pid = 0 }: ChildProcess): Promise<ProcessIdentity> {
  const info = await host.describeProcess(pid);
  if (info === null) throw new Error(`There is no process ${pid}`);
  return { pid, startTicks: info.startTicks, bootId: info.bootId };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<unknown> {
  const exit = once(child, 'exit');
  child.kill(signal);
  return (await exit)[1];
}

/** Within one tick of the clock (10 ms) a number cannot come round: the kernel hands out all others first. */
async function nextTick({ startTicks }: ProcessIdentity): Promise<void> {
  const now = () => Math.round(Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]) * 100);
  while (now() <= startTicks + 1) await nextTurn();
}

/** Somebody else gets the number. */
function takeOver(pid: number): ChildProcess {
  for (let attempt = 0; attempt < 100; attempt++) {
    writeFileSync('/proc/sys/kernel/ns_last_pid', String(pid - 1));
    const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
    if (child.pid === pid) return child;
    child.kill('SIGKILL');
  }
  throw new Error(`Nobody could get number ${pid}`);
}

/** True for who was never signalled: of two signals that wait, the lower one is taken first, and 27 is above any that we send. */
async function isUnharmed(innocent: ChildProcess): Promise<boolean> {
  if (innocent.exitCode !== null || innocent.signalCode !== null) return false;
  return (await end(innocent, 'SIGPROF')) === 'SIGPROF';
}

/** The process has ended, its number was given away, and then somebody asks to end it. */
async function afterItsEnd(): Promise<string> {
  const victim = await start();
  const identity = await identityOf(victim);
  await nextTick(identity);
  await end(victim, 'SIGKILL');
  const innocent = takeOver(identity.pid);
  const outcome = await endProcess(host, identity, { graceMs }).then(
    () => 'ended',
    (error: unknown) => (isClosError(error) ? error.code : String(error)),
  );
  return `${outcome}, ${(await isUnharmed(innocent)) ? 'unharmed' : 'harmed'}`;
}

/** It ends as it is asked to, and its number is given away in the same turn of the loop. */
async function whileItEnds(): Promise<string> {
  const victim = await start();
  const identity = await identityOf(victim);
  await nextTick(identity);
  const innocent = once(victim, 'exit').then(() => takeOver(identity.pid));
  await endProcess(host, identity, { graceMs: 0 });
  return (await isUnharmed(await innocent)) ? 'unharmed' : 'harmed';
}

/** It was adopted as the run of a service, which is stopped when its number belongs to somebody else. */
async function asTheRunOfAService(dir: string): Promise<string> {
  const runtime = createProcessRuntime({ host, dir, log: { debug() {}, info() {}, warn() {} } });
  const victim = await start();
  const identity = await identityOf(victim);
  await runtime.adopt('web', identity);
  await nextTick(identity);
  await end(victim, 'SIGKILL');
  const innocent = takeOver(identity.pid);
  const found = (await runtime.list()).map(({ state }) => state);
  const stopped = await runtime.stop('web', { graceMs });
  runtime.close();
  return `${found}, ${stopped?.exit?.stopped ? 'stopped' : 'crashed'}, ${(await isUnharmed(innocent)) ? 'unharmed' : 'harmed'}`;
}

/** Nothing has happened to it: it must be ended. */
async function stillTheSame(): Promise<string> {
  const victim = await start();
  const exit = once(victim, 'exit');
  await endProcess(host, await identityOf(victim), { graceMs });
  return String((await exit)[1]);
}

async function count(times: number, trial: () => Promise<string>): Promise<Record<string, number>> {
  const outcomes: Record<string, number> = {};
  for (let number = 0; number < times; number++) {
    const outcome = await trial();
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }
  return outcomes;
}

const folder = mkdtempSync(join(tmpdir(), 'clos-reuse-'));
const results = {
  pid: process.pid,
  afterItsEnd: await count(100, afterItsEnd),
  whileItEnds: await count(50, whileItEnds),
  asTheRunOfAService: await count(20, () => asTheRunOfAService(folder)),
  stillTheSame: await count(20, stillTheSame),
};
rmSync(folder, { recursive: true, force: true });
process.stdout.write(JSON.stringify(results));
