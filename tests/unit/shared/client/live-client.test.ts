import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { LiveClient, type LiveClientOptions, type LiveState } from '#shared/client/live-client.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import type { ClosEvent } from '#shared/contract/events.ts';
import { type ClientMessage, clientMessageSchema, closeCodes, liveSubprotocol } from '#shared/contract/live.ts';

function event(seq: number): ClosEvent {
  return {
    seq,
    type: 'service.deleted',
    version: 1,
    subject: { type: 'service', id: `svc_${seq}`, name: 'web' },
    actor: { type: 'key', id: 'key_1', name: 'ada' },
    cause: null,
    trace: null,
    time: '2026-01-02T03:04:05.000Z',
    data: {},
  };
}

/** One accepted connection: what was said on it, and how to answer. */
interface Peer {
  socket: WebSocket;
  /** The next message of the client. */
  heard(): Promise<ClientMessage>;
  say(message: object): void;
  sayEvent(seq: number): void;
}

let server: WebSocketServer;
let waiting: Array<(peer: Peer) => void>;
let arrived: Peer[];
let clients: LiveClient[];

function peerOf(socket: WebSocket): Peer {
  const messages: ClientMessage[] = [];
  const listeners: Array<(message: ClientMessage) => void> = [];
  socket.on('message', (data) => {
    const message = clientMessageSchema.parse(JSON.parse(String(data)));
    const listener = listeners.shift();
    if (listener === undefined) messages.push(message);
    else listener(message);
  });
  const say = (message: object) => socket.send(JSON.stringify(message));
  return {
    socket,
    say,
    sayEvent: (seq) => say({ type: 'event', seq, event: event(seq) }),
    heard() {
      const message = messages.shift();
      return message === undefined ? new Promise((resolve) => listeners.push(resolve)) : Promise.resolve(message);
    },
  };
}

function nextPeer(): Promise<Peer> {
  const peer = arrived.shift();
  return peer === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(peer);
}

beforeEach(async () => {
  waiting = [];
  arrived = [];
  clients = [];
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket) => {
    const peer = peerOf(socket);
    const resolve = waiting.shift();
    if (resolve === undefined) arrived.push(peer);
    else resolve(peer);
  });
  await once(server, 'listening');
});

afterEach(async () => {
  for (const client of clients) client.stop();
  for (const socket of server.clients) socket.terminate();
  await new Promise((resolve) => server.close(resolve));
});

function url(): string {
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function follow(options: Partial<LiveClientOptions> = {}) {
  const seen: number[] = [];
  const states: Array<[LiveState, string | null]> = [];
  const client = new LiveClient({
    connect: async () => new WebSocket(url(), liveSubprotocol),
    topics: ['service'],
    onEvent: ({ seq }) => seen.push(seq),
    onState: (state, refusal) => states.push([state, refusal]),
    timing: { firstDelayMs: 5, maxDelayMs: 20, handshakeMs: 2000 },
    ...options,
  });
  clients.push(client);
  client.start();
  return { client, seen, states };
}

describe('LiveClient', () => {
  it('subscribes under the subprotocol with the last number that the caller has seen', async () => {
    const { client, states } = follow({ since: 41 });
    const peer = await nextPeer();
    expect(peer.socket.protocol).toBe('clos.v2');
    expect(await peer.heard()).toEqual({ type: 'subscribe', id: 1, topics: ['service'], since: 41 });
    peer.say({ type: 'subscribed', id: 1, seq: 41 });
    await vi.waitFor(() => expect(client.state).toBe('live'));
    expect(states).toEqual([
      ['connecting', null],
      ['live', null],
    ]);
  });

  it('asks without a number at first, and takes the one of the snapshot', async () => {
    const snapshots: number[] = [];
    const { client, seen } = follow({ onSnapshot: ({ seq }) => snapshots.push(seq) });
    const peer = await nextPeer();
    expect(await peer.heard()).toEqual({ type: 'subscribe', id: 1, topics: ['service'] });
    peer.say({ type: 'subscribed', id: 1, seq: 9 });
    peer.say({ type: 'snapshot', id: 1, seq: 9, reason: 'asked', services: [], conflicts: [] });
    peer.sayEvent(9);
    peer.sayEvent(10);
    await vi.waitFor(() => expect(seen).toEqual([10]));
    expect(snapshots).toEqual([9]);
    expect(client.lastSeq).toBe(10);
  });

  it('resumes after a drop where it was, without gaps and without doubles', async () => {
    const { client, seen } = follow({ since: 0 });
    const first = await nextPeer();
    await first.heard();
    first.say({ type: 'subscribed', id: 1, seq: 0 });
    for (const seq of [1, 2, 3]) first.sayEvent(seq);
    await vi.waitFor(() => expect(seen).toEqual([1, 2, 3]));
    first.socket.terminate();

    const second = await nextPeer();
    expect(await second.heard()).toEqual({ type: 'subscribe', id: 2, topics: ['service'], since: 3 });
    second.say({ type: 'subscribed', id: 2, seq: 5 });
    for (const seq of [2, 3, 4, 4, 5]) second.sayEvent(seq);
    await vi.waitFor(() => expect(seen).toEqual([1, 2, 3, 4, 5]));
    expect(client.state).toBe('live');
  });

  it('loses nothing of a thousand events over many drops', async () => {
    const { seen } = follow({ since: 0 });
    for (let next = 1; next <= 1000; ) {
      const peer = await nextPeer();
      const hello = await peer.heard();
      const since = hello.type === 'subscribe' ? (hello.since ?? 0) : 0;
      peer.say({ type: 'subscribed', id: hello.id, seq: 1000 });
      // Each connection lives for 97 events, and the last of them may not arrive.
      next = Math.min(since + 97, 1000) + 1;
      for (let seq = since + 1; seq < next; seq++) peer.sayEvent(seq);
      if (next <= 1000) peer.socket.close(1001);
    }
    await vi.waitFor(() => expect(seen.at(-1)).toBe(1000));
    expect(seen).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1));
  });

  it('comes back after it was too slow', async () => {
    const { states } = follow({ since: 7 });
    const peer = await nextPeer();
    const hello = await peer.heard();
    peer.say({ type: 'subscribed', id: hello.id, seq: 7 });
    peer.socket.close(closeCodes.tooSlow);
    expect(await (await nextPeer()).heard()).toMatchObject({ type: 'subscribe', since: 7 });
    expect(states).toEqual([
      ['connecting', null],
      ['live', null],
      ['connecting', null],
    ]);
  });

  it('gives up when its credential is refused twice running', async () => {
    const { client, states } = follow();
    (await nextPeer()).socket.close(closeCodes.notSignedIn);
    (await nextPeer()).socket.close(closeCodes.notSignedIn);
    await vi.waitFor(() => expect(states.at(-1)).toEqual(['offline', 'not-signed-in']));
    expect(client.state).toBe('offline');
    expect(arrived).toEqual([]);
  });

  it('gives up at once when it is not allowed', async () => {
    const { states } = follow();
    (await nextPeer()).socket.close(closeCodes.notAllowed);
    await vi.waitFor(() => expect(states.at(-1)).toEqual(['offline', 'not-allowed']));
  });

  it('gives up when no ticket is given because nobody is signed in', async () => {
    const { states } = follow({ connect: () => Promise.reject(new ClosError('NOT_SIGNED_IN')) });
    await vi.waitFor(() => expect(states.at(-1)).toEqual(['offline', 'not-signed-in']));
  });

  it('goes on trying while nobody answers, and says that it is offline', async () => {
    let tries = 0;
    const { client, states } = follow({
      connect: async () => {
        tries++;
        if (tries < 4) throw new ClosError('CLOS_UNREACHABLE');
        return new WebSocket(url(), liveSubprotocol);
      },
    });
    const peer = await nextPeer();
    expect(client.state).toBe('offline');
    const hello = await peer.heard();
    peer.say({ type: 'subscribed', id: hello.id, seq: 0 });
    await vi.waitFor(() => expect(client.state).toBe('live'));
    expect(tries).toBe(4);
    expect(states).toEqual([
      ['connecting', null],
      ['offline', null],
      ['live', null],
    ]);
  });

  it('goes on from the snapshot that comes when the log cannot go on from its number', async () => {
    const reasons: string[] = [];
    const { client, seen } = follow({ since: 500, onSnapshot: ({ reason }) => reasons.push(reason) });
    const peer = await nextPeer();
    await peer.heard();
    peer.say({ type: 'subscribed', id: 1, seq: 12 });
    peer.say({ type: 'snapshot', id: 1, seq: 12, reason: 'other-history', services: [], conflicts: [] });
    peer.sayEvent(13);
    await vi.waitFor(() => expect(seen).toEqual([13]));
    peer.socket.terminate();
    expect(await (await nextPeer()).heard()).toMatchObject({ since: 13 });
    expect([client.lastSeq, reasons]).toEqual([13, ['other-history']]);
  });

  it('asks for some subjects only, and hands over values that are no events', async () => {
    const metrics: unknown[] = [];
    const { client } = follow({
      since: 3,
      topics: ['service', 'metric'],
      subjects: ['svc_1'],
      onMetric: ({ subject, values }) => metrics.push([subject, values]),
    });
    const peer = await nextPeer();
    expect(await peer.heard()).toMatchObject({ topics: ['service', 'metric'], subjects: ['svc_1'], since: 3 });
    peer.say({ type: 'subscribed', id: 1, seq: 3 });
    peer.say({ type: 'metric', subject: 'svc_1', time: '2026-01-02T03:04:05.000Z', values: { cpu: 0.5 } });
    await vi.waitFor(() => expect(metrics).toEqual([['svc_1', { cpu: 0.5 }]]));
    expect(client.lastSeq).toBe(3);
  });

  it('tells of what it does not understand, and goes on', async () => {
    const problems: string[] = [];
    const { seen } = follow({ since: 0, onProblem: ({ code }) => problems.push(code) });
    const peer = await nextPeer();
    await peer.heard();
    peer.socket.send('{"type":');
    peer.say({ type: 'event', seq: 'one' });
    peer.say({ type: 'error', code: 'INVALID_INPUT', detail: 'no such topic' });
    peer.sayEvent(1);
    await vi.waitFor(() => expect(seen).toEqual([1]));
    expect(problems).toEqual(['MALFORMED_BODY', 'MALFORMED_BODY', 'INVALID_INPUT']);
  });

  it('hands nothing over after it was stopped, and leaves no socket', async () => {
    const { client, seen } = follow({ since: 0 });
    const peer = await nextPeer();
    await peer.heard();
    peer.say({ type: 'subscribed', id: 1, seq: 0 });
    await vi.waitFor(() => expect(client.state).toBe('live'));
    peer.sayEvent(1);
    client.stop();
    await once(peer.socket, 'close');
    expect(seen).toEqual([]);
    expect(client.state).toBe('offline');
  });
});
