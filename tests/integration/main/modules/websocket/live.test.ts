import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { lastSeq, listEvents } from '#main/database/events.ts';
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

describe('a subscription without since', () => {
  it('gets the number it starts from, the present state, then what happens, just as the history tells it', async () => {
    await happen(3);
    const client = await connectLive(live.url);
    client.send(subscribe(1, ['service', 'engine']));
    await client.until((messages) => messages.length === 2);
    await happen(1);
    await happen(1, { topic: 'engine' });
    live.hub.advance();
    const messages = await client.until((all) => all.length === 4);
    const [fourth, fifth] = listEvents(live.db.read, { after: 3, limit: 10 });
    expect(messages).toEqual([
      { type: 'subscribed', id: 1, seq: 3 },
      { type: 'snapshot', id: 1, seq: 3, reason: 'asked', services: [], conflicts: [] },
      { type: 'event', seq: 4, event: fourth },
      { type: 'event', seq: 5, event: fifth },
    ]);
    expect(live.errors).toEqual([]);
  });

  it('misses nothing that happens while the present state is read', async () => {
    await restart({
      readState: async () => {
        await happen(2);
        live.hub.advance();
        return '"services":[],"conflicts":[]}';
      },
    });
    await happen(2);
    const client = await connectLive(live.url);
    client.send(subscribe(1, ['service']));
    const messages = await client.until((all) => all.length === 4);
    expect(messages.slice(0, 2)).toEqual([
      { type: 'subscribed', id: 1, seq: 2 },
      { type: 'snapshot', id: 1, seq: 2, reason: 'asked', services: [], conflicts: [] },
    ]);
    expect(client.seqs).toEqual([3, 4]);
  });

  it('shares one reading of the state among all who come at the same time', async () => {
    const clients = await Promise.all(range(1, 20).map(() => connectLive(live.url)));
    for (const client of clients) client.send(subscribe(1, ['service']));
    await Promise.all(clients.map((client) => client.until((all) => all.length === 2)));
    expect(live.stateReads()).toBe(1);
  });

  it('is told to come again later when the state cannot be read', async () => {
    await restart({ readState: async () => Promise.reject(new Error('the api is away')) });
    const client = await connectLive(live.url);
    client.send(subscribe(1, ['service']));
    expect((await client.closed).code).toBe(1013);
    expect(client.messages).toMatchObject([{ type: 'error', code: 'MODULE_UNAVAILABLE' }]);
  });
});

describe('a subscription with since', () => {
  it('gets exactly what it missed of its topics, in order, and goes on live', async () => {
    await happen(2);
    await happen(1, { topic: 'engine' });
    await happen(2);
    const client = await connectLive(live.url);
    client.send(subscribe(7, ['service'], { since: 1 }));
    await client.until((all) => all.length === 4);
    await happen(1);
    live.hub.advance();
    const messages = await client.until((all) => all.length === 5);
    expect(messages[0]).toEqual({ type: 'subscribed', id: 7, seq: 5 });
    expect(client.seqs).toEqual([2, 4, 5, 6]);
    expect(live.stateReads()).toBe(0);
  });

  it('has neither gap nor double while events commit during the replay', async () => {
    await happen(5000);
    const client = await connectLive(live.url);
    client.send(subscribe(1, ['service'], { since: 0 }));
    let last = 0;
    for (let i = 0; i < 40; i++) {
      last = await happen(50);
      live.hub.advance();
    }
    await client.until(() => client.seqs.length >= last);
    expect(client.seqs).toEqual(range(1, 7000));
  });

  it('starts anew when the number is from another log', async () => {
    await happen(2);
    const client = await connectLive(live.url);
    client.send(subscribe(1, ['service'], { since: 99 }));
    const messages = await client.until((all) => all.length === 2);
    expect(messages).toMatchObject([{ type: 'subscribed' }, { type: 'snapshot', seq: 2, reason: 'other-history' }]);
  });

  it('starts anew when the number was never given in this log, though later ones were', async () => {
    await happen(5);
    await live.db.commit((write) => write.run("UPDATE sqlite_sequence SET seq = 90 WHERE name = 'system_events'"));
    expect(await happen(2)).toBe(92);
    const client = await connectLive(live.url);
    client.send(subscribe(1, ['service'], { since: 7 }));
    const messages = await client.until((all) => all.length === 2);
    expect(messages).toMatchObject([{ type: 'subscribed' }, { type: 'snapshot', seq: 92, reason: 'other-history' }]);
  });

  it('starts anew when what it missed is not kept any more, and goes on where the number is just old enough', async () => {
    await happen(9);
    await live.db.commit((write) => write.run('DELETE FROM system_events WHERE seq <= 5'));
    const [late, timely] = await Promise.all([connectLive(live.url), connectLive(live.url)]);
    late.send(subscribe(1, ['service'], { since: 4 }));
    timely.send(subscribe(1, ['service'], { since: 5 }));
    const messages = await late.until((all) => all.length === 2);
    await timely.until((all) => all.length === 5);
    expect(messages).toMatchObject([{ type: 'subscribed' }, { type: 'snapshot', seq: 9, reason: 'history-not-kept' }]);
    expect(timely.seqs).toEqual([6, 7, 8, 9]);
  });

  it('is sent away when the history goes while it is replayed, and starts anew when it returns', async () => {
    await happen(3000, { padding: 'x'.repeat(2000) });
    const client = await connectLive(live.url);
    client.ws.pause();
    client.send(subscribe(1, ['service'], { since: 0 }));
    await vi.waitFor(async () => expect((await live.connections.list())[0]).toMatchObject({ slow: true }));
    await live.db.commit((write) => write.run('DELETE FROM system_events WHERE seq <= 2900'));
    client.ws.resume();
    expect((await client.closed).code).toBe(1013);
    expect(client.seqs).toEqual(range(1, client.seqs.length));
  });

  it('sends an event that two subscriptions want once, and what a later one wants from further back then', async () => {
    await happen(4);
    const client = await connectLive(live.url);
    client.send(subscribe(1, ['service'], { since: 2 }));
    client.send(subscribe(2, ['service'], { since: 0 }));
    await client.until((all) => all.length === 6);
    await happen(1);
    live.hub.advance();
    await client.until((all) => all.length === 7);
    expect(client.seqs).toEqual([3, 4, 1, 2, 5]);
  });
});

describe('a subscription to subjects', () => {
  it('gets what is about them, of the past and live, while others get everything', async () => {
    for (const subject of ['svc_1', 'svc_2', 'svc_3']) await happen(2, { subject });
    const [some, all] = await Promise.all([connectLive(live.url), connectLive(live.url)]);
    some.send(subscribe(1, ['service'], { since: 1, subjects: ['svc_1', 'svc_3'] }));
    all.send(subscribe(1, ['service'], { since: 0 }));
    await Promise.all([some.until(() => some.seqs.length === 3), all.until(() => all.seqs.length === 6)]);
    for (const subject of ['svc_1', 'svc_2', 'svc_3']) await happen(1, { subject });
    live.hub.advance();
    await Promise.all([some.until(() => some.seqs.at(-1) === 9), all.until(() => all.seqs.at(-1) === 9)]);
    expect(some.seqs).toEqual([2, 5, 6, 7, 9]);
    expect(all.seqs).toEqual(range(1, 9));
  });
});

describe('the conversation', () => {
  it('sends no more of a topic that was unsubscribed', async () => {
    const client = await connectLive(live.url);
    client.send(subscribe(1, ['service'], { since: 0 }));
    client.send(subscribe(2, ['engine'], { since: 0 }));
    await client.until((all) => all.length === 2);
    client.send({ type: 'unsubscribe', id: 1 });
    client.send({ type: 'unsubscribe', id: 9 });
    await client.until((all) => all.length === 3);
    await happen(1);
    await happen(1, { topic: 'engine' });
    live.hub.advance();
    await client.until((all) => all.length === 4);
    expect(client.messages.slice(2)).toMatchObject([
      { type: 'error', code: 'NOT_FOUND' },
      { type: 'event', seq: 2 },
    ]);
  });

  it('answers what it cannot understand with an error and goes on', async () => {
    const client = await connectLive(live.url);
    const odd = [
      '',
      '{',
      '[]',
      'null',
      '{"type":"subscribe"}',
      '{"type":"subscribe","id":1,"topics":["x"]}',
      '{"__proto__":1}',
    ];
    for (const text of odd) client.send(text);
    client.ws.send(Buffer.from([1, 2, 3]));
    client.send({ ...subscribe(1, ['service'], { since: 0 }), extra: true });
    client.send(subscribe(1, ['service'], { since: 0 }));
    client.send(subscribe(1, ['service'], { since: 0 }));
    const messages = await client.until((all) => all.length === odd.length + 4);
    expect(messages.filter(({ type }) => type === 'subscribed')).toEqual([{ type: 'subscribed', id: 1, seq: 0 }]);
    expect(messages.filter(({ type }) => type === 'error')).toHaveLength(odd.length + 3);
    expect(live.errors).toEqual([]);
  });

  it('refuses more than 32 subscriptions on one connection', async () => {
    const client = await connectLive(live.url);
    for (const id of range(1, 33)) client.send(subscribe(id, ['service'], { since: 0 }));
    const messages = await client.until((all) => all.length === 33);
    expect(messages.filter(({ type }) => type === 'error')).toMatchObject([{ code: 'RATE_LIMITED' }]);
  });

  it('ends a connection that sends more than 64 KiB in one message', async () => {
    const client = await connectLive(live.url);
    client.send(' '.repeat(64 * 1024 + 1));
    expect((await client.closed).code).toBe(1009);
  });

  it('ends a connection that says more in a second than anybody has to say, whatever it says', async () => {
    const codes: number[] = [];
    for (const say of ['send', 'pong', 'ping'] as const) {
      const client = await connectLive(live.url);
      for (let i = 0; i < 1000; i++) client.ws[say]('{}');
      codes.push((await client.closed).code);
    }
    expect(codes).toEqual([1008, 1008, 1006]);
    await vi.waitFor(() => expect(live.connections.size).toBe(0));
  });

  it('ends a connection that sends a message in countless pieces', async () => {
    const client = await connectLive(live.url);
    for (let i = 0; i < 100; i++) client.ws.send('x', { fin: false });
    expect((await client.closed).code).toBe(1008);
  });
});

describe('the log', () => {
  it('frames an event as it is in the history, whatever its size', async () => {
    await happen(1);
    await happen(1, { padding: 'y'.repeat(300) });
    await happen(1, { padding: 'z'.repeat(70_000) });
    const client = await connectLive(live.url);
    client.send(subscribe(1, ['service'], { since: 0 }));
    const messages = await client.until((all) => all.length === 4);
    const events = messages.flatMap((message) => (message.type === 'event' ? [message.event] : []));
    expect(events).toEqual(listEvents(live.db.read, { after: 0, limit: 10 }));
    expect(lastSeq(live.db.read)).toBe(3);
  });
});
