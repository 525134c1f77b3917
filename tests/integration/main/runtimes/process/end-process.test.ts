import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ProcessIdentity } from '#main/host/types.ts';
import { endProcess } from '#main/runtimes/process/end-process.ts';
import type { EndPhase } from '#main/runtimes/process/types.ts';
import { host, identityOf, living, temporaryFolder } from './runs.ts';

const graceMs = 20_000;
const forever = 'setInterval(() => {}, 1000)';

interface Tree {
  root: ChildProcess;
  identities: Map<string, ProcessIdentity>;
  /** What it has written besides. */
  lines: AsyncIterator<string>;
}

/** A foreign program; every process of it writes `pid NAME` when it is ready. Each is ended with the test. */
async function startTree(script: string, names: readonly string[], program = process.execPath): Promise<Tree> {
  const args = program === process.execPath ? ['-e', script] : ['-c', script];
  const root = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: root.stdout })[Symbol.asyncIterator]();
  const identities = new Map<string, ProcessIdentity>();
  onTestFinished(async () => {
    for (const pid of await living([...identities.values()])) process.kill(pid, 'SIGKILL');
  });
  while (identities.size < names.length) {
    const [pid = '', name = ''] = String((await lines.next()).value).split(' ');
    if (names.includes(name)) identities.set(name, await identityOf(Number(pid)));
  }
  return { root, identities, lines };
}

const say = (name: string) => `console.log(process.pid + ' ${name}')`;
const child = (script: string, options = "{ stdio: 'inherit' }") =>
  `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(script)}], ${options})`;

function identity(tree: Tree, name: string): ProcessIdentity {
  const found = tree.identities.get(name);
  if (found === undefined) throw new Error(`${name} has not started`);
  return found;
}

describe('ending a process of somebody else', () => {
  it('asks it, and is done when it has ended', async () => {
    const tree = await startTree(`process.on('SIGTERM', () => process.exit(3)); ${say('root')}; ${forever}`, ['root']);
    const exit = once(tree.root, 'exit');
    const phases: EndPhase[] = [];
    const outcome = await endProcess(host, identity(tree, 'root'), { graceMs, onPhase: (phase) => phases.push(phase) });
    expect(outcome).toEqual({ forced: false, spared: [] });
    expect(phases).toEqual(['asked']);
    expect(await exit).toEqual([3, null]);
  });

  it('ends it by force after the grace period', async () => {
    const tree = await startTree(`process.on('SIGTERM', () => {}); ${say('root')}; ${forever}`, ['root']);
    const exit = once(tree.root, 'exit');
    const phases: EndPhase[] = [];
    const outcome = await endProcess(host, identity(tree, 'root'), {
      graceMs: 200,
      onPhase: (phase) => phases.push(phase),
    });
    expect(outcome).toEqual({ forced: true, spared: [] });
    expect(phases).toEqual(['asked', 'forced']);
    expect(await exit).toEqual([null, 'SIGKILL']);
  });

  it('asks the outermost first, and the others only when it has gone without them', async () => {
    // A supervisor as people write them: it starts again what ends, and passes on what it is asked.
    const worker = `process.on('SIGTERM', () => { console.log('worker asked'); setTimeout(() => process.exit(0), 200) }); ${say('worker')}; ${forever}`;
    const supervisor = `
      let stopping = false;
      const start = () => {
        const worker = ${child(worker)};
        worker.on('exit', () => { if (stopping) process.exit(0); console.log('restarted'); start() });
        process.removeAllListeners('SIGTERM').on('SIGTERM', () => { stopping = true; worker.kill('SIGTERM') });
      };
      start();
      ${say('root')};`;
    const tree = await startTree(supervisor, ['root', 'worker']);
    const outcome = await endProcess(host, identity(tree, 'root'), { graceMs });
    const said = [String((await tree.lines.next()).value), (await tree.lines.next()).done];
    expect(outcome).toEqual({ forced: false, spared: [] });
    // Once, and nothing else.
    expect(said).toEqual(['worker asked', true]);
    expect(await living([...tree.identities.values()])).toEqual([]);
  });

  it('asks the children of a shell that ends without telling them', async () => {
    const worker = `process.on('SIGTERM', () => { console.log('worker asked'); process.exit(0) }); ${say('worker')}; ${forever}`;
    const script = `echo $$ root; "${process.execPath}" -e '${worker.replaceAll("'", '"')}'; true`;
    const tree = await startTree(script, ['root', 'worker'], 'sh');
    const outcome = await endProcess(host, identity(tree, 'root'), { graceMs });
    expect(outcome).toEqual({ forced: false, spared: [] });
    expect(String((await tree.lines.next()).value)).toBe('worker asked');
    expect(await living([...tree.identities.values()])).toEqual([]);
  });

  it('ends children that do not listen, that have left the group, and that were started meanwhile', async () => {
    const deaf = (name: string) => `process.on('SIGTERM', () => {}); ${say(name)}; ${forever}`;
    const late = `process.on('SIGTERM', () => { ${child(deaf('late'))} }); ${say('apart')}; ${forever}`;
    const tree = await startTree(
      `${child(late, "{ stdio: 'inherit', detached: true }")}; ${child(deaf('child'))}; ${deaf('root')}`,
      ['root', 'child', 'apart'],
    );
    const ending = endProcess(host, identity(tree, 'root'), { graceMs: 3000 });
    const [latePid = ''] = String((await tree.lines.next()).value).split(' ');
    const lateIdentity = await identityOf(Number(latePid));
    expect(await ending).toEqual({ forced: true, spared: [] });
    expect(await living([...tree.identities.values(), lateIdentity])).toEqual([]);
  });

  it('leaves alone who is protected below it, with all that is below them', async () => {
    const folder = temporaryFolder();
    const engine = join(folder, 'dockerd');
    copyFileSync(process.execPath, engine);
    const daemon = `${child(`${say('container')}; ${forever}`)}; ${say('engine')}; ${forever}`;
    const script = `require('child_process').spawn(${JSON.stringify(engine)}, ['-e', ${JSON.stringify(daemon)}], { stdio: 'inherit' }); ${say('root')}; ${forever}`;
    const tree = await startTree(script, ['root', 'engine', 'container']);
    const outcome = await endProcess(host, identity(tree, 'root'), { graceMs });

    expect(outcome).toEqual({
      forced: false,
      spared: [
        {
          identity: identity(tree, 'engine'),
          reason: 'It is a container engine (dockerd); ending it would affect every container.',
        },
      ],
    });
    expect(await living([...tree.identities.values()])).toEqual([
      identity(tree, 'engine').pid,
      identity(tree, 'container').pid,
    ]);
  });
});

describe('ending a process is refused', () => {
  it.each<[string, () => number, string]>([
    ['for the first process', () => 1, 'It is the first process of the system.'],
    ['for ourselves', () => process.pid, 'It is CLOS itself.'],
    ['for an ancestor of ours', () => process.ppid, 'CLOS runs under it.'],
  ])('%s', async (_, pidOf, reason) => {
    await expect(endProcess(host, await identityOf(pidOf()), { graceMs })).rejects.toMatchObject({
      code: 'PROCESS_PROTECTED',
      message: reason,
    });
  });

  it.each([
    ['sshd', 'It is the SSH server, which may carry your session.'],
    ['dockerd', 'It is a container engine (dockerd); ending it would affect every container.'],
    [
      'containerd-shim-runc-v2',
      'It is a container engine (containerd-shim-runc-v2); ending it would affect every container.',
    ],
    ['docker-proxy', 'docker-proxy forwards the port for a container or a virtual machine.'],
    ['mine', 'mine is on your list of protected programs.'],
  ])('for %s, which goes on', async (name, reason) => {
    const program = join(temporaryFolder(), name);
    copyFileSync('/bin/sleep', program);
    const protectedChild = spawn(program, ['1000'], { stdio: 'ignore' });
    onTestFinished(() => void protectedChild.kill('SIGKILL'));
    await once(protectedChild, 'spawn');
    const wanted = await identityOf(protectedChild.pid ?? 0);
    await expect(endProcess(host, wanted, { graceMs, userProtected: ['mine'] })).rejects.toMatchObject({
      code: 'PROCESS_PROTECTED',
      message: reason,
    });
    const exit = once(protectedChild, 'exit');
    protectedChild.kill('SIGUSR1');
    expect(await exit).toEqual([null, 'SIGUSR1']);
  });

  it('for one that has ended', async () => {
    const tree = await startTree(`${say('root')}; ${forever}`, ['root']);
    const exit = once(tree.root, 'exit');
    tree.root.kill('SIGKILL');
    await exit;
    await expect(endProcess(host, identity(tree, 'root'), { graceMs })).rejects.toMatchObject({ code: 'PROCESS_GONE' });
  });
});
