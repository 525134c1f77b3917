import { describe, expect, it } from 'vitest';
import { MacHost, type MacHostOptions, macosTools } from '#main/host/macos/mac-host.ts';
import type { ProgramCall } from '#main/host/run-program.ts';
import { recordedOutput, recordedRun } from '../recorded-tools.ts';

const bootId = '6E1D2F7A-6B0B-4E0C-9D53-0B7E9A3C1D22';

function answer({ program, args }: ProgramCall): string {
  if (program === macosTools.sysctl) {
    return args.includes('kern.bootsessionuuid') ? `${bootId}\n` : '49152\n65535\n';
  }
  if (program === macosTools.lsof) {
    return recordedOutput(args.includes('-iTCP') ? 'macos/lsof-sockets.txt' : 'macos/lsof-files.txt');
  }
  if (args.includes('-E')) return 'node server.js --token=abc HOME=/Users/ada PORT=3000\n';
  if (args.includes('command=')) return 'node server.js --token=abc\n';
  return recordedOutput(args.some((arg) => arg.includes('comm=')) ? 'macos/ps-names.txt' : 'macos/ps.txt');
}

function hostWith(
  options: Partial<MacHostOptions> = {},
  reply: (call: ProgramCall) => string | null = answer,
): { host: MacHost; calls: string[][] } {
  const { run, calls } = recordedRun(reply);
  return { host: new MacHost({ run, uid: 501, ...options }), calls };
}

async function ownerOf(port: number) {
  const [listener] = await hostWith().host.listListeners({ owners: true, ports: [port] });
  return listener?.owner;
}

describe('a macOS host, by recorded output', () => {
  it('lists the sockets of the asked ports by one call of lsof when nobody asks for owners', async () => {
    const { host, calls } = hostWith();
    expect(await host.listListeners({ owners: false, ports: [5432] })).toEqual([
      {
        protocol: 'tcp',
        family: 6,
        address: '::1',
        port: 5432,
        inode: 0,
        v6only: null,
        uid: 501,
        user: 'ada',
        owner: null,
      },
      {
        protocol: 'tcp',
        family: 4,
        address: '127.0.0.1',
        port: 5432,
        inode: 0,
        v6only: null,
        uid: 501,
        user: 'ada',
        owner: null,
      },
    ]);
    expect(calls).toEqual([[macosTools.lsof, '-nP', '-w', '+c0', '-iTCP', '-iUDP', '-FpcuLftdPnT']]);
  });

  it('names the outermost of the processes that share a socket, once, with its folder and start', async () => {
    const listeners = await hostWith().host.listListeners({ owners: true, ports: [3000] });
    expect(listeners.map(({ owner }) => owner)).toEqual([
      {
        pid: 3100,
        name: 'node',
        command: 'node server.js --token=…',
        argv: ['node', 'server.js', '--token=abc'],
        executable: '/opt/homebrew/Cellar/node/24.1.0/bin/node',
        cwd: '/Users/ada/Code/café shop/web',
        user: 'ada',
        uid: 501,
        startedAt: '2025-11-24T08:54:21.000Z',
        startTicks: Date.UTC(2025, 10, 24, 8, 54, 21) / 1000,
        bootId,
        ppid: 3098,
        sessionId: 901,
        hasTerminal: true,
        containerId: null,
        ancestors: [3098, 902, 901, 900, 1],
        project: null,
        checkout: null,
        protectedReason: null,
        forwarder: false,
      },
    ]);
  });

  it.each([5000, 7000])('protects Control Center at %i and names the setting to switch off', async (port) => {
    expect(await ownerOf(port)).toMatchObject({
      name: 'ControlCenter',
      protectedReason:
        'It is Control Center of macOS, which uses 5000 and 7000 for AirPlay. To free them switch off System Settings > General > AirDrop & Handoff > AirPlay Receiver.',
    });
  });

  it('knows the forwarder of Docker Desktop and the parts of the session', async () => {
    expect(await ownerOf(8080)).toMatchObject({
      name: 'com.docker.backend',
      forwarder: true,
      protectedReason: 'com.docker.backend forwards the port for a container or a virtual machine.',
    });
    expect(await ownerOf(5353)).toMatchObject({
      name: 'mDNSResponder',
      protectedReason: 'mDNSResponder carries the system or the desktop session.',
    });
  });

  it('keeps the name of a program with spaces', async () => {
    expect(await ownerOf(52331)).toMatchObject({ name: 'Code Helper (Plugin)', cwd: null, protectedReason: null });
  });

  it('describes a process, and says why it must not be ended', async () => {
    const { host } = hostWith();
    expect(await host.describeProcess(2034)).toMatchObject({
      name: 'postgres',
      command: '/opt/homebrew/opt/postgresql@16/bin/postgres -D /opt/homebrew/var/postgresql@16',
      startedAt: '2025-11-03T22:10:09.000Z',
      hasTerminal: false,
    });
    expect(await Promise.all([host.describeProcess(4242), host.describeProcess(0)])).toEqual([null, null]);
    expect(await Promise.all([1, 901, 902, 3100, 4242].map((pid) => host.protectedReason(pid)))).toEqual([
      'It is the first process of the system.',
      'login carries the system or the desktop session.',
      null,
      null,
      null,
    ]);
  });

  it('is sure of a process only by pid, start and boot, and not when it has ended', async () => {
    const { host } = hostWith();
    const startTicks = Date.UTC(2025, 10, 24, 8, 54, 21) / 1000;
    const zombie = { pid: 3120, startTicks: Date.UTC(2025, 10, 24, 8, 54, 25) / 1000, bootId };
    const alive = [
      { pid: 3100, startTicks, bootId },
      { pid: 3100, startTicks: startTicks + 1, bootId },
      { pid: 3100, startTicks, bootId: 'another' },
      { pid: 4242, startTicks, bootId },
      zombie,
    ].map((identity) => host.isAlive(identity));
    expect(await Promise.all(alive)).toEqual([true, false, false, false, false]);
  });

  it('reads the environment of exactly the asked process', async () => {
    const { host } = hostWith();
    const identity = { pid: 3100, startTicks: Date.UTC(2025, 10, 24, 8, 54, 21) / 1000, bootId };
    expect(await host.readEnvironment(identity)).toEqual({ HOME: '/Users/ada', PORT: '3000' });
    expect(await host.readEnvironment({ ...identity, startTicks: 1 })).toBeNull();
  });

  it('says what a user sees that is not root, and what it means that lsof does not answer', async () => {
    const mute = hostWith({ uid: 0 }, ({ program }) => (program === macosTools.lsof ? null : ''));
    expect([hostWith().host.limitation, mute.host.limitation]).toEqual([
      'macOS shows only the sockets of your own processes; that another user has a port can be told, not who.',
      null,
    ]);
    expect(await mute.host.listListeners({ owners: true })).toEqual([]);
    expect(mute.host.limitation).toBe('lsof gives no answer; CLOS can tell that a port is taken, not by whom.');
  });

  it('gives the ranges of the system, and no stamp', async () => {
    const { host, calls } = hostWith();
    const limits = { ephemeral: { from: 49152, to: 65535 }, privilegedBelow: 1024, reserved: [], excluded: [] };
    expect([await host.portLimits(), await host.portLimits(), host.socketStamp()]).toEqual([limits, limits, null]);
    expect(calls).toEqual([[macosTools.sysctl, '-n', 'net.inet.ip.portrange.first', 'net.inet.ip.portrange.last']]);
  });

  it('lets a hundred questions share two calls', async () => {
    const { host, calls } = hostWith();
    const questions = Array.from({ length: 100 }, () => host.listListeners({ owners: false }));
    expect(new Set((await Promise.all(questions)).map(({ length }) => length))).toEqual(new Set([14]));
    expect(calls.length).toBe(2);
  });
});
