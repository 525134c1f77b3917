import { once } from 'node:events';
import { connect, createServer } from 'node:net';
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
  return Object.fromEntries([...stamp.matchAll(/(\w+): inuse (\d+)/g)].map(([, name, count]) => [name, Number(count)]));
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
    ['a listener of 127.0.0.1', { protocol: 'tcp', address: '127.0.0.1' }, 'TCP'],
    ['a listener of ::1', { protocol: 'tcp', address: '::1' }, 'TCP6'],
    ['a listener of both families', { protocol: 'tcp', address: '::' }, 'TCP6'],
    ['a UDP socket of 127.0.0.1', { protocol: 'udp', address: '127.0.0.1' }, 'UDP'],
    ['a UDP socket of ::1', { protocol: 'udp', address: '::1' }, 'UDP6'],
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

  it('does not change with what was refused, nor for long with a connection that was closed', async () => {
    const port = await freePort();
    const refuse = () => difference(() => probeConnect({ address: '127.0.0.1', port, timeoutMs: 5000 }));
    expect(await eventually(refuse, isEqual({}))).toEqual({});

    const server = createServer((socket) => socket.resume()).listen(port, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const converse = () =>
      difference(async () => {
        const accepted = once(server, 'connection');
        const client = connect(port, '127.0.0.1');
        const [socket] = await accepted;
        client.end();
        await Promise.all([once(client, 'close'), once(socket, 'close')]);
      });
    expect(await eventually(converse, isEqual({}))).toEqual({});
  });
});

describe('a platform without such counters', () => {
  it('has no stamp', () => {
    expect(createHost('freebsd').socketStamp()).toBeNull();
  });
});
