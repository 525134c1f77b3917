import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { eventually } from '#tests/support/eventually.ts';
import { connectLive, type LiveClient } from '#tests/support/live-client.ts';
import { range, subscribe } from '#tests/support/live-server.ts';
import { sendRaw, statusOf } from '#tests/support/raw-http.ts';
import { removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';
import { quantile } from '../bench/frame/statistics.ts';

const witnessProgram = fileURLToPath(new URL('../support/live-witness.ts', import.meta.url));
let system: TestSystem;
/** One that behaves, through the gateway: it follows everything from the beginning of the test on. */
let good: LiveClient;
let since: number;
let before: unknown;
/** Another client, in the long form only. */
let witness: ChildProcess | null = null;
const mostMs = 50;

beforeAll(async () => {
  system = await startSystem();
  before = (await system.client.system.status()).modules;
  since = (await system.client.system.status()).seq;
  good = await connectLive(`${system.discovery.gateway.url.replace('http', 'ws')}/ws`, bearer());
  good.send(subscribe(1, ['service', 'lease', 'operation', 'conflict', 'module', 'system', 'engine'], { since }));
  if (process.env.CLOS_LONG !== '1') return;
  witness = fork(witnessProgram, [good.ws.url, system.apiKey]);
  await once(witness, 'message');
});
afterAll(async () => {
  witness?.disconnect();
  await system.stop();
  removeHome(system.home);
});

const bearer = () => ({ authorization: `Bearer ${system.apiKey}` });
const doors = () =>
  [system.discovery.gateway.url, system.discovery.websocket.url].map((url) => url.replace('http', 'ws'));

let made = 0;

/** What the witness has seen since it was asked before. */
async function delays(): Promise<number[]> {
  const answer = once(witness as ChildProcess, 'message');
  witness?.send('tell');
  const [{ delays: seen }] = (await answer) as [{ delays: number[] }];
  return seen;
}

/**
 * While it happens the good client gets every event, and afterwards every process is the one that it was. The long form goes on until
 * there are enough events to say how late the latest come to others.
 */
async function harmless(abuse: () => Promise<void>): Promise<void> {
  const enough = made + (witness === null ? 1 : 1000);
  if (witness !== null) await delays();
  let isOver = false;
  const repeat = async () => {
    do await abuse();
    while (made < enough);
  };
  const abused = repeat().finally(() => {
    isOver = true;
  });
  do {
    // As often as people do things, and not as often as can be: only the abuse is to be felt.
    if (witness !== null) await delay(10);
    await system.client.services.create({ name: `s${made++}`, runtime: { type: 'container', image: 'none:1' } });
  } while (!isOver);
  await abused;
  const { seq, modules } = await system.client.system.status();
  await good.until(() => good.seqs.at(-1) === seq);
  expect(good.seqs).toEqual(range(since + 1, seq));
  expect(modules).toEqual(before);
  if (witness === null) return;
  const p99 = quantile(await delays(), 0.99);
  process.stderr.write(`99 of 100 events came to others within ${Math.round(p99)} ms\n`);
  expect(p99).toBeLessThanOrEqual(mostMs);
}

/** A client below the library: what it sends after the handshake is up to it. */
async function rawClient(door: string, headers: Record<string, string> = bearer()): Promise<Socket> {
  const { port, host } = new URL(door);
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const all = {
    host,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': randomBytes(16).toString('base64'),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET /ws HTTP/1.1\r\n${lines.join('')}\r\n`);
  const [answer] = await once(socket, 'data');
  expect(String(answer)).toMatch(/^HTTP\/1\.1 101 /);
  return socket;
}

/** However it ends. */
const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()));

/** Resolves with the code of the close frame that ends what the server sends: its last four bytes and the reason. */
async function closeCode(socket: Socket): Promise<number | null> {
  const parts: Buffer[] = [];
  socket.on('data', (part: Buffer) => parts.push(part));
  await closed(socket);
  const all = Buffer.concat(parts);
  const at = all.indexOf(0x88);
  return at < 0 ? null : all.readUInt16BE(at + 2);
}

/** Sends for as long as somebody takes it. */
async function pour(socket: Socket, bytes: Buffer): Promise<void> {
  const over = closed(socket);
  while (!socket.destroyed && socket.writable) {
    if (socket.write(bytes)) await new Promise((resolve) => setImmediate(resolve));
    else await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), over]);
  }
}

describe('while others get every event in order, and no process ends', () => {
  it('a flood of upgrades without a key, with a wrong one and with spent tickets is turned away', async () => {
    await harmless(async () => {
      const turnedAway = doors().flatMap((door) =>
        range(1, 300).map(async (count) => {
          const ticket = count % 3 === 0 ? `?ticket=clos_t_${count}` : '';
          const headers = count % 3 === 1 ? { authorization: `Bearer clos_${count}` } : {};
          const ws = new WebSocket(`${door}/ws${ticket}`, 'clos.v2', { headers });
          ws.on('error', () => undefined);
          const [code] = await once(ws, 'close');
          return Number(code);
        }),
      );
      expect(new Set(await Promise.all(turnedAway))).toEqual(new Set([4401]));
    });
  });

  it('upgrades that never come to their end are told so when their ten seconds are over', async () => {
    await harmless(async () => {
      const began = performance.now();
      const ends = doors().flatMap((door) =>
        range(1, 100).map(async () => {
          const answer = await sendRaw(
            Number(new URL(door).port),
            'GET /ws HTTP/1.1\r\nupgrade: websocket\r\n',
            60_000,
          );
          return { status: statusOf(answer), isLate: performance.now() - began > 20_000 };
        }),
      );
      expect(new Set((await Promise.all(ends)).map((end) => JSON.stringify(end)))).toEqual(
        new Set([JSON.stringify({ status: 408, isLate: false })]),
      );
    });
  });

  it('a message of a gigabyte is refused as it begins', async () => {
    await harmless(async () => {
      for (const door of doors()) {
        const socket = await rawClient(door);
        const head = Buffer.alloc(14);
        head.set([0x81, 0xff]);
        head.writeBigUInt64BE(1024n ** 3n, 2);
        socket.write(head);
        const [code] = await Promise.all([closeCode(socket), pour(socket, Buffer.alloc(64 * 1024))]);
        expect(code).toBe(1009);
      }
    });
  });

  it('a message in fragments of one byte is refused', async () => {
    await harmless(async () => {
      for (const door of doors()) {
        const socket = await rawClient(door);
        const fragments = range(0, 9999).map((count) => Buffer.of(count === 0 ? 0x01 : 0x00, 0x81, 0, 0, 0, 0, 0x20));
        const code = closeCode(socket);
        socket.write(Buffer.concat(fragments));
        socket.end();
        expect(await code).toBe(1008);
      }
    });
  });

  it('countless small messages are refused', async () => {
    await harmless(async () => {
      for (const door of doors()) {
        const socket = await rawClient(door);
        const messages = Buffer.concat(range(1, 5000).map(() => Buffer.of(0x81, 0x81, 0, 0, 0, 0, 0x7b)));
        const code = closeCode(socket);
        const poured = pour(socket, messages);
        expect([1008, null]).toContain(await code);
        await poured;
      }
    });
  });

  it('senders that take for ever over a message, and readers that do not read, hold up nobody', async () => {
    const idle: Socket[] = [];
    await harmless(async () => {
      for (const door of doors()) {
        for (let count = 0; count < 20; count++) {
          const socket = await rawClient(door);
          idle.push(socket);
          const message = Buffer.from(JSON.stringify(subscribe(1, ['service'], { since: 0 })));
          const head = Buffer.of(0x81, 0x80 | message.length, 0, 0, 0, 0);
          // Half of them say what they want and read nothing, the others come to no end.
          socket.pause();
          socket.write(count % 2 === 0 ? Buffer.concat([head, message]) : head.subarray(0, 1 + (count % 5)));
        }
      }
    });
    for (const socket of idle) socket.destroy();
    await eventually(
      async () => (await system.client.connections.list()).items,
      (items) => items.length === (witness === null ? 1 : 2),
    );
  });
});
