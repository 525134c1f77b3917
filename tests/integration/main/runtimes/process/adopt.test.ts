import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ProcessIdentity } from '#main/host/types.ts';
import { ended, host, identityOf, living, log, newRuntime, run, temporaryFolder, texts } from './runs.ts';

/** A process of somebody else's. */
async function stranger(): Promise<{ child: ChildProcess; identity: ProcessIdentity }> {
  const child = spawn('sleep', ['1000'], { cwd: tmpdir(), stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
  return { child, identity: await identityOf(child.pid ?? 0) };
}

describe('a process that is adopted', () => {
  it('is a run like others, also for the next CLOS', async () => {
    const dir = join(temporaryFolder(), 'processes');
    const { identity } = await stranger();
    const adopted = await newRuntime({ dir }).adopt('web', identity);

    expect(adopted).toEqual({
      serviceId: 'web',
      runId: expect.any(String),
      state: 'running',
      pid: identity.pid,
      process: identity,
      adopted: true,
      startedAt: (await host.describeProcess(identity.pid))?.startedAt,
      command: ['sleep', '1000'],
      cwd: tmpdir(),
      exit: null,
    });
    const next = newRuntime({ dir });
    expect(await next.list()).toEqual([adopted]);
    expect(await log(next)).toEqual([]);
  });

  it('is seen to end, not how', async () => {
    const runtime = newRuntime({ pollMs: 20 });
    const { child, identity } = await stranger();
    const adopted = await runtime.adopt('web', identity);
    child.kill('SIGKILL');
    expect(await ended(runtime)).toEqual({
      ...adopted,
      state: 'ended',
      exit: { code: null, signal: null, at: null, stopped: false },
    });
  });

  it('can be stopped, and is ours with logs and all when it is started again', async () => {
    const runtime = newRuntime();
    const { child, identity } = await stranger();
    await runtime.adopt('web', identity);
    const exit = once(child, 'exit');
    const end = await runtime.stop('web', { graceMs: 20_000 });
    expect(await exit).toEqual([null, 'SIGTERM']);
    expect(end?.exit).toEqual({ code: null, signal: null, at: null, stopped: true });

    const started = await run(runtime, "console.log('ours')");
    expect((await ended(runtime)).runId).toBe(started.runId);
    expect(await texts(runtime)).toEqual(['ours']);
    await expect(runtime.release('web')).rejects.toMatchObject({
      code: 'NOT_UNDOABLE',
      message: 'CLOS has started the process itself since it was adopted.',
    });
  });

  it('is released without being touched', async () => {
    const runtime = newRuntime();
    const { identity } = await stranger();
    await runtime.adopt('web', identity);
    await runtime.release('web');
    expect(await runtime.list()).toEqual([]);
    expect(await living([identity])).toEqual([identity.pid]);
    await runtime.release('web');
    expect((await runtime.adopt('web', identity)).state).toBe('running');
  });

  it('must live, and be the one that was meant', async () => {
    const runtime = newRuntime();
    const { child, identity } = await stranger();
    const other = { ...identity, startTicks: identity.startTicks - 1 };
    await expect(runtime.adopt('web', other)).rejects.toMatchObject({ code: 'PROCESS_GONE' });
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    await expect(runtime.adopt('web', identity)).rejects.toMatchObject({ code: 'PROCESS_GONE' });
    expect(await runtime.list()).toEqual([]);
  });

  it('does not take the place of a run that is alive', async () => {
    const runtime = newRuntime();
    const started = await run(runtime, 'setInterval(() => {}, 1000)');
    const { identity } = await stranger();
    await expect(runtime.adopt('web', identity)).rejects.toMatchObject({
      code: 'PROCESS_FAILED',
      message: `It runs already, as process ${started.pid}.`,
    });
  });
});

describe('a service that is forgotten', () => {
  it('leaves nothing on disk, and who observes is told', async () => {
    const dir = join(temporaryFolder(), 'processes');
    const runtime = newRuntime({ dir });
    await run(runtime, "console.log('ready')");
    await ended(runtime);
    const told = new Promise((resolve) => {
      const stop = runtime.observe((change) => {
        if (change.process !== null) return;
        stop();
        resolve(change);
      });
    });
    await runtime.list();
    await runtime.forget('web');

    expect(await told).toEqual({ serviceId: 'web', process: null });
    expect(readdirSync(dir)).toEqual([]);
    expect(await runtime.list()).toEqual([]);
    await runtime.forget('web');
  });

  it('has to be stopped first, unless it was adopted', async () => {
    const runtime = newRuntime();
    const started = await run(runtime, 'setInterval(() => {}, 1000)');
    await expect(runtime.forget('web')).rejects.toMatchObject({
      code: 'SERVICE_BUSY',
      message: `Its process ${started.pid} is still running.`,
    });
    const { identity } = await stranger();
    await runtime.adopt('other', identity);
    await runtime.forget('other');
    expect(await living([identity])).toEqual([identity.pid]);
  });
});
