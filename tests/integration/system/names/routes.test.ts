import { readFileSync, statSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { selfSigned } from '#tests/support/certificates.ts';
import { eventually } from '#tests/support/eventually.ts';
import { askName, gatewayPort, nameProgram, nameServer, untilState } from '#tests/support/names.ts';
import { removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

let system: TestSystem;
let behave: RequestListener;
const server = createServer((request, response) => behave(request, response));
const overTls = createTlsServer(selfSigned('somewhere.example'), (request, response) =>
  response.end(`tls ${request.url}`),
);

beforeAll(async () => {
  system = await startSystem();
  await nameServer(system, 'shop', { server });
  await nameServer(system, 'safe', { server: overTls, scheme: 'https' });
});
afterAll(async () => {
  await system.client.services.stop({ id: 'six' }, { waitSeconds: 30 });
  await system.stop();
  for (const one of [server, overTls]) {
    one.closeAllConnections();
    one.close();
  }
  removeHome(system.home);
});

const onSix = `import { createServer } from 'node:http';
import { WebSocketServer } from '${import.meta.resolve('ws')}';
const server = createServer((request, response) => response.end('six ' + request.url));
new WebSocketServer({ server }).on('connection', (ws) => ws.send('hello from six'));
server.listen(Number(process.env.PORT), '::1');`;

const firstMessage = (name: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const port = gatewayPort(system);
    const ws = new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { host: `${name}.localhost:${port}` } });
    ws.on('error', reject);
    ws.once('message', (data) => {
      resolve(String(data));
      ws.close();
    });
  });

describe('a route', () => {
  it('leads to a program that listens on ::1 only, where 127.0.0.1 was agreed on, with its WebSockets', async () => {
    await nameProgram(system, 'six', { command: [process.execPath, '--input-type=module', '-e', onSix] });
    await system.client.services.start({ id: 'six' }, { waitSeconds: 30 });
    await untilState(system, 'six', 'ready');
    expect(await askName(system, 'six/a')).toMatchObject({ status: 200, body: 'six /a' });
    expect(await firstMessage('six')).toBe('hello from six');
  });

  it('leads to a service that speaks TLS with a certificate of its own, with its WebSockets', async () => {
    new WebSocketServer({ server: overTls }).on('connection', (ws) => ws.send('hello over tls'));
    expect(await askName(system, 'safe/b')).toMatchObject({ status: 200, body: 'tls /b' });
    expect(await firstMessage('safe')).toBe('hello over tls');
  });

  it('of a path takes what lies below it, the closest first, and may take its path off', async () => {
    behave = (request, response) => response.end(`${request.url} under ${request.headers['x-forwarded-prefix']}`);
    const targets = [{ service: 'shop' }];
    await system.client.routes.create({ name: 'paths', path: '/api', targets });
    await system.client.routes.create({ name: 'paths', path: '/api/v1', stripPath: true, targets });
    await eventually(
      () => askName(system, 'paths/api/v1'),
      ({ body }) => body.startsWith('/ under'),
    );
    const ask = async (path: string) => {
      const { status, body } = await askName(system, `paths${path}`);
      return status === 200 ? body : status;
    };
    const paths = ['/api', '/api?x', '/api/v1', '/api/v1?x', '/api/v1/a//b', '/api/v10', '/apis', '/', '/api%2fv1'];
    expect(await Promise.all(paths.map(ask))).toEqual([
      '/api under undefined',
      '/api?x under undefined',
      '/ under /api/v1',
      '/?x under /api/v1',
      '/a//b under /api/v1',
      '/api/v10 under undefined',
      404,
      404,
      404,
    ]);
  });

  it('with a limit answers 429 with Retry-After, counts what went through it, and logs no query', async () => {
    behave = async (request, response) => {
      await text(request);
      response.end('four');
    };
    const { id } = await system.client.routes.create({
      name: 'limited',
      rateLimit: { requestsPerSecond: 0.1, burst: 2 },
      targets: [{ service: 'shop' }],
    });
    await eventually(
      () => askName(system, 'limited/', { method: 'POST', body: 'body' }),
      ({ status }) => status === 200,
    );
    await askName(system, 'limited/path?token=secret');
    const refused = await askName(system, 'limited');
    expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '10' } });

    const { items } = await system.client.routes.traffic();
    expect(items.find(({ routeId }) => routeId === id)).toEqual({
      routeId: id,
      requests: 3,
      inFlight: 0,
      tunnels: 0,
      statuses: { '1xx': 0, '2xx': 2, '3xx': 0, '4xx': 1, '5xx': 0 },
      limited: 1,
      unanswered: 0,
      bytesIn: 4,
      bytesOut: 8,
      responseMs: { p50: expect.any(Number), p95: expect.any(Number), p99: expect.any(Number) },
      lastAt: expect.any(String),
    });
    const { items: newest } = await system.client.routes.requests({ route: id });
    expect(newest.map(({ method, path, status, service }) => [method, path, status, service])).toEqual([
      ['GET', '/', 429, null],
      ['GET', '/path', 200, 'shop'],
      ['POST', '/', 200, 'shop'],
    ]);
    const file = join(system.home.logsDir, 'access.log');
    const written = await eventually(
      async () => readFileSync(file, 'utf8'),
      (lines) => lines.includes('/path'),
    );
    expect({ mode: statSync(file).mode & 0o777, secret: written.includes('secret') }).toEqual({
      mode: 0o600,
      secret: false,
    });
  });
});
