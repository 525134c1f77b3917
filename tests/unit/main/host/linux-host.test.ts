import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LinuxHost } from '#main/host/linux/linux-host.ts';
import { type RecordedProcess, recordedProc, temporaryFolder, writeTree } from './recorded.ts';

const dockerId = '3f2a'.repeat(16);

function hostWith(processes: readonly RecordedProcess[]): LinuxHost {
  const root = temporaryFolder();
  recordedProc(root, processes);
  writeTree(root, { passwd: 'root:x:0:0:root:/root:/bin/sh\nada:x:1000:1000::/home/ada:/bin/sh\n' });
  return new LinuxHost({ procRoot: root, passwdFile: `${root}/passwd` });
}

describe('listeners on Linux', () => {
  it('lists the sockets of the asked ports without owners when nobody asks for them', async () => {
    const host = hostWith([{ pid: 700, comm: 'python3', ppid: 1, fds: { 3: 'socket:[24830]' } }]);
    expect(await host.listListeners({ owners: false, ports: [8080] })).toEqual([
      {
        protocol: 'tcp',
        family: 4,
        address: '0.0.0.0',
        port: 8080,
        inode: 24830,
        v6only: null,
        uid: 1000,
        user: 'ada',
        owner: null,
      },
      {
        protocol: 'tcp',
        family: 6,
        address: '::',
        port: 8080,
        inode: 24831,
        v6only: true,
        uid: 0,
        user: 'root',
        owner: null,
      },
    ]);
  });

  it('names the process behind a socket with its project, checkout and time of start', async () => {
    const project = temporaryFolder();
    writeTree(project, { '.git/HEAD': 'ref: refs/heads/main\n', 'package.json': '{"name":"shop"}', 'apps/web/x': '' });
    const host = hostWith([
      { pid: 1, comm: 'systemd', ppid: 0 },
      { pid: 650, comm: 'bash', ppid: 1 },
      {
        pid: 700,
        comm: 'MainThread',
        ppid: 650,
        session: 650,
        terminal: 34816,
        startTicks: 250,
        uid: 1000,
        argv: ['node', 'server.js', '--token=abc'],
        cwd: `${project}/apps/web`,
        exe: '/usr/bin/node',
        fds: { 0: '/dev/null', 21: 'socket:[24829]', 22: 'socket:[24837]' },
      },
    ]);
    const [listener] = await host.listListeners({ owners: true, ports: [3000] });
    expect(listener?.owner).toEqual({
      pid: 700,
      name: 'node',
      command: 'node server.js --token=…',
      argv: ['node', 'server.js', '--token=abc'],
      executable: '/usr/bin/node',
      cwd: `${project}/apps/web`,
      user: 'ada',
      uid: 1000,
      startedAt: '2023-11-14T22:13:22.500Z',
      startTicks: 250,
      bootId: '4b1ab6e1-7e1c-4d2c-9a44-0c3f5b1f7f10',
      ppid: 650,
      sessionId: 650,
      hasTerminal: true,
      containerId: null,
      ancestors: [650, 1],
      project: 'shop',
      checkout: { root: project, branch: 'main' },
      protectedReason: null,
      forwarder: false,
    });
  });

  it('answers with the outermost process of a shared socket, but never with process 1', async () => {
    const fds = { 5: 'socket:[24829]' };
    const host = hostWith([
      { pid: 1, comm: 'systemd', ppid: 0, fds },
      { pid: 700, comm: 'nginx', ppid: 1, fds },
      { pid: 701, comm: 'nginx', ppid: 700, fds },
      { pid: 702, comm: 'nginx', ppid: 700, fds },
    ]);
    const [listener] = await host.listListeners({ owners: true, ports: [3000] });
    expect(listener?.owner?.pid).toBe(700);
  });

  it('leaves the owner out when no visible process holds the socket', async () => {
    const host = hostWith([{ pid: 700, comm: 'node', ppid: 1, fds: { 3: 'socket:[999]' } }]);
    const [listener] = await host.listListeners({ owners: true, ports: [3000] });
    expect(listener?.owner).toBeNull();
  });

  it('does not take a process for the one that had its pid before', async () => {
    const root = temporaryFolder();
    recordedProc(root, [{ pid: 700, comm: 'old', ppid: 1, startTicks: 250, fds: { 3: 'socket:[24829]' } }]);
    const host = new LinuxHost({ procRoot: root });
    const [before] = await host.listListeners({ owners: true, ports: [3000] });
    rmSync(`${root}/700`, { recursive: true });
    recordedProc(root, [{ pid: 700, comm: 'new', ppid: 1, startTicks: 900, fds: { 9: 'socket:[24829]' } }]);
    const [after] = await host.listListeners({ owners: true, ports: [3000] });
    expect([before?.owner?.name, after?.owner?.name]).toEqual(['old', 'new']);
  });

  it('looks for a socket anew when its process has let go of it', async () => {
    const root = temporaryFolder();
    recordedProc(root, [{ pid: 700, comm: 'old', ppid: 1, fds: { 3: 'socket:[24829]' } }]);
    const host = new LinuxHost({ procRoot: root });
    const [before] = await host.listListeners({ owners: true, ports: [3000] });
    rmSync(`${root}/700/fd/3`);
    recordedProc(root, [{ pid: 600, comm: 'heir', ppid: 1, fds: { 3: 'socket:[24829]' } }]);
    const [after] = await host.listListeners({ owners: true, ports: [3000] });
    expect([before?.owner?.name, after?.owner?.name]).toEqual(['old', 'heir']);
  });

  it('reads a table that comes in many pieces', async () => {
    const root = temporaryFolder();
    const rows = Array.from({ length: 200 }, (_, index) => {
      const port = (5000 + index).toString(16).toUpperCase();
      return `${String(index).padStart(4)}: 0100007F:${port} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 ${900 + index} 1`;
    });
    writeTree(root, { 'net/tcp': `  sl  local_address\n${rows.join('\n')}\n` });
    const listeners = await new LinuxHost({ procRoot: root }).listListeners({ owners: false });
    expect(listeners.map(({ port }) => port)).toEqual(Array.from({ length: 200 }, (_, index) => 5000 + index));
  });

  it('recognises the forwarder of a container and protects it', async () => {
    const host = hostWith([
      {
        pid: 900,
        comm: 'docker-proxy',
        ppid: 880,
        argv: ['/usr/bin/docker-proxy', '-proto', 'tcp'],
        fds: { 4: 'socket:[24830]' },
      },
    ]);
    const [listener] = await host.listListeners({ owners: true, ports: [8080] });
    expect(listener?.owner).toMatchObject({
      name: 'docker-proxy',
      forwarder: true,
      protectedReason: 'docker-proxy forwards the port for a container or a virtual machine.',
    });
  });
});

describe('a process on Linux', () => {
  it.each([
    ['v1', `12:pids:/docker/${dockerId}\n1:name=systemd:/docker/${dockerId}\n`],
    ['v2 under systemd', `0::/system.slice/docker-${dockerId}.scope\n`],
    ['v2 without systemd', `0::/docker/${dockerId}\n`],
    ['podman', `0::/machine.slice/libpod-${dockerId}.scope/container\n`],
    ['inside another container', `0::/docker/${'aa'.repeat(32)}/docker/${dockerId}\n`],
  ])('shows the container it runs in (%s) and takes no folder of it for one of ours', async (_, cgroup) => {
    const host = hostWith([{ pid: 700, comm: 'web', ppid: 1, cgroup, cwd: '/', fds: { 3: 'socket:[24829]' } }]);
    const [listener] = await host.listListeners({ owners: true, ports: [3000] });
    expect(listener?.owner).toMatchObject({ containerId: dockerId, project: null, checkout: null });
  });

  it('is null when it is gone or no pid at all', async () => {
    const host = hostWith([]);
    expect(await Promise.all([4242, 0, -1, 1.5].map((pid) => host.describeProcess(pid)))).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });

  it('is told by its title when it hides its arguments, and by its uid when nobody has that', async () => {
    const host = hostWith([{ pid: 700, comm: 'a) (b', ppid: 1, uid: 4711 }]);
    expect(await host.describeProcess(700)).toMatchObject({
      name: 'a) (b',
      command: '[a) (b]',
      user: '4711',
      cwd: null,
    });
  });

  it('has arguments that are empty, but none after its title', async () => {
    const host = hostWith([
      { pid: 700, comm: 'node', ppid: 1, argv: ['node', '', 'server.js', ''] },
      { pid: 701, comm: 'npm run dev', ppid: 1, argv: ['npm run dev', '', ''] },
    ]);
    const found = await Promise.all([700, 701].map((pid) => host.describeProcess(pid)));
    expect(found.map((info) => info?.argv)).toEqual([['node', '', 'server.js', ''], ['npm run dev']]);
  });

  it('is alive only with the same start and boot, and not as a zombie', async () => {
    const host = hostWith([
      { pid: 700, comm: 'node', ppid: 1, startTicks: 250 },
      { pid: 702, comm: 'node', ppid: 1, startTicks: 250, state: 'Z' },
    ]);
    const bootId = '4b1ab6e1-7e1c-4d2c-9a44-0c3f5b1f7f10';
    const alive = [
      { pid: 700, startTicks: 250, bootId },
      { pid: 700, startTicks: 251, bootId },
      { pid: 700, startTicks: 250, bootId: 'another' },
      { pid: 701, startTicks: 250, bootId },
      { pid: 702, startTicks: 250, bootId },
    ].map((identity) => host.isAlive(identity));
    expect(await Promise.all(alive)).toEqual([true, false, false, false, false]);
  });
});

describe('a process on Linux whose first thread has ended', () => {
  it('lives until the last of its threads has ended, since its sockets are open until then', async () => {
    const host = hostWith([
      { pid: 700, comm: 'node', ppid: 1, startTicks: 250, state: 'Z', threads: 2 },
      { pid: 701, comm: 'node', ppid: 1, startTicks: 250, state: 'Z', threads: 1 },
    ]);
    const bootId = '4b1ab6e1-7e1c-4d2c-9a44-0c3f5b1f7f10';
    const alive = await Promise.all([700, 701].map((pid) => host.isAlive({ pid, startTicks: 250, bootId })));
    expect(alive).toEqual([true, false]);
    expect((await host.listProcesses()).map(({ pid }) => pid)).toEqual([700]);
  });
});

describe('the process table of Linux', () => {
  it('has who lives, with parent, group and session', async () => {
    const host = hostWith([
      { pid: 1, comm: 'systemd', ppid: 0, startTicks: 1 },
      { pid: 700, comm: 'node) 1 (', ppid: 1, startTicks: 250, group: 650, session: 600 },
      { pid: 702, comm: 'node', ppid: 700, state: 'Z' },
    ]);
    const bootId = '4b1ab6e1-7e1c-4d2c-9a44-0c3f5b1f7f10';
    const byPid = (await host.listProcesses()).sort((a, b) => a.pid - b.pid);
    expect(byPid).toEqual([
      { pid: 1, startTicks: 1, bootId, ppid: 0, processGroup: 1, sessionId: 1 },
      { pid: 700, startTicks: 250, bootId, ppid: 1, processGroup: 650, sessionId: 600 },
    ]);
  });

  it('has the environment of exactly the process that is meant, as far as it has names', async () => {
    const host = hostWith([
      { pid: 700, comm: 'node', ppid: 1, startTicks: 250, env: ['PATH=/bin', 'A==b=', 'title', '=x', ''] },
      { pid: 701, comm: 'node', ppid: 1, startTicks: 250 },
    ]);
    const bootId = '4b1ab6e1-7e1c-4d2c-9a44-0c3f5b1f7f10';
    const read = (pid: number, startTicks: number) => host.readEnvironment({ pid, startTicks, bootId });
    expect(await read(700, 250)).toEqual({ PATH: '/bin', A: '=b=' });
    expect(await read(700, 251)).toBeNull();
    expect(await read(701, 250)).toBeNull();
  });
});

describe('what Linux says about ports', () => {
  it('reads the ephemeral range, the privileged bound and the reserved list', async () => {
    expect(await hostWith([]).portLimits()).toEqual({
      ephemeral: { from: 32768, to: 60999 },
      privilegedBelow: 1024,
      reserved: [40000, 40001, 40002, 50000],
      excluded: [],
    });
  });

  it('falls back to the defaults of the kernel where nothing can be read', async () => {
    const host = new LinuxHost({ procRoot: temporaryFolder() });
    expect(await host.portLimits()).toEqual({
      ephemeral: { from: 32768, to: 60999 },
      privilegedBelow: 1024,
      reserved: [],
      excluded: [],
    });
    expect(await host.listListeners({ owners: true })).toEqual([]);
  });
});
