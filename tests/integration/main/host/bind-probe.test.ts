import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { probeBind } from '#main/host/bind-probe.ts';
import type { SocketProtocol } from '#main/host/types.ts';
import { freePort, type HeldSocket, hold } from './sockets.ts';

const probed = ['127.0.0.1', '0.0.0.0', '::1', '::'];

async function probeAll(protocol: SocketProtocol, port: number): Promise<string[]> {
  const answers: string[] = [];
  for (const address of probed) answers.push(await probeBind({ protocol, address, port }));
  return answers;
}

describe.each<SocketProtocol>(['tcp', 'udp'])('a bind probe of %s at 127.0.0.1, 0.0.0.0, ::1 and ::', (protocol) => {
  it('finds a port that nobody holds free', async () => {
    expect(await probeAll(protocol, await freePort())).toEqual(['free', 'free', 'free', 'free']);
  });

  it.each<[string, Omit<HeldSocket, 'protocol' | 'port'>, string[]]>([
    ['127.0.0.1', { address: '127.0.0.1' }, ['used', 'used', 'free', 'used']],
    ['127.0.0.2', { address: '127.0.0.2' }, ['free', 'used', 'free', 'used']],
    ['0.0.0.0', { address: '0.0.0.0' }, ['used', 'used', 'free', 'used']],
    ['::1', { address: '::1' }, ['free', 'free', 'used', 'used']],
    [':: for both families', { address: '::' }, ['used', 'used', 'used', 'used']],
    [':: for IPv6 only', { address: '::', v6only: true }, ['free', 'free', 'used', 'used']],
  ])('sees a holder of %s as the kernel does, and the other protocol not at all', async (_, held, expected) => {
    const port = await freePort();
    const release = await hold({ ...held, protocol, port });
    expect(await probeAll(protocol, port)).toEqual(expected);
    expect(await probeAll(protocol === 'tcp' ? 'udp' : 'tcp', port)).toEqual(['free', 'free', 'free', 'free']);
    await release();
    expect(await probeAll(protocol, port)).toEqual(['free', 'free', 'free', 'free']);
  });

  it('can leave IPv4 out of the question at ::', async () => {
    const port = await freePort();
    await hold({ protocol, address: '127.0.0.1', port });
    expect(await probeBind({ protocol, address: '::', port, v6only: true })).toBe('free');
  });

  it('is asked about IPv6 alone at any address', async () => {
    const port = await freePort();
    const answers: string[] = [];
    for (const address of probed) answers.push(await probeBind({ protocol, address, port, v6only: true }));
    expect(answers).toEqual(['free', 'free', 'free', 'free']);
  });

  it('tells an address that this host does not have', async () => {
    const port = await freePort();
    const addresses = ['203.0.113.9', '2001:db8::9', 'fe80::9', 'localhost', ''];
    expect(await Promise.all(addresses.map((address) => probeBind({ protocol, address, port })))).toEqual(
      addresses.map(() => 'unavailable'),
    );
  });

  it('does not meet itself when many ask at once', async () => {
    const port = await freePort();
    const questions = Array.from({ length: 40 }, (_, index) => ({
      protocol,
      address: probed[index % 4] ?? '::',
      port,
    }));
    expect(new Set(await Promise.all(questions.map(probeBind)))).toEqual(new Set(['free']));
  });

  it.each([0, -1, 65_536, 1.5, Number.NaN])('refuses %s, which is no port', async (port) => {
    await expect(probeBind({ protocol, address: '::', port })).rejects.toThrow(RangeError);
  });
});

describe('a bind probe', () => {
  it('sees the local end of a live outgoing connection, which no listener shows', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('The server has no port');
    const client = connect(address.port, '127.0.0.1');
    onTestFinished(() => {
      client.destroy();
      server.close();
    });
    await once(client, 'connect');
    expect(await probeBind({ protocol: 'tcp', address: '127.0.0.1', port: client.localPort ?? 0 })).toBe('used');
  });

  it.skipIf(process.getuid?.() !== 0)('tells a privileged port from a used one', async () => {
    const script = `
      const { probeBind } = await import(${JSON.stringify(fileURLToPath(new URL('../../../../src/main/host/bind-probe.ts', import.meta.url)))});
      const ask = (protocol) => probeBind({ protocol, address: '127.0.0.1', port: 81 });
      console.log(JSON.stringify(await Promise.all([ask('tcp'), ask('udp')])));
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      uid: 65_534,
      timeout: 20_000,
    });
    expect(JSON.parse(stdout)).toEqual(['forbidden', 'forbidden']);
  });

  it.runIf(process.platform === 'linux')('leaves no socket open', async () => {
    const port = await freePort();
    await hold({ protocol: 'tcp', address: '127.0.0.1', port });
    const before = readdirSync('/proc/self/fd').length;
    for (const address of probed) {
      await probeBind({ protocol: 'tcp', address, port });
      await probeBind({ protocol: 'udp', address, port });
    }
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });
});
