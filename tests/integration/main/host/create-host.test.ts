import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { createHost } from '#main/host/host.ts';
import { MacHost } from '#main/host/macos/mac-host.ts';
import { eventually } from '#tests/support/eventually.ts';
import { onPath } from '#tests/support/prerequisites.ts';
import { freePort, hold } from './sockets.ts';

describe('the host of a platform', () => {
  it.runIf(process.platform === 'linux').each([
    ['linux', null],
    [
      'freebsd',
      'CLOS cannot list sockets and processes on freebsd yet; it can tell that a port is taken, not by whom.',
    ],
    [
      'darwin',
      'CLOS cannot list sockets and processes without /usr/sbin/lsof; it can tell that a port is taken, not by whom.',
    ],
    [
      'win32',
      expect.stringMatching(
        /^CLOS cannot list sockets and processes without \S+powershell\.exe; it can tell that a port is taken, not by whom\.$/,
      ),
    ],
  ] as const)('on %s has the limitation %s when it runs here', async (platform, limitation) => {
    const port = await freePort();
    await hold({ protocol: 'tcp', address: '127.0.0.1', port });
    const host = createHost(platform);
    expect([host.platform, host.limitation]).toEqual([platform, limitation]);
    expect(await host.probeBind({ protocol: 'tcp', address: '127.0.0.1', port })).toBe('used');
    expect((await host.listListeners({ owners: false, ports: [port] })).length).toBe(platform === 'linux' ? 1 : 0);
  });
});

describe.runIf(process.platform === 'linux')('the way of macOS with the lsof and ps of this machine', () => {
  const tools = { lsof: onPath('lsof') ?? '', ps: onPath('ps') ?? '', sysctl: onPath('sysctl') ?? '' };
  const host = new MacHost({ tools });

  it('lists real sockets and names their process', async () => {
    const port = await freePort();
    await hold({ protocol: 'tcp', address: '127.0.0.1', port });
    await hold({ protocol: 'tcp', address: '::1', port });
    await hold({ protocol: 'udp', address: '0.0.0.0', port });
    await hold({ protocol: 'udp', address: '::', port, v6only: true });
    const before = Date.now();
    const listeners = await host.listListeners({ owners: true, ports: [port] });
    const shown = listeners.map(({ protocol, family, address, uid }) => [protocol, family, address, uid]);
    const uid = process.getuid?.();
    expect(shown.sort()).toEqual([
      ['tcp', 4, '127.0.0.1', uid],
      ['tcp', 6, '::1', uid],
      ['udp', 4, '0.0.0.0', uid],
      ['udp', 6, '::', uid],
    ]);
    const [owner, ...others] = new Set(listeners.map((listener) => JSON.stringify(listener.owner)));
    expect(others).toEqual([]);
    const info: unknown = JSON.parse(owner ?? 'null');
    expect(info).toMatchObject({
      pid: process.pid,
      executable: realpathSync(process.execPath),
      cwd: process.cwd(),
      uid,
      ppid: process.ppid,
      project: 'clos',
      protectedReason: 'It is CLOS itself.',
      forwarder: false,
    });
    expect(before - Date.parse(z.object({ startedAt: z.string() }).parse(info).startedAt)).toBeGreaterThan(0);
  });

  it('follows a real process to its end', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
      cwd: tmpdir(),
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const info = await eventually(
      () => host.describeProcess(child.pid ?? 0),
      (found) => found?.argv[1] === '-e',
    );
    if (info === null) throw new Error('The program is not visible');
    expect(info).toMatchObject({
      argv: [process.execPath, '-e', 'process.stdin.resume()'],
      cwd: realpathSync(tmpdir()),
      ppid: process.pid,
    });
    expect((await host.listProcesses()).find(({ pid }) => pid === child.pid)).toMatchObject({
      startTicks: info.startTicks,
      ppid: process.pid,
    });
    expect(await host.isAlive(info)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect([await host.isAlive(info), await host.describeProcess(info.pid)]).toEqual([false, null]);
  });
});
