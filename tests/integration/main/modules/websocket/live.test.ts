import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type CoreDb, openCoreDb } from '#main/database/core-db.ts';
import { appendEvent, lastSeq, listEvents } from '#main/database/events.ts';
import { Connections } from '#main/modules/websocket/connections.ts';
import { coreEventLog } from '#main/modules/websocket/event-log.ts';
import { Hub } from '#main/modules/websocket/hub.ts';
import type { Principal } from '#shared/contract/access.ts';
import type { Topic } from '#shared/contract/events.ts';
import { connectLive } from '#tests/support/live-client.ts';

const viewer: Principal = { type: 'key', id: 'key_1', name: 'a reader', role: 'viewer' };
const actor = { type: 'key', id: 'key_1', name: 'a reader' } as const;

let folder: string;
let db: CoreDb;
let hub: Hub;
let connections: Connections | undefined;
let server: Server;
let url: string;
let admitted: () => Promise<Principal | null>;
let readState: () => Promise<string>;
let stateReads: number;
const errors: unknown[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'clos-live-'));
  db = openCoreDb({ path: join(folder, 'core.db'), migrationsDir: 'migrations', backupsDir: folder });
  errors.length = 0;
  stateReads = 0;
  admitted = async () => viewer;
  readState = async () => '"services":[],"conflicts":[]}';
  hub = new Hub({
    log: coreEventLog(db.read),
    readState: () => {
      stateReads++;
      return readState();
    },
    onError: (error) => errors.push(error),
  });
  await heartbeat(60_000);
  server = createServer();
  server.on('upgrade', (request, socket, head) => connections?.upgrade(request, socket, head));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`;
});

afterEach(async () => {
  await connections?.stop();
  await new Promise((resolve) => server.close(resolve));
  await db.close();
  rmSync(folder, { recursive: true, force: true });
});

async function heartbeat(heartbeatMs: number): Promise<void> {
  await connections?.stop();
  const onError = (error: unknown) => errors.push(error);
  connections = new Connections({ hub, authenticate: () => admitted(), onError, heartbeatMs });
  connections.start();
}

/** Commits events of one topic, all in one transaction. Returns the newest sequence number. */
async function happen(count: number, topic: 'service' | 'engine' = 'service', padding = ''): Promise<number> {
  await db.commit((write) => {
    for (let i = 0; i < count; i++) {
      if (topic === 'service')
        appendEvent(write, {
          type: 'service.updated',
          subject: { type: 'service', id: 'svc_1', name: 'wéb "1"' },
          actor,
          cause: null,
          data: { revision: i, changed: [{ field: 'env', from: null, to: padding }] },
        });
      else
        appendEvent(write, {
          type: 'engine.state-changed',
          subject: { type: 'engine', id: 'engine', name: null },
          actor,
          cause: { type: 'engine', id: 'engine' },
          data: { state: 'available', reason: null },
        });
    }
  });
  return lastSeq(db.read);
}

const subscribe = (id: number, topics: Topic[], since?: number) => ({
  type: 'subscribe',
  id,
  topics,
  ...(since === undefined ? {} : { since }),
});

const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_value, i) => first + i);

describe('a subscription without since', () => {
  it('gets the number it starts from, the present state, then what happens, just as the history tells it', async () => {
    await happen(3);
    const client = await connectLive(url);
    client.send(subscribe(1, ['service', 'engine']));
    await client.until((messages) => messages.length === 2);
    await happen(1);
    await happen(1, 'engine');
    hub.advance();
    const messages = await client.until((all) => all.length === 4);
    const [fourth, fifth] = listEvents(db.read, { after: 3, limit: 10 });
    expect(messages).toEqual([
      { type: 'subscribed', id: 1, seq: 3 },
      { type: 'snapshot', id: 1, seq: 3, services: [], conflicts: [] },
      { type: 'event', seq: 4, event: fourth },
      { type: 'event', seq: 5, event: fifth },
    ]);
    expect(errors).toEqual([]);
  });

  it('misses nothing that happens while the present state is read', async () => {
    await happen(2);
    readState = async () => {
      await happen(2);
      hub.advance();
      return '"services":[],"conflicts":[]}';
    };
    const client = await connectLive(url);
    client.send(subscribe(1, ['service']));
    const messages = await client.until((all) => all.length === 4);
    expect(messages.slice(0, 2)).toEqual([
      { type: 'subscribed', id: 1, seq: 2 },
      { type: 'snapshot', id: 1, seq: 2, services: [], conflicts: [] },
    ]);
    expect(client.seqs).toEqual([3, 4]);
  });

  it('shares one reading of the state among all who come at the same time', async () => {
    const clients = await Promise.all(range(1, 20).map(() => connectLive(url)));
    for (const client of clients) client.send(subscribe(1, ['service']));
    await Promise.all(clients.map((client) => client.until((all) => all.length === 2)));
    expect(stateReads).toBe(1);
  });

  it('is told to come again later when the state cannot be read', async () => {
    readState = async () => Promise.reject(new Error('the api is away'));
    const client = await connectLive(url);
    client.send(subscribe(1, ['service']));
    expect((await client.closed).code).toBe(1013);
    expect(client.messages).toMatchObject([{ type: 'error', code: 'MODULE_UNAVAILABLE' }]);
  });
});

describe('a subscription with since', () => {
  it('gets exactly what it missed of its topics, in order, and goes on live', async () => {
    await happen(2);
    await happen(1, 'engine');
    await happen(2);
    const client = await connectLive(url);
    client.send(subscribe(7, ['service'], 1));
    await client.until((all) => all.length === 4);
    await happen(1);
    hub.advance();
    const messages = await client.until((all) => all.length === 5);
    expect(messages[0]).toEqual({ type: 'subscribed', id: 7, seq: 5 });
    expect(client.seqs).toEqual([2, 4, 5, 6]);
    expect(stateReads).toBe(0);
  });

  it('has neither gap nor double while events commit during the replay', async () => {
    await happen(5000);
    const client = await connectLive(url);
    client.send(subscribe(1, ['service'], 0));
    let last = 0;
    for (let i = 0; i < 40; i++) {
      last = await happen(50);
      hub.advance();
    }
    await client.until(() => client.seqs.length >= last);
    expect(client.seqs).toEqual(range(1, 7000));
  });

  it('starts anew when the number is from another log', async () => {
    await happen(2);
    const client = await connectLive(url);
    client.send(subscribe(1, ['service'], 99));
    const messages = await client.until((all) => all.length === 2);
    expect(messages.map(({ type }) => type)).toEqual(['subscribed', 'snapshot']);
  });

  it('sends an event that two subscriptions want once, and what a later one wants from further back then', async () => {
    await happen(4);
    const client = await connectLive(url);
    client.send(subscribe(1, ['service'], 2));
    client.send(subscribe(2, ['service'], 0));
    await client.until((all) => all.length === 6);
    await happen(1);
    hub.advance();
    await client.until((all) => all.length === 7);
    expect(client.seqs).toEqual([3, 4, 1, 2, 5]);
  });
});

describe('the conversation', () => {
  it('sends no more of a topic that was unsubscribed', async () => {
    const client = await connectLive(url);
    client.send(subscribe(1, ['service'], 0));
    client.send(subscribe(2, ['engine'], 0));
    await client.until((all) => all.length === 2);
    client.send({ type: 'unsubscribe', id: 1 });
    client.send({ type: 'unsubscribe', id: 9 });
    await client.until((all) => all.length === 3);
    await happen(1);
    await happen(1, 'engine');
    hub.advance();
    await client.until((all) => all.length === 4);
    expect(client.messages.slice(2)).toMatchObject([
      { type: 'error', code: 'NOT_FOUND' },
      { type: 'event', seq: 2 },
    ]);
  });

  it('answers what it cannot understand with an error and goes on', async () => {
    const client = await connectLive(url);
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
    client.send({ ...subscribe(1, ['service'], 0), extra: true });
    client.send(subscribe(1, ['service'], 0));
    client.send(subscribe(1, ['service'], 0));
    const messages = await client.until((all) => all.length === odd.length + 4);
    expect(messages.filter(({ type }) => type === 'subscribed')).toEqual([{ type: 'subscribed', id: 1, seq: 0 }]);
    expect(messages.filter(({ type }) => type === 'error')).toHaveLength(odd.length + 3);
    expect(errors).toEqual([]);
  });

  it('refuses more than 32 subscriptions on one connection', async () => {
    const client = await connectLive(url);
    for (const id of range(1, 33)) client.send(subscribe(id, ['service'], 0));
    const messages = await client.until((all) => all.length === 33);
    expect(messages.filter(({ type }) => type === 'error')).toMatchObject([{ code: 'RATE_LIMITED' }]);
  });

  it('ends a connection that sends more than 64 KiB in one message', async () => {
    const client = await connectLive(url);
    client.send(' '.repeat(64 * 1024 + 1));
    expect((await client.closed).code).toBe(1009);
  });

  it('ends a connection that sends a message in countless pieces', async () => {
    const client = await connectLive(url);
    for (let i = 0; i < 100; i++) client.ws.send('x', { fin: false });
    expect((await client.closed).code).toBe(1008);
  });
});

describe('who comes in', () => {
  it.each([
    ['nobody', async () => null, 4401],
    ['someone unknown because the api is away', async () => Promise.reject(new Error('away')), 1013],
  ] satisfies Array<[string, () => Promise<Principal | null>, number]>)(
    'lets %s through the handshake and closes with the code',
    async (_who, who, code) => {
      admitted = who;
      const client = await connectLive(url);
      expect((await client.closed).code).toBe(code);
      expect(hub.size).toBe(0);
    },
  );

  it('agrees on the subprotocol', async () => {
    const client = await connectLive(url);
    expect(client.ws.protocol).toBe('clos.v2');
  });
});

describe('slow and silent clients', () => {
  it('drops a reader that does not read with 4408; it resumes without a gap', async () => {
    const slow = await connectLive(url);
    const quick = await connectLive(url);
    slow.send(subscribe(1, ['service'], 0));
    quick.send(subscribe(1, ['service'], 0));
    await Promise.all([slow, quick].map((client) => client.until((all) => all.length === 1)));
    slow.ws.pause();
    const padding = 'x'.repeat(10_000);
    // The kernel takes some megabytes before anything waits in the process.
    let last: number = 0;
    while (hub.size === 2) {
      last = await happen(100, 'service', padding);
      hub.advance();
      const newest: number = last;
      await quick.until((): boolean => quick.seqs.length === newest);
    }
    last = await happen(50);
    hub.advance();
    slow.ws.resume();
    expect((await slow.closed).code).toBe(4408);
    const seen = slow.seqs;
    expect(seen).toEqual(range(1, seen.length));
    const again = await connectLive(url);
    again.send(subscribe(1, ['service'], seen.length));
    await again.until(() => again.seqs.at(-1) === last);
    expect(again.seqs).toEqual(range(seen.length + 1, last));
  });

  it('cuts off a client that does not answer pings', async () => {
    await heartbeat(50);
    const client = new WebSocket(url, ['clos.v2'], { autoPong: false });
    client.on('error', () => undefined);
    const code = await new Promise<number>((resolve) => client.once('close', resolve));
    expect(code).toBe(1006);
    await vi.waitFor(() => expect(hub.size).toBe(0));
  });

  it('keeps a client that answers', async () => {
    await heartbeat(50);
    const client = await connectLive(url);
    let pings = 0;
    await new Promise<void>((resolve) => {
      client.ws.on('ping', () => {
        if (++pings === 5) resolve();
      });
    });
    expect(client.ws.readyState).toBe(WebSocket.OPEN);
  });
});

describe('the log', () => {
  it('frames an event as it is in the history, whatever its size', async () => {
    await happen(1);
    await happen(1, 'service', 'y'.repeat(300));
    await happen(1, 'service', 'z'.repeat(70_000));
    const client = await connectLive(url);
    client.send(subscribe(1, ['service'], 0));
    const messages = await client.until((all) => all.length === 4);
    const events = messages.flatMap((message) => (message.type === 'event' ? [message.event] : []));
    expect(events).toEqual(listEvents(db.read, { after: 0, limit: 10 }));
    expect(lastSeq(db.read)).toBe(3);
  });
});
