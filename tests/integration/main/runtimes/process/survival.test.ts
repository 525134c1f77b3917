import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { eventually } from '#tests/support/eventually.ts';
import { ended, host, line, living, newRuntime, run, temporaryFolder, texts } from './runs.ts';

const holder = fileURLToPath(new URL('./holder.ts', import.meta.url));
const runSchema = z.object({ wrapper: z.object({ pid: z.number(), startTicks: z.number(), bootId: z.string() }) });

/** A process that does what CLOS does, and ends only by being killed. */
function startHolder(
  dir: string,
  what: 'start' | 'stop',
  script = '',
): { child: ChildProcess; said(text: string): Promise<void> } {
  const child = spawn(process.execPath, [holder, dir, what, script], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    async said(text) {
      for (let next = await lines.next(); next.value !== text; next = await lines.next()) {
        if (next.done) throw new Error(`It ended without saying ${text}`);
      }
    },
  };
}

async function kill(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

function wrapperOf(dir: string) {
  return runSchema.parse(JSON.parse(readFileSync(join(dir, 'web', 'run.json'), 'utf8'))).wrapper;
}

const counting = `
  let count = 0;
  process.on('SIGUSR2', () => { console.log('last'); process.exit(9) });
  setInterval(() => console.log('count ' + ++count), 5);
`;

describe('when CLOS is killed', () => {
  it('processes go on, the next one finds them, and their logs have no gap', async () => {
    const dir = join(temporaryFolder(), 'processes');
    const { child, said } = startHolder(dir, 'start', counting);
    await said('started');
    await kill(child);

    const runtime = newRuntime({ dir });
    const [found] = await runtime.list();
    expect(found).toMatchObject({ serviceId: 'web', state: 'running', process: { pid: found?.pid }, exit: null });
    await line(runtime, /count 50$/);
    process.kill(found?.pid ?? 0, 'SIGUSR2');
    const end = await ended(runtime);

    expect(end.exit).toEqual({ code: 9, signal: null, at: expect.any(String), stopped: false });
    const written = await texts(runtime);
    expect(written).toEqual([...written.slice(0, -1).map((_, index) => `count ${index + 1}`), 'last']);
  });

  it('the end of a process is known that has ended while nobody was there', async () => {
    const dir = join(temporaryFolder(), 'processes');
    const { child, said } = startHolder(dir, 'start', counting);
    await said('started');
    await kill(child);
    const alone = newRuntime({ dir });
    const [found] = await alone.list();
    await line(alone, /count 1$/);
    alone.close();
    process.kill(found?.pid ?? 0, 'SIGUSR2');
    await eventually(
      async () => readdirSync(join(dir, 'web')),
      (names) => names.includes('exit.json'),
    );

    const [end] = await newRuntime({ dir }).list();
    expect(end?.exit).toEqual({ code: 9, signal: null, at: expect.any(String), stopped: false });
  });

  it('between asking a process to end and its end, the end is known as a stop, and no child of it goes on for ever', async () => {
    const dir = join(temporaryFolder(), 'processes');
    const first = startHolder(
      dir,
      'start',
      `process.on('SIGTERM', () => process.exit(0));
       require('child_process').spawn(process.execPath, ['-e', "process.on('SIGTERM', () => {}); console.log(process.pid); setInterval(() => {}, 1000)"], { stdio: 'inherit' });`,
    );
    await first.said('started');
    const runtime = newRuntime({ dir });
    const childPid = Number(await line(runtime, /^\d+$/));
    const info = await host.describeProcess(childPid);
    await kill(first.child);
    const second = startHolder(dir, 'stop');
    await second.said('asked');
    await kill(second.child);
    const end = await ended(runtime);

    expect(end.exit).toEqual({ code: 0, signal: null, at: expect.any(String), stopped: true });
    expect(info === null ? 'unseen' : await living([info])).toEqual([]);
  });

  it('in the middle of a start, the process is found by the next one, which starts no second', async () => {
    const dir = join(temporaryFolder(), 'processes');
    const runtime = newRuntime({ dir });
    // The folder is there, so that the very moment can be seen in which the wrapper has been told what to run.
    await run(runtime, 'process.exit(0)');
    await ended(runtime);
    const told = new Promise<void>((resolve) => {
      const watcher = watch(join(dir, 'web'), (_event, name) => {
        if (name !== 'starting.json') return;
        watcher.close();
        resolve();
      });
    });
    const { child } = startHolder(dir, 'start', counting);
    await told;
    await kill(child);

    const next = newRuntime({ dir });
    const [found] = await next.list();
    if (found?.state === 'ended') {
      // The wrapper was told nothing any more: it has started nothing, and is no hindrance.
      expect(await run(next, counting)).toMatchObject({ state: 'running' });
    } else await expect(run(next, counting)).rejects.toMatchObject({ code: 'PROCESS_FAILED' });
    await line(next, /count 1$/);
    expect((await next.list()).map(({ state }) => state)).toEqual(['running']);
  });
});

describe('when a wrapper is killed', () => {
  it('its process goes on being watched, and how it ends is not known', async () => {
    const dir = join(temporaryFolder(), 'processes');
    const runtime = newRuntime({ dir, pollMs: 20 });
    const started = await run(runtime, 'setInterval(() => {}, 1000)');
    process.kill(wrapperOf(dir).pid, 'SIGKILL');
    expect(await runtime.list()).toEqual([started]);
    process.kill(started.pid, 'SIGKILL');

    expect(await ended(runtime)).toEqual({
      ...started,
      state: 'ended',
      exit: { code: null, signal: null, at: null, stopped: false },
    });
  });

  it('its process can be stopped, and started again', async () => {
    const dir = join(temporaryFolder(), 'processes');
    const runtime = newRuntime({ dir });
    const started = await run(runtime, 'setInterval(() => {}, 1000)');
    process.kill(wrapperOf(dir).pid, 'SIGKILL');
    const end = await runtime.stop('web', { graceMs: 20_000 });
    expect(end?.exit).toEqual({ code: null, signal: null, at: null, stopped: true });
    expect(started.process === null ? 'unseen' : await living([started.process])).toEqual([]);
    expect((await run(runtime, 'setInterval(() => {}, 1000)')).state).toBe('running');
  });

  it('by a signal that asks it to end, it does not', async () => {
    const dir = join(temporaryFolder(), 'processes');
    const runtime = newRuntime({ dir });
    const started = await run(
      runtime,
      "process.once('SIGUSR2', () => process.exit(5)); console.log('ready'); setInterval(() => {}, 1000)",
    );
    await line(runtime, /ready/);
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.kill(wrapperOf(dir).pid, signal);
    process.kill(started.pid, 'SIGUSR2');
    expect((await ended(runtime)).exit).toEqual({ code: 5, signal: null, at: expect.any(String), stopped: false });
  });
});

describe('after a reboot', () => {
  it('a run has ended, in a way that is not known, although its numbers are given away again', async () => {
    const dir = join(temporaryFolder(), 'processes');
    const first = newRuntime({ dir });
    const started = await run(first, 'setInterval(() => {}, 1000)');
    // The same numbers in another boot.
    const file = join(dir, 'web', 'run.json');
    const record = readFileSync(file, 'utf8');
    writeFileSync(file, record.replaceAll(started.process?.bootId ?? '', 'yesterday'));
    const [found] = await newRuntime({ dir }).list();
    writeFileSync(file, record);

    expect(found?.exit).toEqual({ code: null, signal: null, at: null, stopped: false });
  });
});

describe('what a runtime holds', () => {
  it('is gone when it is closed: watchers, timers, readers, pipes of the wrappers', async () => {
    const before = process.getActiveResourcesInfo().sort();
    const runtime = newRuntime();
    runtime.observe(() => undefined);
    await run(runtime, "console.log('ready'); setInterval(() => {}, 1000)");
    const reader = Array.fromAsync(runtime.logs('web', { follow: true }));
    await line(runtime, /ready/);
    const stopping = runtime.stop('web', { graceMs: 60_000 }).catch((error: unknown) => error);
    await stopping;
    await run(runtime, 'setInterval(() => {}, 1000)');
    runtime.close();

    expect((await reader).map((found) => found.line)).toEqual(['ready']);
    await eventually(
      async () => process.getActiveResourcesInfo().sort(),
      (now) => now.length <= before.length,
    );
    await expect(run(runtime, '')).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });

  it('is let go although a process takes its time to end', async () => {
    const runtime = newRuntime();
    await run(runtime, "process.on('SIGTERM', () => {}); console.log('ready'); setInterval(() => {}, 1000)");
    await line(runtime, /ready/);
    const asked = new Promise<void>((resolve, reject) => {
      const outcome = runtime.stop('web', { graceMs: 60_000, onPhase: () => runtime.close() });
      outcome.then(
        () => reject(new Error('It was stopped')),
        (error) => (error.code === 'SHUTTING_DOWN' ? resolve() : reject(error)),
      );
    });
    await asked;
  });
});
