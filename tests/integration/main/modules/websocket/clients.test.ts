import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { Principal } from '#shared/contract/access.ts';
import { connectLive } from '#tests/support/live-client.ts';
import {
  happen as happenIn,
  type LiveServer,
  type LiveServerOptions,
  range,
  startLiveServer,
  subscribe,
} from '#tests/support/live-server.ts';

let live: LiveServer;

beforeEach(() => start());
afterEach(() => live.stop());

/** In place of the server that every test begins with. */
async function restart(options: LiveServerOptions): Promise<void> {
  await live.stop();
  await start(options);
}

async function start(options: LiveServerOptions = {}): Promise<void> {
  live = await startLiveServer(options);
}

const happen = (count: number, about?: Parameters<typeof happenIn>[2]) => happenIn(live.db, count, about);

describe('who comes in', () => {
  it.each([
    ['nobody', async () => null, 4401],
    ['someone unknown because the api is away', async () => Promise.reject(new Error('away')), 1013],
  ] satisfies Array<[string, () => Promise<Principal | null>, number]>)(
    'lets %s through the handshake and closes with the code',
    async (_who, who, code) => {
      await restart({ authenticate: who });
      const client = await connectLive(live.url);
      expect((await client.closed).code).toBe(code);
      expect(live.hub.size).toBe(0);
    },
  );

  it('agrees on the subprotocol', async () => {
    const client = await connectLive(live.url);
    expect(client.ws.protocol).toBe('clos.v2');
  });
});

describe('slow and silent clients', () => {
  it('drops a reader that does not read with 4408; it resumes without a gap', async () => {
    const slow = await connectLive(live.url);
    const quick = await connectLive(live.url);
    slow.send(subscribe(1, ['service'], { since: 0 }));
    quick.send(subscribe(1, ['service'], { since: 0 }));
    await Promise.all([slow, quick].map((client) => client.until((all) => all.length === 1)));
    slow.ws.pause();
    const padding = 'x'.repeat(10_000);
    // The kernel takes some megabytes before anything waits in the process.
    let last: number = 0;
    while (live.hub.size === 2) {
      last = await happen(100, { padding });
      live.hub.advance();
      const newest: number = last;
      await quick.until((): boolean => quick.seqs.length === newest);
    }
    last = await happen(50);
    live.hub.advance();
    slow.ws.resume();
    expect((await slow.closed).code).toBe(4408);
    const seen = slow.seqs;
    expect(seen).toEqual(range(1, seen.length));
    const again = await connectLive(live.url);
    again.send(subscribe(1, ['service'], { since: seen.length }));
    await again.until(() => again.seqs.at(-1) === last);
    expect(again.seqs).toEqual(range(seen.length + 1, last));
  });

  it('cuts off a client that does not answer pings', async () => {
    await restart({ heartbeatMs: 50 });
    const client = new WebSocket(live.url, ['clos.v2'], { autoPong: false });
    client.on('error', () => undefined);
    const code = await new Promise<number>((resolve) => client.once('close', resolve));
    expect(code).toBe(1006);
    await vi.waitFor(() => expect(live.hub.size).toBe(0));
  });

  it('keeps a client that answers', async () => {
    await restart({ heartbeatMs: 50 });
    const client = await connectLive(live.url);
    let pings = 0;
    await new Promise<void>((resolve) => {
      client.ws.on('ping', () => {
        if (++pings === 5) resolve();
      });
    });
    expect(client.ws.readyState).toBe(WebSocket.OPEN);
  });
});
