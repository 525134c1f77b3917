import { describe, expect, it } from 'vitest';
import type { ProgramCall } from '#main/host/run-program.ts';
import { WindowsHost, windowsTools } from '#main/host/windows/windows-host.ts';
import { recordedOutput, recordedRun } from '../recorded-tools.ts';

const tools = windowsTools('C:\\Windows');

function answer({ program, args }: ProgramCall): string {
  if (program === tools.powershell) return recordedOutput('windows/owners.json');
  if (args.includes('dynamicport')) return recordedOutput('windows/dynamic-tcp-german.txt');
  return recordedOutput(`windows/excluded-${args.includes('protocol=tcp') ? 'tcp' : 'udp'}.txt`);
}

function hostWith(reply: (call: ProgramCall) => string | null = answer) {
  const { run, calls } = recordedRun(reply);
  return { host: new WindowsHost({ tools, run }), calls };
}

/** What PowerShell was asked. */
function scripts(calls: readonly string[][]): string[] {
  return calls.map((call) => call.at(-1) ?? '');
}

async function reasonsAt(port: number) {
  const listeners = await hostWith().host.listListeners({ owners: true, ports: [port] });
  return listeners.map(({ address, owner }) => [address, owner?.name, owner?.protectedReason]);
}

describe('a Windows host, by recorded output', () => {
  it('names the process behind each socket by one call of PowerShell, without a shell', async () => {
    const { host, calls } = hostWith();
    const listeners = await host.listListeners({ owners: true, ports: [3000] });
    const owner = {
      pid: 9321,
      name: 'node',
      command: "'C:\\Program Files\\nodejs\\node.exe' 'C:\\Users\\ada\\my shop\\server.js' --token=…",
      argv: ['C:\\Program Files\\nodejs\\node.exe', 'C:\\Users\\ada\\my shop\\server.js', '--token=abc'],
      executable: 'C:\\Program Files\\nodejs\\node.exe',
      cwd: null,
      user: 'DESKTOP-7Q2\\ada',
      uid: -1,
      startedAt: '2025-11-24T08:54:21.456Z',
      startTicks: Date.UTC(2025, 10, 24, 8, 54, 21) * 1000 + 456_789,
      bootId: '87',
      ppid: 9310,
      sessionId: 9321,
      hasTerminal: false,
      containerId: null,
      // The process that has the pid of Explorer's parent now started later, so it is no parent.
      ancestors: [9310, 9300, 4100],
      project: null,
      checkout: null,
      protectedReason: null,
      forwarder: false,
    };
    const socket = { protocol: 'tcp', port: 3000, inode: 0, v6only: null, uid: -1, user: 'DESKTOP-7Q2\\ada', owner };
    expect(listeners).toEqual([
      { ...socket, family: 6, address: '::' },
      { ...socket, family: 4, address: '0.0.0.0' },
    ]);
    expect(calls.map((call) => call.slice(0, -1))).toEqual([
      [tools.powershell, '-NoLogo', '-NoProfile', '-NonInteractive', '-Command'],
    ]);
    expect(scripts(calls)[0]).toContain('@(3000) -contains $_.LocalPort');
  });

  it('asks for sockets alone when nobody wants the owners, and lets questions share the call', async () => {
    const { host, calls } = hostWith();
    const looks = await Promise.all(
      Array.from({ length: 50 }, () => host.listListeners({ owners: false, ports: [135] })),
    );
    expect(new Set(looks.map((listeners) => JSON.stringify(listeners)))).toEqual(
      new Set([
        JSON.stringify([
          {
            protocol: 'tcp',
            family: 4,
            address: '0.0.0.0',
            port: 135,
            inode: 0,
            v6only: null,
            uid: -1,
            user: 'unknown',
            owner: null,
          },
        ]),
      ]),
    );
    expect(calls.length).toBe(2);
    expect(scripts(calls)[0]).not.toContain('Win32_Process');
  });

  it('gives no double quote and nothing but numbers of ours to PowerShell', async () => {
    const { host, calls } = hostWith();
    await host.listListeners({ owners: true, ports: [3000, Number.NaN, 8080] });
    await host.describeProcess(9321);
    await host.isAlive({ pid: 9321, startTicks: 1, bootId: '87' });
    expect(scripts(calls).filter((script) => script.includes('"'))).toEqual([]);
    expect(scripts(calls).map((script) => /@\([\d, ]+\)|ProcessId = \d+/.exec(script)?.[0])).toEqual([
      '@(3000, 8080)',
      '@(9321)',
      'ProcessId = 9321',
    ]);
  });

  it('protects the kernel, services, forwarders and the parts of the session', async () => {
    expect([await reasonsAt(80), await reasonsAt(135), await reasonsAt(8080)]).toEqual([
      [
        [
          '0.0.0.0',
          'System',
          'It is the kernel of Windows, for its web server or its file sharing; "netsh http show servicestate" says for whom.',
        ],
      ],
      [['0.0.0.0', 'svchost', 'svchost carries the system or the desktop session.']],
      [
        ['::1', 'wslrelay', 'wslrelay forwards the port for a container or a virtual machine.'],
        ['0.0.0.0', 'com.docker.backend', 'com.docker.backend forwards the port for a container or a virtual machine.'],
      ],
    ]);
    const { host } = hostWith();
    expect(await Promise.all([4100, 9321, 4242].map((pid) => host.protectedReason(pid)))).toEqual([
      'explorer carries the system or the desktop session.',
      null,
      null,
    ]);
  });

  it('leaves the owner out when the process has ended meanwhile', async () => {
    const [listener] = await hostWith().host.listListeners({ owners: true, ports: [1900] });
    expect([listener?.address, listener?.owner]).toEqual(['::1', null]);
  });

  it('is sure of a process only by pid, start and boot', async () => {
    const { host } = hostWith();
    const info = await host.describeProcess(9321);
    if (info === null) throw new Error('The process is not in the recording');
    const { pid, startTicks, bootId } = info;
    const alive = [
      { pid, startTicks, bootId },
      { pid, startTicks: startTicks + 1, bootId },
      { pid, startTicks, bootId: '88' },
      { pid: 4242, startTicks, bootId },
    ].map((identity) => host.isAlive(identity));
    expect(await Promise.all(alive)).toEqual([true, false, false, false]);
  });

  it('lists the processes, each as its own group and session', async () => {
    const entries = await hostWith().host.listProcesses();
    expect(entries.length).toBe(10);
    expect(entries.find(({ pid }) => pid === 9310)).toEqual({
      pid: 9310,
      startTicks: Date.UTC(2025, 10, 24, 8, 54, 20) * 1000,
      bootId: '87',
      ppid: 9300,
      processGroup: 9310,
      sessionId: 9310,
    });
    expect(entries.find(({ pid }) => pid === 4100)?.ppid).toBe(0);
  });

  it('gives the excluded and the dynamic range, asked for once', async () => {
    const { host, calls } = hostWith();
    const limits = {
      ephemeral: { from: 49152, to: 65535 },
      privilegedBelow: 0,
      reserved: [],
      excluded: [
        { protocol: 'tcp', from: 1337, to: 1436 },
        { protocol: 'tcp', from: 5357, to: 5357 },
        { protocol: 'tcp', from: 50000, to: 50059 },
      ],
    };
    expect([await host.portLimits(), await host.portLimits()]).toEqual([limits, limits]);
    expect(calls).toEqual([
      [tools.netsh, 'interface', 'ipv4', 'show', 'dynamicport', 'protocol=tcp'],
      [tools.netsh, 'interface', 'ipv4', 'show', 'excludedportrange', 'protocol=tcp'],
      [tools.netsh, 'interface', 'ipv4', 'show', 'excludedportrange', 'protocol=udp'],
    ]);
  });

  it('says that PowerShell does not answer, and falls back to the usual ranges', async () => {
    const { host } = hostWith(() => null);
    expect(host.limitation).toBeNull();
    expect(await host.listListeners({ owners: true })).toEqual([]);
    expect(host.limitation).toBe('PowerShell gives no answer; CLOS can tell that a port is taken, not by whom.');
    expect(await host.portLimits()).toEqual({
      ephemeral: { from: 49152, to: 65535 },
      privilegedBelow: 0,
      reserved: [],
      excluded: [],
    });
    expect([await host.describeProcess(7), await host.listProcesses(), await host.readEnvironment()]).toEqual([
      null,
      [],
      null,
    ]);
  });
});
