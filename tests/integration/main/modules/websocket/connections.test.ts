import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectLive } from '#tests/support/live-client.ts';
import { happen, type LiveServer, startLiveServer, subscribe } from '#tests/support/live-server.ts';

let live: LiveServer;

beforeEach(async () => {
  live = await startLiveServer();
});
afterEach(() => live.stop());

describe('the list of connections', () => {
  it('tells who is there, since when, from where, with what and how far', async () => {
    const began = Date.now();
    const first = await connectLive(live.url, { 'user-agent': 'a script' });
    const second = await connectLive(live.url);
    first.send(subscribe(1, ['service', 'metric'], { since: 0, subjects: ['svc_1'] }));
    await first.until((all) => all.length === 1);
    await happen(live.db, 3);
    live.hub.advance();
    await first.until(() => first.seqs.length === 3);
    const list = await live.connections.list();
    const who = { type: 'key', id: 'key_1', name: 'a reader' };
    expect(list).toEqual([
      {
        id: expect.stringMatching(/^con_/),
        client: { who, since: expect.any(String), from: '127.0.0.1', agent: 'a script' },
        topics: ['service', 'metric'],
        subjects: ['svc_1'],
        position: 3,
        waitingBytes: 0,
        slow: false,
      },
      {
        id: expect.stringMatching(/^con_/),
        client: { who, since: expect.any(String), from: '127.0.0.1', agent: null },
        topics: [],
        subjects: [],
        position: 3,
        waitingBytes: 0,
        slow: false,
      },
    ]);
    expect(Date.parse(list[0]?.client?.since ?? '')).toBeGreaterThanOrEqual(began);
    await second.close();
    await vi.waitFor(async () => expect(await live.connections.list()).toHaveLength(1));
  });

  it('has one less when one is closed, whose client is told so and may come back', async () => {
    const [meant, other] = [await connectLive(live.url), await connectLive(live.url)];
    const [{ id } = { id: '' }, rest] = await live.connections.list();
    expect([live.connections.close(id), live.connections.close('con_none')]).toEqual([true, false]);
    expect(await meant.closed).toEqual({ code: 4410, reason: 'Closed by an administrator' });
    await vi.waitFor(async () => expect(await live.connections.list()).toEqual([rest]));
    const again = await connectLive(live.url);
    again.send(subscribe(1, ['service'], { since: 0 }));
    await again.until((all) => all.length === 1);
    expect(other.ws.readyState).toBe(other.ws.OPEN);
  });

  it('goes on when the cache has lost who somebody is', async () => {
    const client = await connectLive(live.url);
    client.send(subscribe(1, ['service'], { since: 0 }));
    await client.until((all) => all.length === 1);
    const [{ id } = { id: '' }] = await live.connections.list();
    await live.cache.delete(`connection:${id}`);
    expect(await live.connections.list()).toMatchObject([{ id, client: null, topics: ['service'] }]);
  });
});
