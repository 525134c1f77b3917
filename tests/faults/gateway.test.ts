import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { askName, gatewayPort, nameServer, openNamed } from '#tests/support/names.ts';
import { sendRaw } from '#tests/support/raw-http.ts';
import { newHome, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

const isLong = process.env.CLOS_LONG === '1';
const mebibyte = 1024 * 1024;
const bodyBytes = (isLong ? 2048 : 512) * mebibyte;
const idleClients = isLong ? 10_000 : 2000;
const mostGrowth = 80 * mebibyte;
const piece = Buffer.alloc(mebibyte, 'x');

let system: TestSystem;
let gatewayPid: number;
let behave: RequestListener;
const server = createServer({ requestTimeout: 0 }, (request, response) => behave(request, response));

beforeAll(async () => {
  const home = newHome();
  writeFileSync(home.configFile, JSON.stringify({ gateway: { bodyIdleMs: 5000 } }));
  system = await startSystem({ home });
  await nameServer(system, 'shop', { server });
  gatewayPid = (await system.client.system.status()).modules.find(({ name }) => name === 'gateway')?.pid ?? 0;
});
afterAll(async () => {
  await system.stop();
  server.closeAllConnections();
  server.close();
  removeHome(system.home);
});

/** What the gateway has in memory, in bytes. */
function residentBytes(): number {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${gatewayPid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

const ok: RequestListener = (_request, response) => response.end('ok');

const counting: RequestListener = async (request, response) => {
  let received = 0;
  for await (const chunk of request) received += (chunk as Buffer).length;
  response.end(String(received));
};

/** The most that the gateway grows by, looked at with each mebibyte, once its heap has the size that it has at work. */
async function growthWhile(run: (look: () => void) => Promise<void>): Promise<number> {
  behave = counting;
  await upload(128 * mebibyte, () => undefined);
  const before = residentBytes();
  let most = before;
  await run(() => {
    most = Math.max(most, residentBytes());
  });
  return most - before;
}

async function upload(bytes: number, look: () => void): Promise<string> {
  const request = openNamed(system, 'shop', { method: 'POST', headers: { 'content-length': String(bytes) } });
  for (let sent = 0; sent < bytes; sent += piece.length) {
    if (!request.write(piece)) await once(request, 'drain');
    look();
  }
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return text;
}

it(`an upload of ${bodyBytes / mebibyte} MiB goes through memory, and does not stay there`, async () => {
  let answer = '';
  const growth = await growthWhile(async (look) => {
    behave = counting;
    answer = await upload(bodyBytes, look);
  });
  expect({ answer, flat: growth < mostGrowth }).toEqual({ answer: String(bodyBytes), flat: true });
});

it(`a download of ${bodyBytes / mebibyte} MiB goes through memory, and does not stay there`, async () => {
  let received = 0;
  const growth = await growthWhile(async (look) => {
    behave = async (_request, response) => {
      for (let sent = 0; sent < bodyBytes; sent += piece.length) {
        if (!response.write(piece)) await once(response, 'drain');
      }
      response.end();
    };
    const request = openNamed(system, 'shop');
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    let next = 0;
    for await (const chunk of response) {
      received += (chunk as Buffer).length;
      if (received < next) continue;
      next += mebibyte;
      look();
    }
  });
  expect({ received, flat: growth < mostGrowth }).toEqual({ received: bodyBytes, flat: true });
});

it('a hundred readers who do not read hold their services up, not memory', async () => {
  const sockets: Socket[] = [];
  const growth = await growthWhile(async (look) => {
    behave = async (_request, response) => {
      const closed = once(response, 'close');
      for (let n = 0; n < 64 && !response.destroyed; n++) {
        if (!response.write(piece)) await Promise.race([once(response, 'drain'), closed]);
      }
      response.end();
    };
    for (let n = 0; n < 100; n++) {
      const socket = connect(gatewayPort(system), '127.0.0.1');
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.write('GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n');
      await once(socket, 'readable');
      look();
    }
  });
  for (const socket of sockets) socket.destroy();
  expect(growth).toBeLessThan(2 * mostGrowth);
});

it(`${idleClients} clients that stay connected keep nobody else waiting`, async () => {
  const sockets: Socket[] = [];
  const statuses = new Set<number>();
  behave = ok;
  const growth = await growthWhile(async (look) => {
    for (let n = 0; n < idleClients; n++) {
      const socket = connect(gatewayPort(system), '127.0.0.1');
      sockets.push(socket);
      socket.write('GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n');
      await once(socket, 'data');
    }
    for (let n = 0; n < 500; n++) statuses.add((await askName(system, 'shop')).status);
    look();
  });
  const open = sockets.filter(({ readyState }) => readyState === 'open').length;
  for (const socket of sockets) socket.destroy();
  expect({ open, statuses: [...statuses] }).toEqual({ open: idleClients, statuses: [200] });
  expect(growth / idleClients).toBeLessThan(32 * 1024);
});

it('who does not end the head of a request is hung up on', async () => {
  const head = 'GET / HTTP/1.1\r\nHost: shop.localhost\r\n';
  expect(await sendRaw(gatewayPort(system), head, 30_000)).toMatch(/^HTTP\/1\.1 4\d\d /);
});

it('who stands still in the middle of a body is hung up on', async () => {
  behave = (request) => void request.resume();
  const head = 'POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 10\r\n\r\nhalf';
  expect(await sendRaw(gatewayPort(system), head, 80_000)).toBe('');
});
