import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EndPhase, ProcessRuntime } from '#main/runtimes/process/types.ts';
import { ended, env, identityOf, line, living, newRuntime, run, temporaryFolder, texts } from './runs.ts';

const grace = 20_000;
const forever = 'setInterval(() => {}, 1000)';

/** Starts children with the given scripts; each line of the log is `pid NAME`. Resolves with the pids by name. */
async function runTree(
  runtime: ProcessRuntime,
  script: string,
  names: readonly string[],
): Promise<Map<string, number>> {
  await run(runtime, `const { spawn } = require('child_process'); const node = process.execPath; ${script}`);
  const pids = new Map<string, number>();
  for (const name of names) {
    const text = await line(runtime, new RegExp(`^\\d+ ${name}$`));
    pids.set(name, Number.parseInt(text, 10));
  }
  return pids;
}

const say = (name: string) => `console.log(process.pid + ' ${name}')`;

describe('a process that is stopped', () => {
  it('is asked first, has time to tidy up, and its end is no crash', async () => {
    const runtime = newRuntime();
    await run(
      runtime,
      `process.on('SIGTERM', () => { console.log('bye'); process.exit(0) }); console.log('ready'); ${forever}`,
    );
    await line(runtime, /ready/);
    const phases: EndPhase[] = [];
    const end = await runtime.stop('web', { graceMs: grace, onPhase: (phase) => phases.push(phase) });

    expect(end?.exit).toEqual({ code: 0, signal: null, at: expect.any(String), stopped: true });
    expect(phases).toEqual(['asked']);
    expect(await texts(runtime)).toEqual(['ready', 'bye']);
    expect(await runtime.list()).toEqual([end]);
  });

  it('is ended by force when it does not listen', async () => {
    const runtime = newRuntime();
    await run(runtime, `process.on('SIGTERM', () => console.log('no')); console.log('ready'); ${forever}`);
    await line(runtime, /ready/);
    const phases: EndPhase[] = [];
    const end = await runtime.stop('web', { graceMs: 300, onPhase: (phase) => phases.push(phase) });

    expect(end?.exit).toEqual({ code: null, signal: 'SIGKILL', at: expect.any(String), stopped: true });
    expect(phases).toEqual(['asked', 'forced']);
    expect(await texts(runtime)).toEqual(['ready', 'no']);
  });

  it('takes all that it has started with it: its group, and who has left the group', async () => {
    const runtime = newRuntime();
    const inner = `${say('grandchild')}; process.on('SIGTERM', () => {}); ${forever}`;
    const pids = await runTree(
      runtime,
      `spawn(node, ['-e', ${JSON.stringify(`require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(inner)}], { stdio: 'inherit' }); ${say('child')}; ${forever}`)}], { stdio: 'inherit' });
       spawn(node, ['-e', ${JSON.stringify(`${say('apart')}; process.on('SIGTERM', () => {}); ${forever}`)}], { stdio: 'inherit', detached: true });
       ${say('root')}; ${forever}`,
      ['root', 'child', 'grandchild', 'apart'],
    );
    const identities = await Promise.all([...pids.values()].map(identityOf));
    expect(await living(identities)).toHaveLength(4);
    await runtime.stop('web', { graceMs: 300 });

    expect(await living(identities)).toEqual([]);
  });

  it('waits for a child that tidies up longer than its parent, and keeps what it says', async () => {
    const runtime = newRuntime();
    const child = `process.on('SIGTERM', () => setTimeout(() => { console.log('tidy'); process.exit(0) }, 1500)); ${say('child')}; ${forever}`;
    const pids = await runTree(
      runtime,
      `spawn(node, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' }); ${say('root')}; ${forever}`,
      ['root', 'child'],
    );
    const identities = await Promise.all([...pids.values()].map(identityOf));
    const end = await runtime.stop('web', { graceMs: grace });

    expect(end?.exit).toEqual({ code: null, signal: 'SIGTERM', at: expect.any(String), stopped: true });
    expect(await living(identities)).toEqual([]);
    expect((await texts(runtime)).at(-1)).toBe('tidy');
  });

  it('is not held up by a stranger who has its output open', async () => {
    const runtime = newRuntime();
    // It leaves the session, and its parent ends, so nothing tells any more where it has come from.
    const daemon = `${say('daemon')}; ${forever}`;
    const between = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(daemon)}], { stdio: 'inherit', detached: true }).unref(); ${say('between')}`;
    const pids = await runTree(
      runtime,
      `spawn(node, ['-e', ${JSON.stringify(between)}], { stdio: 'inherit', detached: true }).on('exit', () => { ${say('root')} }); ${forever}`,
      ['daemon', 'root'],
    );
    const daemonIdentity = await identityOf(pids.get('daemon') ?? 0);
    const since = performance.now();
    const end = await runtime.stop('web', { graceMs: 60_000 });
    const took = performance.now() - since;
    const left = await living([daemonIdentity]);
    process.kill(daemonIdentity.pid, 'SIGKILL');

    expect(end?.exit?.stopped).toBe(true);
    expect(left).toEqual([daemonIdentity.pid]);
    // Far less than the grace period, which the output was open for.
    expect(took).toBeLessThan(30_000);
  });

  it('is no error when it has ended already, or was never there', async () => {
    const runtime = newRuntime();
    await run(runtime, 'process.exit(2)');
    const end = await ended(runtime);
    expect(await runtime.stop('web', { graceMs: grace })).toEqual(end);
    expect(await runtime.stop('other', { graceMs: grace })).toBeNull();
  });

  it('is started again when that is asked for at the same time', async () => {
    const runtime = newRuntime();
    const first = await run(runtime, forever);
    const [stopped, second] = await Promise.all([runtime.stop('web', { graceMs: grace }), run(runtime, forever)]);
    expect([stopped?.runId, stopped?.state, second.state]).toEqual([first.runId, 'ended', 'running']);
    expect(second.pid).not.toBe(first.pid);
  });

  it('is a crash again the next time, when nobody has asked', async () => {
    const runtime = newRuntime();
    await run(runtime, forever);
    await runtime.stop('web', { graceMs: grace });
    const second = await run(runtime, forever);
    process.kill(second.pid, 'SIGTERM');
    expect((await ended(runtime)).exit).toEqual({
      code: null,
      signal: 'SIGTERM',
      at: expect.any(String),
      stopped: false,
    });
  });
});

describe('a process that ends by itself', () => {
  it('leaves no children in its group: they would hold its port at the next start', async () => {
    const runtime = newRuntime({ leftoverMs: 300 });
    const stubborn = `process.on('SIGTERM', () => console.log('asked')); ${say('child')}; ${forever}`;
    const pids = await runTree(
      runtime,
      `spawn(node, ['-e', ${JSON.stringify(stubborn)}], { stdio: 'inherit' }); ${say('root')}; ${forever}`,
      ['root', 'child'],
    );
    const child = await identityOf(pids.get('child') ?? 0);
    process.kill(pids.get('root') ?? 0, 'SIGKILL');
    const end = await ended(runtime);

    expect(end.exit).toEqual({ code: null, signal: 'SIGKILL', at: expect.any(String), stopped: false });
    expect(await living([child])).toEqual([]);
    expect((await texts(runtime)).at(-1)).toBe('asked');
  });

  it('is not kept in mind for longer because somebody who left its group has its output open', async () => {
    const runtime = newRuntime({ leftoverMs: 200 });
    const pids = await runTree(
      runtime,
      `spawn(node, ['-e', ${JSON.stringify(`${say('daemon')}; ${forever}`)}], { stdio: 'inherit', detached: true }); setTimeout(() => process.exit(6), 2000)`,
      ['daemon'],
    );
    const daemon = await identityOf(pids.get('daemon') ?? 0);
    const end = await ended(runtime);
    const left = await living([daemon]);
    process.kill(daemon.pid, 'SIGKILL');

    expect(end.exit).toEqual({ code: 6, signal: null, at: expect.any(String), stopped: false });
    expect(left).toEqual([daemon.pid]);
  });
});

describe('a process that is CLOS, or that CLOS runs under', () => {
  it('is not stopped, and what ends it later is no stop', async () => {
    const dir = join(temporaryFolder(), 'processes');
    const runtime = newRuntime({ dir });
    await runtime.adopt('web', await identityOf(process.ppid));
    await expect(runtime.stop('web', { graceMs: grace })).rejects.toMatchObject({
      code: 'PROCESS_PROTECTED',
      message: `Process ${process.ppid} must not be ended. CLOS runs under it.`,
    });
    expect(() => readFileSync(join(dir, 'web', 'stopping.json'))).toThrow('ENOENT');
    await runtime.start({ serviceId: 'other', command: ['true'], cwd: tmpdir(), env });
  });
});
