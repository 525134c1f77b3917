import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ProcessChange } from '#main/runtimes/process/types.ts';
import { changed, ended, env, host, identityOf, line, log, newRuntime, run, temporaryFolder, texts } from './runs.ts';

describe('a process that was started', () => {
  it('is known with all that there is to know, and how it ended', async () => {
    const runtime = newRuntime();
    const before = new Date().toISOString();
    const started = await runtime.start({
      serviceId: 'web',
      command: ['sh', '-c', 'read answer; exit 3'],
      cwd: tmpdir(),
      env,
    });
    const identity = await identityOf(started.pid);

    expect(started).toEqual({
      serviceId: 'web',
      runId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      state: 'running',
      pid: identity.pid,
      process: identity,
      adopted: false,
      startedAt: expect.any(String),
      command: ['sh', '-c', 'read answer; exit 3'],
      cwd: tmpdir(),
      exit: null,
    });
    expect(started.startedAt >= before && started.startedAt <= new Date().toISOString()).toBe(true);
    expect(await runtime.list()).toEqual([started]);

    // Its input does not end: it waits as it would in a terminal.
    process.kill(started.pid, 'SIGUSR1');
    expect(await ended(runtime)).toEqual({
      ...started,
      state: 'ended',
      exit: { code: null, signal: 'SIGUSR1', at: expect.any(String), stopped: false },
    });
  });

  it.each([
    ['process.exit(0)', { code: 0, signal: null }],
    ['process.exit(7)', { code: 7, signal: null }],
    ["process.kill(process.pid, 'SIGKILL')", { code: null, signal: 'SIGKILL' }],
  ])('tells its end by itself: %s', async (script, end) => {
    const runtime = newRuntime();
    await run(runtime, script);
    expect((await ended(runtime)).exit).toEqual({ ...end, at: expect.any(String), stopped: false });
  });

  it('has exactly the environment and the folder that were given', async () => {
    const cwd = temporaryFolder();
    const runtime = newRuntime();
    await runtime.start({
      serviceId: 'web',
      command: ['sh', '-c', 'cat /proc/self/environ; echo; pwd'],
      cwd,
      env: { ...env, TOKEN: 'a=b c', NODE_OPTIONS: '--no-such-option' },
    });
    await ended(runtime);
    const [environment = '', folder] = await texts(runtime);

    const pairs = environment.split('\0').filter((pair) => !/^(PWD|_|SHLVL|OLDPWD)=|^$/.test(pair));
    expect(pairs.sort()).toEqual(['NODE_OPTIONS=--no-such-option', `PATH=${env.PATH}`, 'TOKEN=a=b c']);
    expect(folder).toBe(cwd);
  });

  it('leaves no secret on disk, and nothing that others could read', async () => {
    const dir = join(temporaryFolder(), 'processes');
    const runtime = newRuntime({ dir });
    const secret = 'correct-horse-battery';
    await runtime.start({
      serviceId: 'web',
      command: ['sh', '-c', 'sleep 100'],
      cwd: tmpdir(),
      env: { ...env, secret },
    });

    const files = readdirSync(dir, { recursive: true, withFileTypes: true }).map((entry) => ({
      path: join(entry.parentPath, entry.name),
      isFile: entry.isFile(),
    }));
    expect(files.map(({ path }) => path.slice(dir.length)).sort()).toEqual([
      '/web',
      '/web/logs',
      '/web/logs/output.log',
      '/web/run.json',
    ]);
    expect(files.filter(({ path, isFile }) => isFile && readFileSync(path, 'utf8').includes(secret))).toEqual([]);
    const modes = [{ path: dir, isFile: false }, ...files].map(({ path, isFile }) => [
      isFile,
      statSync(path).mode & 0o777,
    ]);
    expect(modes.filter(([isFile, mode]) => mode !== (isFile ? 0o600 : 0o700))).toEqual([]);
  });

  it('can open its output again, as scripts and servers do', async () => {
    const runtime = newRuntime();
    await runtime.start({
      serviceId: 'web',
      command: ['sh', '-c', 'echo one >/dev/stdout; echo two >/dev/stderr; cat /dev/stdin'],
      cwd: tmpdir(),
      env,
    });
    await line(runtime, /two/);
    expect((await log(runtime)).map(({ stream, line: text }) => [stream, text])).toEqual([
      ['stdout', 'one'],
      ['stderr', 'two'],
    ]);
  });

  it('has its output kept where there are no named pipes too', async () => {
    const runtime = newRuntime();
    vi.stubEnv('PATH', temporaryFolder());
    onTestFinished(() => void vi.unstubAllEnvs());
    await run(runtime, "console.log('out'); console.error('err'); process.exit(4)");
    const end = await ended(runtime);
    expect(end.exit?.code).toBe(4);
    expect((await log(runtime)).map(({ stream, line: text }) => `${stream} ${text}`).sort()).toEqual([
      'stderr err',
      'stdout out',
    ]);
  });

  it('leads a session and a group of its own, apart from ours and its wrapper’s', async () => {
    const runtime = newRuntime();
    const { pid } = await run(runtime, 'setInterval(() => {}, 1000)');
    const entry = (await host.listProcesses()).find((found) => found.pid === pid);
    expect([entry?.processGroup, entry?.sessionId]).toEqual([pid, pid]);
  });

  it('is refused a second time while it runs, and started again when it has ended', async () => {
    const runtime = newRuntime();
    const first = await run(runtime, 'setInterval(() => {}, 1000)');
    const refusals = await Promise.allSettled([run(runtime, ''), run(runtime, '')]);
    expect(refusals.map((outcome) => outcome.status === 'rejected' && outcome.reason)).toEqual(
      Array.from({ length: 2 }, () =>
        expect.objectContaining({ code: 'PROCESS_FAILED', message: `It runs already, as process ${first.pid}.` }),
      ),
    );

    process.kill(first.pid, 'SIGKILL');
    await ended(runtime);
    const second = await run(runtime, 'setInterval(() => {}, 1000)');
    expect((await runtime.list()).map(({ runId, state }) => [runId, state])).toEqual([[second.runId, 'running']]);
  });

  it('is one of two that are asked for at once', async () => {
    const runtime = newRuntime();
    const script = 'setInterval(() => {}, 1000)';
    const outcomes = await Promise.allSettled([run(runtime, script), run(runtime, script)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('is told to who observes: its start, its end, its next start, each once', async () => {
    const runtime = newRuntime();
    const changes: ProcessChange[] = [];
    const stop = runtime.observe((change) => changes.push(change));
    const first = await run(
      runtime,
      "process.once('SIGUSR2', () => process.exit(5)); setInterval(() => {}, 1000); console.log('ready')",
    );
    await line(runtime, /ready/);
    process.kill(first.pid, 'SIGUSR2');
    const end = await ended(runtime);
    const second = await run(runtime, 'setInterval(() => {}, 1000)');
    await changed(runtime, (change) => change.process?.runId === second.runId);
    stop();

    expect(changes).toEqual([first, end, second].map((found) => ({ serviceId: 'web', process: found })));
  });
});

describe('a program that cannot be started', () => {
  it.each<[string, (cwd: string) => { command: string[]; cwd?: string }, (cwd: string) => string]>([
    [
      'is missing on the PATH',
      () => ({ command: ['no-such-program', '--help'] }),
      () => 'The command no-such-program was not found on the PATH of the service. Is it installed?',
    ],
    [
      'is missing in its folder',
      () => ({ command: ['./missing'] }),
      (cwd) => `The command ./missing was not found: ${cwd}/missing does not exist.`,
    ],
    [
      'is not executable',
      () => ({ command: ['./plain'] }),
      () => 'The command ./plain may not be run: it is not marked as executable, or its folder is closed to you.',
    ],
    [
      'names an interpreter that is missing',
      () => ({ command: ['./script'] }),
      (cwd) => `The program that the first line of ${cwd}/script names was not found.`,
    ],
    [
      'has no folder',
      (cwd) => ({ command: ['ls'], cwd: `${cwd}/gone` }),
      (cwd) => `The folder ${cwd}/gone does not exist.`,
    ],
    [
      'has a file for a folder',
      (cwd) => ({ command: ['ls'], cwd: `${cwd}/plain` }),
      (cwd) => `${cwd}/plain is not a folder.`,
    ],
    [
      'has a folder that depends on ours',
      () => ({ command: ['ls'], cwd: 'shop' }),
      () => 'The folder shop is not an absolute path.',
    ],
    ['is nothing', () => ({ command: [] }), () => 'There is no command to run.'],
    [
      'has more arguments than the system allows',
      () => ({ command: ['echo', 'x'.repeat(3_000_000)] }),
      () => 'The arguments and the environment are longer than the system allows.',
    ],
  ])('because it %s, says so and leaves no run behind', async (_, specOf, messageOf) => {
    const cwd = programFolder();
    const runtime = newRuntime();
    const spec = { serviceId: 'web', cwd, env, ...specOf(cwd) };
    await expect(runtime.start(spec)).rejects.toMatchObject({ code: 'PROCESS_FAILED', message: messageOf(cwd) });
    expect(await runtime.list()).toEqual([]);
  });

  it('does not tell the value of a variable that cannot be set', async () => {
    const runtime = newRuntime();
    const spec = { serviceId: 'web', command: ['ls'], cwd: tmpdir(), env: { TOKEN: 'secret\0' } };
    await expect(runtime.start(spec)).rejects.toMatchObject({
      message: 'The variable "TOKEN" cannot be set: it has a zero byte or no name.',
    });
  });

  it('leaves the run before it as it was', async () => {
    const runtime = newRuntime();
    await run(runtime, 'process.exit(4)');
    const end = await ended(runtime);
    await expect(
      runtime.start({ serviceId: 'web', command: ['no-such-program'], cwd: tmpdir(), env }),
    ).rejects.toMatchObject({ code: 'PROCESS_FAILED' });
    expect((await runtime.list()).map(({ runId, exit }) => [runId, exit])).toEqual([[end.runId, end.exit]]);
  });

  it('says that there is no Node to watch over it', async () => {
    const runtime = newRuntime({ node: '/nowhere/node' });
    await expect(run(runtime, '')).rejects.toMatchObject({
      code: 'PROCESS_FAILED',
      message: 'Node could not be started at /nowhere/node.',
    });
  });

  it('says what the part that should watch over it has said', async () => {
    const runtime = newRuntime({ wrapper: '/nowhere/wrapper.js' });
    await expect(run(runtime, '')).rejects.toMatchObject({
      code: 'PROCESS_FAILED',
      message: expect.stringMatching(
        /^The part of CLOS that watches over it did not start\. .*\/nowhere\/wrapper\.js/s,
      ),
    });
  });

  it.each([['../web'], [''], ['a/b'], ['.hidden']])(
    'is refused a service id that is no name: %j',
    async (serviceId) => {
      const runtime = newRuntime();
      await expect(runtime.start({ serviceId, command: ['ls'], cwd: tmpdir(), env })).rejects.toMatchObject({
        code: 'INVALID_INPUT',
      });
    },
  );
});

function programFolder(): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'plain'), 'plain text');
  writeFileSync(join(folder, 'script'), '#!/nowhere/interpreter\n');
  chmodSync(join(folder, 'script'), 0o755);
  return folder;
}
