import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { probeConnect } from '#main/host/connect-probe.ts';
import { createHost } from '#main/host/host.ts';
import { LinuxHost } from '#main/host/linux/linux-host.ts';
import { eventually } from '#tests/support/eventually.ts';
import { freePort, type HeldSocket, hold } from './sockets.ts';

const host = new LinuxHost();

/** The counters by name. */
function counters(): Record<string, number> {
  const stamp = host.socketStamp() ?? '';
  return Object.fromEntries([...stamp.matchAll(/(\w+) (\d+)/g)].map(([, name, count]) => [name, Number(count)]));
}

/** What became more and less while something was done. */
async function difference(act: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = counters();
  await act();
  const after = counters();
  return Object.fromEntries(
    Object.entries(after).flatMap(([name, count]) =>
      count === before[name] ? [] : [[name, count - (before[name] ?? 0)]],
    ),
  );
}

const isEqual = (expected: Record<string, number>) => (found: Record<string, number>) =>
  JSON.stringify(found) === JSON.stringify(expected);

describe.runIf(process.platform === 'linux')('the socket stamp of this kernel', () => {
  it.each<[string, Omit<HeldSocket, 'port'>, string]>([
    ['a listener of 127.0.0.1', { protocol: 'tcp', address: '127.0.0.1' }, 'tcp'],
    ['a listener of ::1', { protocol: 'tcp', address: '::1' }, 'tcp'],
    ['a listener of both families', { protocol: 'tcp', address: '::' }, 'tcp'],
    ['a UDP socket of 127.0.0.1', { protocol: 'udp', address: '127.0.0.1' }, 'udp'],
    ['a UDP socket of ::1', { protocol: 'udp', address: '::1' }, 'udp'],
  ])('changes when %s appears and when it goes', async (...[, held, counter]) => {
    // Other programs of the machine open sockets too: asked again until they were quiet for a moment.
    let release = async (): Promise<void> => undefined;
    const appear = async () => {
      await release();
      const port = await freePort();
      return await difference(async () => {
        release = await hold({ ...held, port });
      });
    };
    const appeared = { [counter]: 1 };
    expect(await eventually(appear, isEqual(appeared))).toEqual(appeared);
    const goAgain = async () => {
      const gone = await difference(release);
      release = await hold({ ...held, port: await freePort() });
      return gone;
    };
    const gone = { [counter]: -1 };
    expect(await eventually(goAgain, isEqual(gone))).toEqual(gone);
  });

  it('does not change with what was refused, nor with a connection, be it open or closed', async () => {
    const port = await freePort();
    const refuse = () => difference(() => probeConnect({ address: '127.0.0.1', port, timeoutMs: 5000 }));
    expect(await eventually(refuse, isEqual({}))).toEqual({});

    const server = createServer((socket) => socket.resume()).listen(port, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const connections: Array<[Socket, Socket]> = [];
    const converse = () =>
      difference(async () => {
        const accepted = once(server, 'connection');
        const client = connect(port, '127.0.0.1');
        const [socket] = await accepted;
        connections.push([client, socket]);
      });
    expect(await eventually(converse, isEqual({}))).toEqual({});
    const part = () =>
      difference(async () => {
        const closing = connections.splice(0, 1).flat();
        closing[0]?.end();
        await Promise.all(closing.map((one) => once(one, 'close')));
      });
    expect(connections.length).toBeGreaterThan(0);
    expect(await eventually(part, isEqual({}))).toEqual({});
  });
});

describe('a platform without such counters', () => {
  it('has no stamp', () => {
    expect(createHost('freebsd').socketStamp()).toBeNull();
  });
});
