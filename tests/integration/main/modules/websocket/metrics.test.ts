import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Metric } from '#shared/contract/live.ts';
import { connectLive, type LiveClient } from '#tests/support/live-client.ts';
import { happen, type LiveServer, startLiveServer, subscribe } from '#tests/support/live-server.ts';

let live: LiveServer;

beforeEach(async () => {
  live = await startLiveServer();
});
afterEach(() => live.stop());

const metric = (subject: string, cpu: number): Metric => ({
  subject,
  time: '2026-01-02T03:04:05.000Z',
  values: { cpu },
});

const told = ({ messages }: LiveClient) =>
  messages.flatMap((message) => (message.type === 'metric' ? [[message.subject, message.values.cpu]] : []));

async function follower(more: { subjects?: string[]; topics?: string[]; since?: number } = {}): Promise<LiveClient> {
  const { topics = ['metric'], ...rest } = more;
  const client = await connectLive(live.url);
  client.send(subscribe(1, topics, rest));
  await client.until((all) => all.some(({ type }) => type === 'subscribed'));
  return client;
}

describe('values beside the log', () => {
  it('reach those who follow them, of all subjects or of some, and nobody else', async () => {
    const all = await follower();
    const some = await follower({ subjects: ['svc_2'] });
    const none = await follower({ topics: ['service'], since: 0 });
    live.hub.publish([metric('svc_1', 0.1), metric('svc_2', 0.2)]);
    live.hub.publish([metric('svc_2', 0.3)]);
    await all.until(() => told(all).length === 3);
    await some.until(() => told(some).length === 2);
    await happen(live.db, 1);
    live.hub.advance();
    await none.until(() => none.seqs.length === 1);
    expect(all.messages).toEqual([
      { type: 'subscribed', id: 1, seq: 0 },
      { type: 'metric', ...metric('svc_1', 0.1) },
      { type: 'metric', ...metric('svc_2', 0.2) },
      { type: 'metric', ...metric('svc_2', 0.3) },
    ]);
    expect([told(some), told(none)]).toEqual([
      [
        ['svc_2', 0.2],
        ['svc_2', 0.3],
      ],
      [],
    ]);
  });

  it('begin with the newest of each, of those that were told together too', async () => {
    live.hub.publish([metric('svc_1', 0.1), metric('svc_1', 0.2)]);
    live.hub.publish([metric('svc_2', 0.3)]);
    live.hub.publish([metric('svc_1', 0.4)]);
    const client = await follower();
    await client.until(() => told(client).length === 2);
    expect(told(client)).toEqual([
      ['svc_2', 0.3],
      ['svc_1', 0.4],
    ]);
  });

  it('come between events, without a number of their own', async () => {
    const client = await follower({ topics: ['service', 'metric'], since: 0 });
    await happen(live.db, 1);
    live.hub.advance();
    live.hub.publish([metric('svc_1', 0.5)]);
    await happen(live.db, 1);
    live.hub.advance();
    const messages = await client.until((all) => all.length === 4);
    expect(messages.map(({ type }) => type)).toEqual(['subscribed', 'event', 'metric', 'event']);
    expect(client.seqs).toEqual([1, 2]);
  });

  it('never queue for a reader that does not read: it gets the newest of each and is not dropped', async () => {
    const slow = await follower({ subjects: ['big', 'small'] });
    const quick = await follower({ subjects: ['small'] });
    slow.ws.pause();
    const big = (round: number): Metric => ({
      ...metric('big', round),
      values: Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`value number ${i}`, round])),
    });
    const waiting = async () => Math.max(...(await live.connections.list()).map(({ waitingBytes }) => waitingBytes));
    let round = 0;
    let most = 0;
    // Until the network has taken all that it takes, and a good while longer.
    for (let full = 0; full < 100; round++) {
      live.hub.publish([big(round), metric('small', round)]);
      const bytes = await waiting();
      most = Math.max(most, bytes);
      if (bytes > 128 * 1024) full++;
      await quick.until(() => told(quick).at(-1)?.[1] === round);
    }
    slow.ws.resume();
    await slow.until(() => told(slow).some(([subject, cpu]) => subject === 'small' && cpu === round - 1));
    expect(told(quick)).toHaveLength(round);
    expect(told(slow).length).toBeLessThan(2 * round - 100);
    expect(most).toBeLessThan(512 * 1024);
    await vi.waitFor(async () => expect(await waiting()).toBe(0));
  });
});
