import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHost } from '#main/host/host.ts';
import { findLauncher } from '#main/host/launcher.ts';
import { readForRestart } from '#main/host/read-for-restart.ts';
import type { ProcessInfo } from '#main/host/types.ts';
import { endProcess } from '#main/runtimes/process/end-process.ts';
import { createProcessRuntime } from '#main/runtimes/process/process-runtime.ts';
import { eventually } from '#tests/support/eventually.ts';

const host = createHost();
const PATH = process.env.PATH ?? '';
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined };

function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'clos-restart-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function describePid(pid: number | undefined): Promise<ProcessInfo> {
  const info = await host.describeProcess(pid ?? 0);
  if (info === null) throw new Error(`There is no process ${pid}`);
  return info;
}

/** Starts a program that writes its pid when it is ready; it is ended with the test. */
async function startProgram(
  command: string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv },
): Promise<{ child: ChildProcess; pid: number }> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { env: { PATH }, ...options, stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  for await (const line of createInterface({ input: child.stdout }))
    if (/^\d+$/.test(line)) return { child, pid: Number(line) };
  throw new Error('It ended before it was ready');
}

const script = 'console.log(process.pid); setInterval(() => {}, 1000)';

describe.runIf(process.platform === 'linux')('a process that is to be started again', () => {
  it('tells its arguments, its folder, and the environment that was meant for it', async () => {
    const cwd = temporaryFolder();
    const env = { PATH, GREETING: 'a=b c\nd', SHLVL: '3', TERM: 'xterm', npm_lifecycle_event: 'dev' };
    const { pid } = await startProgram(['node', '-e', script, '--', '--token=hunter2', ''], { cwd, env });
    expect(await readForRestart(host, await describePid(pid))).toEqual({
      argv: ['node', '-e', script, '--', '--token=hunter2', ''],
      cwd,
      env: { PATH, GREETING: 'a=b c\nd' },
    });
  });

  it('tells its program’s path when its name leads nowhere', async () => {
    const cwd = temporaryFolder();
    const { pid } = await startProgram([process.execPath, '-e', script], { cwd, env: {} });
    const child = spawn(process.execPath, ['-e', script], { argv0: 'somebody', cwd, stdio: 'ignore' });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child, 'spawn');
    expect((await readForRestart(host, await describePid(pid))).argv).toEqual([process.execPath, '-e', script]);
    expect((await readForRestart(host, await describePid(child.pid))).argv).toEqual([
      realpathSync(process.execPath),
      '-e',
      script,
    ]);
  });

  it('must be there, be the one that was meant, and be able to come back as it was', async () => {
    const folder = temporaryFolder();
    const lost = join(folder, 'lost');
    mkdirSync(lost);
    const { pid, child } = await startProgram(['node', '-e', script], { cwd: lost });
    const info = await describePid(pid);
    rmSync(lost, { recursive: true });
    await expect(readForRestart(host, info)).rejects.toMatchObject({
      code: 'PROCESS_UNREADABLE',
      message: `node (process ${pid}) cannot be started again as it was. Its folder has been deleted.`,
    });
    const other = { ...info, startTicks: info.startTicks + 1 };
    await expect(readForRestart(host, other)).rejects.toMatchObject({ code: 'PROCESS_GONE' });
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    await expect(readForRestart(host, info)).rejects.toMatchObject({ code: 'PROCESS_GONE' });
  });

  it('does not come back when its arguments are longer than what is read of them', async () => {
    const { pid } = await startProgram(['node', '-e', script, '--', 'x'.repeat(70_000)], { cwd: temporaryFolder() });
    await expect(readForRestart(host, await describePid(pid))).rejects.toMatchObject({
      code: 'PROCESS_UNREADABLE',
      message: expect.stringContaining('Its arguments are too long.'),
    });
  });

  it('does not come back when it shows a title, or when its program was removed', async () => {
    const folder = temporaryFolder();
    const titled = await startProgram(['node', '-e', `process.title = 'shop: worker 1'; ${script}`], { cwd: folder });
    await expect(readForRestart(host, await describePid(titled.pid))).rejects.toMatchObject({
      code: 'PROCESS_UNREADABLE',
      message: expect.stringContaining('It shows a title in place of its arguments.'),
    });
    const program = join(folder, 'shop');
    copyFileSync(process.execPath, program);
    chmodSync(program, 0o755);
    const removed = await startProgram([program, '-e', script], { cwd: folder });
    rmSync(program);
    await expect(readForRestart(host, await describePid(removed.pid))).rejects.toMatchObject({
      code: 'PROCESS_UNREADABLE',
      message: expect.stringContaining(`Its program ${program} cannot be found any more.`),
    });
  });

  it.runIf(process.getuid?.() === 0)('does not come back when it belongs to another user', async () => {
    const child = spawn('sleep', ['1000'], { uid: 65_534, gid: 65_534, cwd: '/', stdio: 'ignore' });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child, 'spawn');
    const info = await describePid(child.pid);
    await expect(readForRestart(host, info)).rejects.toMatchObject({
      code: 'PROCESS_UNREADABLE',
      message: `sleep (process ${child.pid}) cannot be started again as it was. It runs as ${info.user}; CLOS would start it again as another user.`,
    });
  });

  it('is npm with all that it runs, when npm runs it: ended as a whole, and started again as it was', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'package.json'), JSON.stringify({ name: 'shop', scripts: { dev: 'node server.js' } }));
    writeFileSync(
      join(cwd, 'server.js'),
      `console.log(process.pid); console.log(process.env.GREETING); setInterval(() => {}, 1000)`,
    );
    const env = { PATH, HOME: cwd, GREETING: 'hello' };
    const { child, pid } = await startProgram(['npm', 'run', 'dev'], { cwd, env });
    const server = await describePid(pid);
    const launcher = await findLauncher(host, server);
    expect(launcher.pid).toBe(child.pid);
    const recipe = await readForRestart(host, launcher);
    expect(recipe).toEqual({ argv: ['npm', 'run', 'dev'], cwd, env });

    const exit = once(child, 'exit');
    await endProcess(host, launcher, { graceMs: 20_000 });
    await exit;
    expect(await host.isAlive(server)).toBe(false);

    const runtime = createProcessRuntime({ host, log: silent, dir: join(cwd, 'processes') });
    onTestFinished(async () => {
      await runtime.stop('web', { graceMs: 0 });
      runtime.close();
    });
    await runtime.start({ serviceId: 'web', command: recipe.argv, cwd: recipe.cwd, env: recipe.env });
    await eventually(
      () => Array.fromAsync(runtime.logs('web')),
      (lines) => lines.some(({ line }) => line === 'hello'),
    );
  });
});
