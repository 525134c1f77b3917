import { describe, expect, it } from 'vitest';
import { isForwarder, protectedReason, userProtectedReason } from '#main/host/protection.ts';
import type { ProcessInfo } from '#main/host/types.ts';

const ourselves = { pid: 500, ancestors: [400, 300, 1], sessionId: 450 };

function processOf(change: Partial<ProcessInfo>): ProcessInfo {
  return {
    pid: 4242,
    name: 'node',
    command: 'node server.js',
    argv: ['node', 'server.js'],
    executable: '/usr/bin/node',
    cwd: null,
    user: 'ada',
    uid: 1000,
    startedAt: '2026-01-01T00:00:00.000Z',
    startTicks: 1,
    bootId: 'boot',
    ppid: 4000,
    sessionId: 4000,
    hasTerminal: true,
    containerId: null,
    ancestors: [4000, 1],
    ...change,
  };
}

describe('a process that must never be ended', () => {
  it.each<[string, Partial<ProcessInfo>, string]>([
    ['the first process', { pid: 1, name: 'systemd' }, 'It is the first process of the system.'],
    ['ourselves', { pid: 500 }, 'It is CLOS itself.'],
    ['an ancestor', { pid: 300 }, 'CLOS runs under it.'],
    ['the leader of our session', { pid: 450 }, 'It leads the session that CLOS runs in.'],
    ['a kernel thread', { ppid: 2, name: 'nfsd', argv: [], executable: null }, 'It is a part of the kernel.'],
    ['sshd by name', { name: 'sshd' }, 'It is the SSH server, which may carry your session.'],
    ['sshd by title', { name: 'x', argv: ['sshd: ada [priv]'] }, 'It is the SSH server, which may carry your session.'],
    [
      'sshd by file',
      { name: 'x', executable: '/usr/lib/openssh/sshd-session' },
      'It is the SSH server, which may carry your session.',
    ],
    [
      'an engine',
      { name: 'dockerd', executable: '/usr/bin/dockerd' },
      'It is a container engine (dockerd); ending it would affect every container.',
    ],
    [
      'a replaced engine',
      { name: 'd', executable: '/usr/bin/dockerd (deleted)' },
      'It is a container engine (d); ending it would affect every container.',
    ],
    ['a forwarder', { name: 'rootlessport' }, 'rootlessport forwards the port for a container or a virtual machine.'],
    ['the desktop session', { name: 'gnome-shell' }, 'gnome-shell carries the system or the desktop session.'],
    ['a terminal', { name: 'bash', argv: ['-bash'], sessionId: 4242 }, 'It leads a terminal session.'],
  ])('is %s', (_, change, reason) => {
    expect(protectedReason(processOf(change), ourselves)).toBe(reason);
  });

  it.each<[string, Partial<ProcessInfo>]>([
    ['a server in a terminal', {}],
    ['a server that leads its session', { sessionId: 4242 }],
    ['a shell script in the background', { name: 'sh', sessionId: 4242, hasTerminal: false }],
    ['a child of process 2 of a container', { ppid: 2 }],
    ['something with a similar name', { name: 'sshd2go', executable: '/opt/sshd2go', argv: ['sshd2go'] }],
  ])('is not %s', (_, change) => {
    expect(protectedReason(processOf(change), ourselves)).toBeNull();
  });
});

describe('a program that the user protects', () => {
  it('is known by its name, its file or its first argument, in capitals or not', () => {
    const answers = [
      { name: 'Redis-Server' },
      { name: 'x', executable: '/usr/bin/redis-server (deleted)' },
      { name: 'x', argv: ['/opt/redis-server', '--port', '0'] },
      { name: 'redis-server2', argv: ['redis-server2'] },
    ].map((change) => userProtectedReason(processOf(change), ['redis-server']));
    expect(answers).toEqual([
      'Redis-Server is on your list of protected programs.',
      'redis-server is on your list of protected programs.',
      'redis-server is on your list of protected programs.',
      null,
    ]);
  });
});

describe('a forwarder', () => {
  const program = (name: string, ...rest: string[]) => ({ name, executable: null, argv: [name, ...rest] });

  it.each([
    ['docker-proxy'],
    ['dockerd'],
    ['containerd'],
    ['com.docker.backend'],
    ['vpnkit-bridge'],
    ['OrbStack Helper'],
    ['gvproxy'],
    ['rootlesskit'],
    ['rootlessport'],
    ['slirp4netns'],
    ['pasta'],
    ['pasta.avx2'],
    ['wslrelay.exe'],
    ['wslhost'],
  ])('is %s', (name) => {
    expect(isForwarder(program(name))).toBe(true);
  });

  it('is ssh or limactl only when it serves a virtual machine', () => {
    const answers = [
      program('ssh', '-F', '/home/ada/.colima/_lima/colima/ssh.config'),
      program('ssh', '-o', 'ControlPath="/home/ada/.lima/default/ssh.sock"'),
      program('limactl', 'hostagent', '/home/ada/.lima/default'),
      program('ssh', '-L', '3000:localhost:3000', 'build.example'),
      program('node', '/home/ada/.lima/server.js'),
    ].map(isForwarder);
    expect(answers).toEqual([true, true, true, false, false]);
  });
});
