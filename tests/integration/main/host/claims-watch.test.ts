import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { connectForAnswers } from '#main/host/claim-answers.ts';
import {
  type ClaimsWatch,
  type ClaimsWatchOptions,
  createClaimsWatch,
  type WatchedClaim,
} from '#main/host/claims-watch.ts';
import { createHost } from '#main/host/host.ts';
import { freePort, type HeldSocket, hold } from './sockets.ts';

type WatchedHost = ClaimsWatchOptions['host'];

const never = 3_600_000;
const silent = pino({ level: 'silent' });

/** A watch that runs until the test ends, what it has told so far, and a way to wait for the next. */
function watch(claims: readonly WatchedClaim[], options: Partial<ClaimsWatchOptions> = {}) {
  const changes: Array<readonly number[]> = [];
  let told = Promise.withResolvers<void>();
  let read = 0;
  const claimsWatch: ClaimsWatch = createClaimsWatch({
    host: createHost(),
    log: silent,
    intervalMs: 20,
    fullEveryMs: never,
    ...options,
    onChange: (ports) => {
      changes.push(ports);
      told.resolve();
    },
  });
  onTestFinished(() => claimsWatch.stop());
  claimsWatch.setClaims(claims);
  return {
    claimsWatch,
    changes,
    async next(): Promise<readonly number[] | undefined> {
      while (changes.length === read) {
        await told.promise;
        told = Promise.withResolvers();
      }
      return changes[read++];
    },
  };
}

function claimOf(port: number, change: Partial<WatchedClaim> = {}): WatchedClaim {
  return { protocol: 'tcp', address: '127.0.0.1', port, ...change };
}

/** A host whose stamp never changes, as when one socket goes while another comes. */
function withoutChange(host: WatchedHost): WatchedHost {
  return { socketStamp: () => 'as ever', listListeners: (options) => host.listListeners(options) };
}

/** A server that counts who comes. */
async function serve(port: number, address: string): Promise<{ server: Server; count(): number }> {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.resume();
  });
  server.listen({ port, host: address, ipv6Only: true });
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { server, count: () => connections };
}

describe.runIf(process.platform === 'linux')('a watch of claimed ports', () => {
  it.each<[string, Omit<HeldSocket, 'port'>]>([
    ['a listener of 127.0.0.1', { protocol: 'tcp', address: '127.0.0.1' }],
    ['a listener of another address of this host', { protocol: 'tcp', address: '127.0.0.2' }],
    ['a listener of ::1', { protocol: 'tcp', address: '::1' }],
    ['a listener of IPv6 only', { protocol: 'tcp', address: '::', v6only: true }],
    ['a UDP socket', { protocol: 'udp', address: '127.0.0.1' }],
    ['a UDP socket of IPv6', { protocol: 'udp', address: '::1' }],
  ])('tells that %s appears and that it goes, by the stamp alone', async (_, held) => {
    const [port, other] = [await freePort(), await freePort()];
    const { claimsWatch, changes, next } = watch([claimOf(port, held), claimOf(other, held)]);
    claimsWatch.start();
    await claimsWatch.look();
    const release = await hold({ ...held, port });
    expect(await next()).toEqual([port]);
    await release();
    expect(await next()).toEqual([port]);
    await claimsWatch.stop();
    expect(changes).toEqual([[port], [port]]);
  });

  it('tells who was there before it came, and of several ports at once in their order', async () => {
    const ports = [await freePort(), await freePort(), await freePort()].sort((a, b) => b - a);
    for (const port of ports) await hold({ protocol: 'tcp', address: '127.0.0.1', port });
    const { claimsWatch, next } = watch(ports.map((port) => claimOf(port)));
    claimsWatch.start();
    expect(await next()).toEqual(ports.toReversed());
  });

  it('tells that a port has another holder', async () => {
    const port = await freePort();
    const { claimsWatch, changes } = watch([claimOf(port)]);
    const release = await hold({ protocol: 'tcp', address: '127.0.0.1', port });
    await claimsWatch.look();
    await release();
    await hold({ protocol: 'tcp', address: '127.0.0.1', port });
    await claimsWatch.look();
    await claimsWatch.look();
    expect(changes).toEqual([[port], [port]]);
  });

  it('says nothing about the other protocol nor about a port that is not claimed any more', async () => {
    const [port, forgotten] = [await freePort(), await freePort()];
    const { claimsWatch, changes } = watch([claimOf(port), claimOf(forgotten)]);
    await hold({ protocol: 'udp', address: '127.0.0.1', port });
    await hold({ protocol: 'tcp', address: '127.0.0.1', port: forgotten });
    claimsWatch.setClaims([claimOf(port)]);
    await claimsWatch.look();
    expect(changes).toEqual([]);
  });

  it('looks at a claim that is new, although no socket has changed', async () => {
    const [port, added] = [await freePort(), await freePort()];
    await hold({ protocol: 'tcp', address: '127.0.0.1', port: added });
    const { claimsWatch, next } = watch([claimOf(port)], { host: withoutChange(createHost()) });
    claimsWatch.start();
    await claimsWatch.look();
    claimsWatch.setClaims([claimOf(port), claimOf(added)]);
    expect(await next()).toEqual([added]);
  });

  it('does not lose what changes while it rests from a look', async () => {
    const port = await freePort();
    const { claimsWatch, changes, next } = watch([claimOf(port)]);
    claimsWatch.start();
    const release = await hold({ protocol: 'tcp', address: '127.0.0.1', port });
    await claimsWatch.look();
    await release();
    await hold({ protocol: 'tcp', address: '::1', port });
    expect([await next(), await next()]).toEqual([[port], [port]]);
    expect(changes).toEqual([[port], [port]]);
  });

  it('finds in its regular look what the stamp could not show', async () => {
    const port = await freePort();
    const { claimsWatch, next } = watch([claimOf(port)], { host: withoutChange(createHost()), fullEveryMs: 50 });
    claimsWatch.start();
    await claimsWatch.look();
    await hold({ protocol: 'tcp', address: '127.0.0.1', port });
    expect(await next()).toEqual([port]);
  });

  it('invents nothing while connections come and go, and rests between its looks', async () => {
    const [busy, held, free] = [await freePort(), await freePort(), await freePort()];
    await serve(busy, '127.0.0.1');
    await hold({ protocol: 'tcp', address: '127.0.0.1', port: held });
    const host = createHost();
    const looks: number[] = [];
    const { claimsWatch, changes } = watch([claimOf(held), claimOf(free), claimOf(busy)], {
      host: {
        socketStamp: () => `another ${performance.now()}`,
        listListeners: (options) => {
          looks.push(performance.now());
          return host.listListeners(options);
        },
      },
    });
    claimsWatch.start();
    while (looks.length < 6) {
      const clients = Array.from({ length: 20 }, () => connect(busy, '127.0.0.1'));
      await Promise.all(clients.map((client) => once(client, 'connect')));
      await Promise.all(clients.map((client) => once(client.end().resume(), 'close')));
    }
    await claimsWatch.stop();
    expect(changes).toEqual([[busy, held].sort((a, b) => a - b)]);
    const rests = looks.slice(1).map((at, index) => at - (looks[index] ?? 0));
    expect(rests.filter((rest) => rest < 300)).toEqual([]);
  });

  it('goes on after a look that failed, and says so once', async () => {
    const port = await freePort();
    await hold({ protocol: 'tcp', address: '127.0.0.1', port });
    const host = createHost();
    const warnings: unknown[] = [];
    let broken = true;
    const { claimsWatch, changes } = watch([claimOf(port)], {
      log: { warn: (_: unknown, text?: string) => void warnings.push(text) },
      host: {
        socketStamp: () => host.socketStamp(),
        listListeners: async (options) => {
          if (broken) throw new Error('no more files');
          return await host.listListeners(options);
        },
      },
    });
    await claimsWatch.look();
    await claimsWatch.look();
    broken = false;
    await claimsWatch.look();
    expect([warnings, changes]).toEqual([['the claimed ports could not be looked at'], [[port]]]);
  });

  it('is silent once it is stopped, even by a look that had begun', async () => {
    const port = await freePort();
    await hold({ protocol: 'tcp', address: '127.0.0.1', port });
    const { claimsWatch, changes } = watch([claimOf(port)]);
    claimsWatch.start();
    const look = claimsWatch.look();
    await claimsWatch.stop();
    await look;
    expect(changes).toEqual([]);
  });

  it('has a timer only between start and stop, and only with claims', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const { claimsWatch } = watch([]);
    const counts = [vi.getTimerCount()];
    const steps = [
      () => claimsWatch.start(),
      () => claimsWatch.setClaims([claimOf(3000)]),
      () => claimsWatch.setClaims([claimOf(3000), claimOf(3001)]),
      () => claimsWatch.setClaims([]),
      () => claimsWatch.setClaims([claimOf(3000)]),
      () => claimsWatch.stop(),
    ];
    for (const step of steps) {
      await step();
      counts.push(vi.getTimerCount());
    }
    expect(counts).toEqual([0, 0, 1, 1, 0, 1, 0]);
  });
});

describe('a watch of claimed ports where sockets cannot be listed', () => {
  it.each(['127.0.0.1', '::1'])('tells by connections who appears at %s and goes', async (address) => {
    const port = await freePort();
    const { claimsWatch, next } = watch([claimOf(port)], { host: createHost('freebsd'), fullEveryMs: 50 });
    claimsWatch.start();
    await claimsWatch.look();
    const release = await hold({ protocol: 'tcp', address, port });
    expect(await next()).toEqual([port]);
    await release();
    expect(await next()).toEqual([port]);
  });

  it('does not bother our own service, and sees who answers in the other family', async () => {
    const port = await freePort();
    const own = await serve(port, '127.0.0.1');
    const { claimsWatch, changes } = watch([claimOf(port, { quiet: true }), claimOf(port)], {
      host: createHost('freebsd'),
    });
    await claimsWatch.look();
    const stranger = await serve(port, '::1');
    await claimsWatch.look();
    expect([own.count(), stranger.count(), changes]).toEqual([0, 1, [[port]]]);
  });

  it('asks those that answered before only in a look at everybody', async () => {
    const port = await freePort();
    const { server, count } = await serve(port, '127.0.0.1');
    const known = new Map([[`tcp ${port}`, new Set(['4'])]]);
    expect(await connectForAnswers([claimOf(port)], { known, everybody: false })).toEqual(known);
    expect(count()).toBe(0);
    server.close();
    await once(server, 'close');
    expect(await connectForAnswers([claimOf(port)], { known, everybody: true })).toEqual(
      new Map([[`tcp ${port}`, new Set()]]),
    );
  });

  it('asks for UDP ports in a look by hand, because that may start a program', async () => {
    const [port, tcp] = [await freePort(), await freePort()];
    await hold({ protocol: 'udp', address: '127.0.0.1', port });
    const linux = createHost();
    const { claimsWatch, changes, next } = watch([claimOf(port, { protocol: 'udp' }), claimOf(tcp)], {
      host: { socketStamp: () => null, listListeners: (options) => linux.listListeners(options) },
      fullEveryMs: 50,
    });
    await hold({ protocol: 'tcp', address: '127.0.0.1', port: tcp });
    claimsWatch.start();
    expect(await next()).toEqual([tcp]);
    await claimsWatch.look();
    expect(changes).toEqual([[tcp], [port]]);
  });
});
