import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LinuxHost } from '#main/host/linux/linux-host.ts';
import type { SocketProtocol } from '#main/host/types.ts';
import { freePort, hold } from './sockets.ts';

const host = new LinuxHost();

interface Child {
  process: ChildProcess;
  pid: number;
  line(): Promise<string>;
}

/** A program of this Node, ended with the test. */
async function startChild(script: string, cwd: string, argument = '--token=hunter2'): Promise<Child> {
  const child = spawn(process.execPath, ['-e', script, '--', argument], {
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  if (child.pid === undefined) throw new Error('The program did not start');
  return { process: child, pid: child.pid, line: async () => String((await lines.next()).value) };
}

function projectFolder(): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'clos-shop-')));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, '.git'));
  mkdirSync(join(root, 'web'));
  writeFileSync(join(root, '.git', 'HEAD'), 'ref: refs/heads/cart\n');
  writeFileSync(join(root, 'package.json'), '{"name":"shop"}');
  return root;
}

describe.runIf(process.platform === 'linux')('this host', () => {
  it('names the process that listens, with command, folder, project and branch', async () => {
    const root = projectFolder();
    const port = await freePort();
    const script = `require('net').createServer().listen(${port}, '127.0.0.1', () => console.log('ready'))`;
    const before = Date.now();
    const child = await startChild(script, join(root, 'web'));
    expect(await child.line()).toBe('ready');

    const listeners = await host.listListeners({ owners: true, ports: [port] });
    expect(listeners).toEqual([
      {
        protocol: 'tcp',
        family: 4,
        address: '127.0.0.1',
        port,
        inode: expect.any(Number),
        v6only: null,
        uid: process.getuid?.(),
        user: expect.any(String),
        owner: {
          pid: child.pid,
          name: 'node',
          command: `${process.execPath} -e '${script}' -- --token=…`,
          argv: [process.execPath, '-e', script, '--', '--token=hunter2'],
          executable: realpathSync(process.execPath),
          cwd: join(root, 'web'),
          user: listeners[0]?.user,
          uid: process.getuid?.(),
          startedAt: expect.any(String),
          startTicks: expect.any(Number),
          bootId: expect.stringMatching(/^[0-9a-f-]{36}$/),
          ppid: process.pid,
          sessionId: expect.any(Number),
          hasTerminal: expect.any(Boolean),
          containerId: null,
          ancestors: expect.arrayContaining([process.pid, process.ppid, 1]),
          project: 'shop',
          checkout: { root, branch: 'cart' },
          protectedReason: null,
          forwarder: false,
        },
      },
    ]);
    // The kernel rounds the time of boot to a second.
    const startedAt = Date.parse(listeners[0]?.owner?.startedAt ?? '');
    expect(Math.abs(startedAt - before)).toBeLessThan(2500);
  });

  it('lists tcp and udp on both families', async () => {
    const port = await freePort();
    await hold({ protocol: 'tcp', address: '127.0.0.1', port });
    await hold({ protocol: 'tcp', address: '::1', port });
    await hold({ protocol: 'udp', address: '0.0.0.0', port });
    await hold({ protocol: 'udp', address: '::', port, v6only: true });
    const listeners = await host.listListeners({ owners: true, ports: [port] });
    expect(
      listeners.map(({ protocol, address, v6only, owner }) => [protocol, address, v6only, owner?.protectedReason]),
    ).toEqual([
      ['tcp', '127.0.0.1', null, 'It is CLOS itself.'],
      ['tcp', '::1', null, 'It is CLOS itself.'],
      ['udp', '0.0.0.0', null, 'It is CLOS itself.'],
      ['udp', '::', true, 'It is CLOS itself.'],
    ]);
  });

  it('finds listeners although a page of the table holds far fewer, and follows a port to its next holder', async () => {
    const script = `
      const net = require('net');
      const servers = Array.from({ length: 200 }, () => net.createServer().listen(0, '127.0.0.1'));
      Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve)))).then(() =>
        console.log(JSON.stringify(servers.map((server) => server.address().port))));
    `;
    const child = await startChild(script, tmpdir());
    const ports: number[] = JSON.parse(await child.line());
    const listeners = await host.listListeners({ owners: true, ports });
    expect(listeners.map(({ port }) => port).sort()).toEqual([...ports].sort());
    expect(new Set(listeners.map(({ owner }) => owner?.pid))).toEqual(new Set([child.pid]));

    child.process.kill('SIGKILL');
    await once(child.process, 'exit');
    const [port = 0] = ports;
    await hold({ protocol: 'tcp', address: '127.0.0.1', port });
    const [next] = await host.listListeners({ owners: true, ports: [port] });
    expect(next?.owner?.pid).toBe(process.pid);
  });

  it('blames the parent for a socket that its children share', async () => {
    const port = await freePort();
    const script = `
      const cluster = require('cluster');
      if (cluster.isPrimary) {
        let ready = 0;
        cluster.on('listening', () => { if (++ready === 2) console.log('ready'); });
        cluster.fork(); cluster.fork();
      } else {
        require('net').createServer().listen(${port}, '127.0.0.1');
      }
    `;
    const root = projectFolder();
    writeFileSync(join(root, 'main.cjs'), script);
    const child = await startChild(`process.argv[1] = '${root}/main.cjs'; require('${root}/main.cjs')`, root);
    expect(await child.line()).toBe('ready');
    const [listener] = await host.listListeners({ owners: true, ports: [port] });
    expect(listener?.owner?.pid).toBe(child.pid);
  });

  it('protects ourselves, our ancestors and the first process, and nothing else', async () => {
    const child = await startChild("console.log('ready'); setInterval(() => {}, 1000)", tmpdir());
    await child.line();
    expect(await host.protectedReason(process.pid)).toBe('It is CLOS itself.');
    expect(await host.protectedReason(process.ppid)).toBe('CLOS runs under it.');
    expect(await host.protectedReason(1)).toBe('It is the first process of the system.');
    expect(await host.protectedReason(child.pid)).toBeNull();
  });

  it('knows that a process is gone', async () => {
    const child = await startChild("console.log('ready'); setInterval(() => {}, 1000)", tmpdir());
    await child.line();
    const info = await host.describeProcess(child.pid);
    if (info === null) throw new Error('The program is not visible');
    expect(await host.isAlive(info)).toBe(true);
    expect(await host.isAlive({ ...info, startTicks: info.startTicks + 1 })).toBe(false);
    child.process.kill('SIGKILL');
    await once(child.process, 'exit');
    expect(await host.isAlive(info)).toBe(false);
    expect(await host.describeProcess(child.pid)).toBeNull();
  });

  it.each<SocketProtocol>(['tcp', 'udp'])('lists each %s socket once while others come and go', async (protocol) => {
    const ports: number[] = [];
    for (let count = 0; count < 80; count++) {
      const port = await freePort();
      await hold({ protocol, address: '127.0.0.1', port });
      ports.push(port);
    }
    const churn = `
      const { createServer } = require('net');
      const { createSocket } = require('dgram');
      const open = () => new Promise((resolve) => {
        if (process.argv[1] === 'tcp') {
          const server = createServer().listen({ host: '127.0.0.1', port: 0 }, () => resolve(server));
        } else {
          const socket = createSocket('udp4').bind(0, '127.0.0.1', () => resolve(socket));
        }
      });
      (async () => {
        for (let round = 0; ; round++) {
          const sockets = [];
          for (let count = 0; count < 100; count++) sockets.push(await open());
          for (const socket of sockets) await new Promise((resolve) => socket.close(resolve));
          if (round === 0) console.log('ready');
        }
      })();
    `;
    const child = await startChild(churn, tmpdir(), protocol);
    expect(await child.line()).toBe('ready');
    const looks = await Array.fromAsync({ length: 200 }, () => host.listListeners({ owners: false, ports }));
    const seen = looks.map((listeners) => listeners.filter((one) => one.protocol === protocol).map(({ port }) => port));
    const expected = ports.toSorted();
    for (const each of seen) expect(each.toSorted()).toEqual(expected);

    const owned = await host.listListeners({ owners: true });
    const ours = owned.filter(({ port, protocol: kind }) => kind === protocol && ports.includes(port));
    expect(ours.map(({ owner }) => owner?.pid)).toEqual(ports.map(() => process.pid));
  });

  it('answers a hundred questions at once while processes come and go', async () => {
    const port = await freePort();
    await hold({ protocol: 'tcp', address: '127.0.0.1', port });
    const churn = Array.from({ length: 10 }, () => spawn('/bin/true'));
    const fresh = new LinuxHost();
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => fresh.listListeners({ owners: true, ports: [port] })),
    );
    await Promise.all(churn.map((child) => child.exitCode ?? once(child, 'exit')));
    expect(new Set(answers.map((listeners) => listeners[0]?.owner?.pid))).toEqual(new Set([process.pid]));
  });
});
