import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { askName, gatewayPort, nameServer } from '#tests/support/names.ts';
import { createRandom } from '#tests/support/random.ts';
import { sendRaw } from '#tests/support/raw-http.ts';
import { framingTricks } from '#tests/support/smuggling/framing.ts';
import { headTricks } from '#tests/support/smuggling/heads.ts';
import type { Trick } from '#tests/support/smuggling/trick.ts';
import { removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

const mutations = process.env.CLOS_LONG === '1' ? 100_000 : 5000;
const tricks = [...framingTricks, ...headTricks];
const sideBySide = 48;

let system: TestSystem;

/** A service that keeps all that reaches it. */
interface Service {
  server: Server;
  requests: Array<{ url: string; host: string; via: string; id: string; body: string }>;
  /** What it could not read, which came from the gateway. */
  faults: string[];
}
function recordingService(): Service {
  const service: Service = { server: createServer(), requests: [], faults: [] };
  service.server.on('request', async (request, response) => {
    const { host = '', via = '', 'x-request-id': id } = request.headers;
    const body = await text(request).catch(() => 'broken off');
    service.requests.push({ url: request.url ?? '', host, via, id: String(id), body });
    response.end();
  });
  service.server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // That a body ends too early is the client's affair.
    if (error.code !== 'ECONNRESET' && error.code !== 'HPE_INVALID_EOF_STATE') service.faults.push(error.message);
    socket.destroy();
  });
  return service;
}
const [a, b] = [recordingService(), recordingService()];

beforeAll(async () => {
  system = await startSystem();
  await nameServer(system, 'a', { server: a.server });
  await nameServer(system, 'b', { server: b.server });
});
afterAll(async () => {
  await system.stop();
  for (const { server } of [a, b]) {
    server.closeAllConnections();
    server.close();
  }
  removeHome(system.home);
});

/** Text as its bytes in UTF-8, each as a character. */
const latin1 = (text: string) => Buffer.from(text).toString('latin1');
const gatewayPid = async () =>
  (await system.client.system.status()).modules.find(({ name }) => name === 'gateway')?.pid;

async function inParallel<T>(items: readonly T[], run: (item: T, index: number) => Promise<void>): Promise<void> {
  const left = items.entries();
  const worker = async () => {
    for (const [index, item] of left) await run(item, index);
  };
  await Promise.all(Array.from({ length: sideBySide }, worker));
}

/** Each request that a service has read was passed on by the gateway as one, and for the service's own name. */
function expectNothingCrossed(): void {
  const ownName = { a: /^a\.localhost\.?(:\d+)?$/i, b: /^b\.localhost\.?(:\d+)?$/i };
  const strange = Object.entries({ a, b }).flatMap(([name, { requests }]) =>
    requests.filter(
      ({ host, via }) => !ownName[name as 'a' | 'b'].test(host) || !/(?:^|, )1\.1 clos-[0-9a-f]{16}$/.test(via),
    ),
  );
  const ids = [...a.requests, ...b.requests].map(({ id }) => id);
  expect({ strange, faults: [...a.faults, ...b.faults], twice: ids.length - new Set(ids).size }).toEqual({
    strange: [],
    faults: [],
    twice: 0,
  });
}

it(`of ${tricks.length} requests that can be read in two ways none is read in two ways`, async () => {
  const rest = (index: number) => `GET /for-b-${index}- HTTP/1.1\r\nHost: b.localhost\r\nConnection: close\r\n\r\n`;
  expect(tricks.length).toBeGreaterThan(150);
  const pid = await gatewayPid();
  const wrong: unknown[] = [];
  const judge = ({ what, bytes, fate }: Trick, index: number, answer: string) => {
    const mine = (service: Service) =>
      service.requests.filter(({ url, body }) => `${url}${body}`.includes(`-${index}-`));
    const [atA, atB] = [mine(a), mine(b)];
    const statuses = answer.match(/(?<=^HTTP\/1\.1 )\d+/gm) ?? [];
    // A body that was not ended may be cut off, but what follows it is never a part of it.
    const leaked =
      atA.some(({ url, body }) => `${url}${body}`.includes('for-b')) ||
      atB.some(({ url }) => !url.startsWith('/for-b'));
    const passedOn = fate === 'refused' && (atA.length > 0 || atB.length > 0);
    const answered = fate === 'refused' && !(statuses.length <= 1 && /^4\d\d$/.test(statuses[0] ?? '400'));
    if (leaked || passedOn || answered || atB.length > 1)
      wrong.push({ what, bytes: bytes.slice(0, 200), statuses, atA, atB });
  };
  await inParallel(tricks, async (trick, index) => {
    const answer = await sendRaw(
      gatewayPort(system),
      latin1(trick.bytes.replace('/for-a', `/for-a-${index}-`) + rest(index)),
    );
    const normal = [await askName(system, 'a/normal'), await askName(system, 'b/normal')];
    expect(normal.map(({ status }) => status)).toEqual([200, 200]);
    judge(trick, index, answer);
  });

  expect(wrong).toEqual([]);
  expectNothingCrossed();
  expect(await gatewayPid()).toBe(pid);
});

const valid = [
  'GET /for-a HTTP/1.1\r\nHost: a.localhost\r\nAccept: */*\r\n\r\n',
  'POST /for-a HTTP/1.1\r\nHost: a.localhost\r\nContent-Length: 5\r\n\r\nhello',
  'POST /for-a HTTP/1.1\r\nHost: a.localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'PUT /for-a?x=1 HTTP/1.1\r\nHost: a.localhost\r\nConnection: keep-alive, x-hop\r\nX-Hop: 1\r\nContent-Length: 2\r\n\r\nab',
];
const rest = 'GET /for-b HTTP/1.1\r\nHost: b.localhost\r\nConnection: close\r\n\r\n';
const pieces = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  '\t',
  ':',
  ',',
  ';',
  '0',
  '9',
  'Content-Length: 3\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Host: b.localhost\r\n',
];

it(`of ${mutations} requests that were changed at random nothing crosses over, and the gateway lives`, async () => {
  const random = createRandom(17);
  const below = (limit: number) => Math.floor(random() * limit);
  const pid = await gatewayPid();
  a.requests.length = 0;
  b.requests.length = 0;
  const changed = Array.from({ length: mutations }, () => {
    let bytes = (valid[below(valid.length)] ?? '') + rest;
    for (let changes = 1 + below(4); changes > 0; changes -= 1) {
      const at = below(bytes.length);
      const taken = [0, 1, below(12)][below(3)] ?? 0;
      const put =
        ['', String.fromCharCode(below(256)), pieces[below(pieces.length)], bytes.slice(at, at + below(20))][
          below(4)
        ] ?? '';
      bytes = bytes.slice(0, at) + put + bytes.slice(at + taken);
    }
    return bytes;
  });
  await inParallel(changed, async (bytes) => void (await sendRaw(gatewayPort(system), bytes, 250)));

  expectNothingCrossed();
  expect([a.requests.length > mutations / 20, b.requests.length > mutations / 20]).toEqual([true, true]);
  expect((await askName(system, 'a/normal')).status).toBe(200);
  expect(await gatewayPid()).toBe(pid);
}, 600_000);
