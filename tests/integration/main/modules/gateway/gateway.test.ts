import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { openCoreDb } from '#main/database/core-db.ts';
import { bindSocket } from '#main/http/bind.ts';
import { gateway } from '#main/modules/gateway/gateway.ts';
import type { RunningModule } from '#main/supervisor/module.ts';
import { createModuleWorld, type ModuleWorld } from '#tests/support/module-context.ts';

let world: ModuleWorld;
let packageRoot: string;
let running: RunningModule;
let port: number;
let dashboardPort: number;
let upstream: Server | null;

beforeEach(async () => {
  world = createModuleWorld();
  packageRoot = mkdtempSync(join(tmpdir(), 'clos-package-'));
  const { coreDb: path, backupsDir } = world.home;
  await openCoreDb({ path, migrationsDir: 'migrations', backupsDir }).close();
  running = await gateway.start(world.contextOf('gateway', { packageRoot }));
  port = running.ports.gateway ?? 0;
  dashboardPort = running.ports.dashboard ?? 0;
  upstream = null;
});

afterEach(async () => {
  await running.stop();
  upstream?.closeAllConnections();
  upstream?.close();
  world.dispose();
  rmSync(packageRoot, { recursive: true, force: true });
});

type Behaviour = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A server on a module's socket that behaves as the test says. */
async function standIn(name: 'api' | 'websocket', behave: Behaviour): Promise<Server> {
  const server = createServer((request, response) => void behave(request, response));
  await bindSocket(server, world.home.socketOf(name));
  upstream = server;
  return server;
}

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: string;
}

async function call(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string; to?: number } = {},
): Promise<Answer> {
  const { to = port, method = 'GET', headers = {}, body } = options;
  const request = httpRequest({ host: '127.0.0.1', port: to, path, method, headers, agent: false });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode ?? 0, headers: response.headers, body: text };
}

/** Sends raw bytes; resolves with all that comes back until the server hangs up. */
async function raw(bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes);
  let text = '';
  socket.on('error', () => undefined);
  for await (const chunk of socket) text += String(chunk);
  return text;
}

describe('a request to /api', () => {
  it('arrives with its own method, path, body and Authorization, and with nothing that the client says of others', async () => {
    await standIn('api', async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      const { method, url, headers } = request;
      response.setHeader('content-type', 'application/json').setHeader('x-of-the-api', 'yes');
      response.end(JSON.stringify({ method, url, headers, body }));
    });
    const answer = await call('/api/v2/services?q=%20a', {
      method: 'POST',
      body: '{"a":1}',
      headers: {
        authorization: 'Bearer clos_x',
        'content-type': 'application/json',
        'x-forwarded-for': '8.8.8.8',
        forwarded: 'for=8.8.8.8',
        'x-real-ip': '8.8.8.8',
        'x-request-id': 'req_00000000000000000000000000',
        connection: 'close, x-secret-hop',
        'x-secret-hop': '1',
        te: 'trailers',
      },
    });
    expect(answer).toMatchObject({ status: 200, headers: { 'x-of-the-api': 'yes' } });
    const seen = JSON.parse(answer.body);
    expect(seen).toEqual({
      method: 'POST',
      url: '/api/v2/services?q=%20a',
      body: '{"a":1}',
      headers: {
        host: `127.0.0.1:${port}`,
        authorization: 'Bearer clos_x',
        'content-type': 'application/json',
        'content-length': '7',
        connection: 'keep-alive',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-host': `127.0.0.1:${port}`,
        'x-forwarded-proto': 'http',
        'x-forwarded-port': String(port),
        via: expect.stringMatching(/^1\.1 clos-[0-9a-f]{16}$/),
        'x-request-id': expect.stringMatching(/^req_(?!0{26})[0-9a-z]{26}$/),
      },
    });
  });

  it('is answered as a stream: the first line is there before the last is written', async () => {
    let finish: () => void = () => undefined;
    await standIn('api', (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      response.write('{"line":1}\n');
      finish = () => response.end('{"line":2}\n');
    });
    const request = httpRequest({ host: '127.0.0.1', port, path: '/api/v2/services/a/logs', agent: false });
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const [first] = await once(response, 'data');
    finish();
    const [second] = await once(response, 'data');
    expect([String(first), String(second)]).toEqual(['{"line":1}\n', '{"line":2}\n']);
  });

  it('is not gathered: the api has the first bytes of a body before the client has sent the last', async () => {
    let arrived: (chunk: Buffer) => void = () => undefined;
    const first = new Promise<Buffer>((resolve) => {
      arrived = resolve;
    });
    await standIn('api', async (request, response) => {
      let text = '';
      for await (const chunk of request) {
        arrived(chunk);
        text += String(chunk);
      }
      response.end(text);
    });
    const request = httpRequest({ host: '127.0.0.1', port, path: '/api/take', method: 'POST', agent: false });
    request.write('one');
    expect(String(await first)).toBe('one');
    request.end(' two');
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const [body] = await once(response, 'data');
    expect(String(body)).toBe('one two');
  });

  it('hears why its body is refused while it is still sending it', async () => {
    await standIn('api', (_request, response) => {
      response.writeHead(413, { 'content-type': 'application/problem+json', connection: 'close' });
      response.end('{"code":"BODY_TOO_LARGE"}');
    });
    const request = httpRequest({ host: '127.0.0.1', port, path: '/api/take', method: 'POST', agent: false });
    request.on('error', () => undefined);
    const answered = once(request, 'response') as Promise<[IncomingMessage]>;
    const mebibyte = Buffer.alloc(1024 * 1024, 'a');
    for (let i = 0; i < 8; i++) if (!request.write(mebibyte)) await Promise.race([once(request, 'drain'), answered]);
    const [response] = await answered;
    const [body] = await once(response, 'data');
    expect({ status: response.statusCode, body: String(body) }).toEqual({
      status: 413,
      body: '{"code":"BODY_TOO_LARGE"}',
    });
    request.destroy();
  });

  it('ends at the api when the client goes away', async () => {
    let gone: () => void = () => undefined;
    const left = new Promise<void>((resolve) => {
      gone = resolve;
    });
    await standIn('api', (_request, response) => {
      response.write('x');
      response.once('close', gone);
    });
    const request = httpRequest({ host: '127.0.0.1', port, path: '/api/v2/follow', agent: false });
    request.on('error', () => undefined);
    request.end();
    await once(request, 'response');
    request.destroy();
    await left;
  });

  it('is answered 503 with a problem document while nobody is there', async () => {
    const answer = await call('/api/v2/services', { method: 'POST', body: '{}' });
    expect(answer.status).toBe(503);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(answer.body)).toMatchObject({
      code: 'MODULE_UNAVAILABLE',
      status: 503,
      requestId: expect.any(String),
    });
  });

  it('waits for an api that is being restarted', async () => {
    const answered = call('/api/v2/services');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await standIn('api', (_request, response) => response.end('back'));
    expect(await answered).toMatchObject({ status: 200, body: 'back' });
  });

  it('is sent again when the api dies over a GET, never over a POST', async () => {
    const tries: string[] = [];
    await standIn('api', (request, response) => {
      tries.push(request.method ?? '');
      if (tries.length === 1 || request.method === 'POST') request.socket.destroy();
      else response.end('second');
    });
    expect(await call('/api/v2/services')).toMatchObject({ status: 200, body: 'second' });
    expect(await call('/api/v2/services/a/start', { method: 'POST' })).toMatchObject({ status: 503 });
    expect(tries).toEqual(['GET', 'GET', 'POST']);
  });
});

describe('what may not come in', () => {
  it.each([
    ['evil.example', 421],
    ['127.0.0.1:1', 421],
    ['localhost.evil.example', 421],
    ['169.254.169.254', 421],
  ])('refuses Host "%s"', async (host, status) => {
    let reached = false;
    await standIn('api', (_request, response) => {
      reached = true;
      response.end();
    });
    expect(await call('/api/v2/services', { headers: { host } })).toMatchObject({ status });
    expect(await call('/', { to: dashboardPort, headers: { host } })).toMatchObject({ status });
    expect(reached).toBe(false);
  });

  it('refuses a page of another origin, also one on another of our ports', async () => {
    for (const origin of [
      'http://evil.example',
      'null',
      `http://127.0.0.1:${dashboardPort}`,
      `https://127.0.0.1:${port}`,
    ]) {
      expect(await call('/api/v2/services', { headers: { origin } })).toMatchObject({ status: 403 });
    }
  });

  const host = () => `Host: 127.0.0.1:${port}\r\n`;
  it.each([
    [
      'both lengths',
      () => `POST /api/x HTTP/1.1\r\n${host()}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['two lengths', () => `POST /api/x HTTP/1.1\r\n${host()}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd`],
    ['an odd length', () => `POST /api/x HTTP/1.1\r\n${host()}Content-Length: +4\r\n\r\nabcd`],
    ['a strange encoding', () => `POST /api/x HTTP/1.1\r\n${host()}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ['two encodings', () => `POST /api/x HTTP/1.1\r\n${host()}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
    ['two hosts', () => `GET /api/x HTTP/1.1\r\n${host()}Host: evil.example\r\n\r\n`],
    ['an empty host', () => 'GET /api/x HTTP/1.1\r\nHost: \r\n\r\n'],
    ['no host', () => 'GET /api/x HTTP/1.1\r\n\r\n'],
    ['an absolute target', () => `GET http://evil.example/api/x HTTP/1.1\r\n${host()}\r\n`],
    ['a folded header', () => `GET /api/x HTTP/1.1\r\n${host()}A: b\r\n c: d\r\n\r\n`],
    ['a bare line feed', () => `GET /api/x HTTP/1.1\n${host()}\n\n`],
    ['no HTTP at all', () => '\u0016\u0003\u0001 hello\r\n\r\n'],
  ])('refuses a request with %s and hangs up', async (_what, bytes) => {
    const reached: string[] = [];
    await standIn('api', (request, response) => {
      reached.push(request.url ?? '');
      response.end();
    });
    const answer = await raw(`${bytes()}GET /api/smuggled HTTP/1.1\r\n${host()}\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(reached).toEqual([]);
  });

  it('never passes /internal on, and says where the dashboard is', async () => {
    for (const path of ['/internal/verify', '/', '/apis', '/metrics', '/x']) {
      const answer = await call(path, { method: 'POST' });
      expect(answer.status).toBe(404);
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'ROUTE_NOT_FOUND' });
      expect(answer.body).toContain(`http://127.0.0.1:${dashboardPort}/`);
    }
  });
});

describe('the gateway itself', () => {
  it('is alive without a key, proves who it is on both ports, and tells nothing else without one', async () => {
    for (const to of [port, dashboardPort]) {
      const alive = await call('/livez?nonce=0123456789abcdef', { to });
      expect(JSON.parse(alive.body)).toEqual({
        status: 'ok',
        product: 'clos',
        module: 'gateway',
        proof: expect.any(String),
      });
      expect(await call('/readyz', { to })).toMatchObject({ status: 401 });
      expect(await call('/health', { to })).toMatchObject({ status: 401 });
    }
    const headers = { authorization: `Bearer ${world.serviceKeys.supervisor}` };
    expect(await call('/readyz', { headers })).toMatchObject({ status: 200 });
  });

  it('leaves nothing open when it stops, tunnels too', async () => {
    const server = await standIn('websocket', (_request, response) => response.end());
    const sockets = new WebSocketServer({ server });
    sockets.on('connection', (ws) => ws.on('error', () => undefined));
    const ws = new WebSocket(`ws://127.0.0.1:${port}/ws`);
    await new Promise((resolve) => ws.addEventListener('open', resolve));
    const closed = new Promise((resolve) => ws.addEventListener('close', resolve));
    await running.stop();
    await closed;
    const socket: Socket = connect(port, '127.0.0.1');
    const [error] = await once(socket, 'error');
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('/ws', () => {
  it('joins client and websocket, with the subprotocol and the close code of the latter', async () => {
    const server = await standIn('websocket', (_request, response) => response.end());
    const sockets = new WebSocketServer({ server });
    sockets.on('connection', (ws, request) => {
      ws.send(JSON.stringify({ url: request.url, for: request.headers['x-forwarded-for'] }));
      ws.on('message', (data) => ws.close(4403, String(data)));
    });
    const ws = new WebSocket(`ws://127.0.0.1:${dashboardPort}/ws?ticket=t`, ['clos.v2']);
    const first = await new Promise<MessageEvent>((resolve) => ws.addEventListener('message', resolve));
    expect(JSON.parse(String(first.data))).toEqual({ url: '/ws?ticket=t', for: '127.0.0.1' });
    expect(ws.protocol).toBe('clos.v2');
    ws.send('enough');
    const closed = await new Promise<CloseEvent>((resolve) => ws.addEventListener('close', resolve));
    expect({ code: closed.code, reason: closed.reason }).toEqual({ code: 4403, reason: 'enough' });
  });

  const handshake = (path: string, extra = '') =>
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${extra}\r\n`;

  it('takes what a refused client still sends, so that it can read with which code it was refused', async () => {
    const server = await standIn('websocket', (_request, response) => response.end());
    const sockets = new WebSocketServer({ server, maxPayload: 10 });
    sockets.on('connection', (ws) => ws.on('error', () => undefined));
    const socket = connect(port, '127.0.0.1');
    socket.write(handshake('/ws'));
    await once(socket, 'data');
    socket.pause();
    const head = Buffer.of(0x82, 0xff, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0);
    await new Promise((resolve) => socket.write(Buffer.concat([head, Buffer.alloc(32 * 1024 * 1024)]), resolve));
    socket.end();
    let answer = Buffer.alloc(0);
    for await (const part of socket) answer = Buffer.concat([answer, part]);
    expect(answer.readUInt16BE(2)).toBe(1009);
  });

  it('passes a refusal of the websocket back', async () => {
    await standIn('websocket', (_request, response) =>
      response.writeHead(426, { 'content-type': 'text/plain' }).end('no'),
    );
    expect(await raw(handshake('/ws'))).toMatch(/^HTTP\/1\.1 426 .*no$/s);
  });

  it('is answered 503 while the websocket is away', async () => {
    expect(await raw(handshake('/ws'))).toMatch(/^HTTP\/1\.1 503 .*"MODULE_UNAVAILABLE"/s);
  });

  it('opens nowhere else, and for no other origin', async () => {
    await standIn('websocket', (_request, response) => response.end());
    expect(await raw(handshake('/api/v2/services'))).toMatch(/^HTTP\/1\.1 404 /);
    expect(await raw(handshake('/ws', 'Origin: http://evil.example\r\n'))).toMatch(/^HTTP\/1\.1 403 /);
    expect(await raw(handshake('/ws').replace('127.0.0.1', 'evil.example'))).toMatch(/^HTTP\/1\.1 421 /);
  });
});

describe('the dashboard', () => {
  const page = '<!doctype html><title>CLOS</title>';

  function build(): void {
    const out = join(packageRoot, 'out', 'renderer');
    mkdirSync(join(out, 'assets'), { recursive: true });
    writeFileSync(join(packageRoot, 'out', 'secret.txt'), 'secret');
    writeFileSync(join(out, 'assets', 'index-BX3c9kQ1.js'), 'let a;');
    writeFileSync(join(out, 'assets', 'index-BX3c9kQ1.js.map'), '{}');
    writeFileSync(join(out, 'icon.svg'), '<svg/>');
    writeFileSync(join(out, 'index.html'), page);
  }

  it('says so while its pages are not built, and serves them once they are', async () => {
    const before = await call('/', { to: dashboardPort });
    expect(before.status).toBe(503);
    expect(before.body).toContain('has not been built');
    build();
    expect(await call('/', { to: dashboardPort })).toMatchObject({ status: 200, body: page });
  });

  it('serves the page for every place in it, strictly fenced and never kept', async () => {
    build();
    for (const path of ['/', '/services/web', '/conflicts?open']) {
      const { status, headers, body } = await call(path, { to: dashboardPort });
      expect({ status, body }).toEqual({ status: 200, body: page });
      expect(headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        'content-security-policy': `default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self' ws://127.0.0.1:${dashboardPort}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      });
    }
  });

  it('lets hashed files be kept for ever and others be asked for again', async () => {
    build();
    const hashed = await call('/assets/index-BX3c9kQ1.js', { to: dashboardPort });
    expect(hashed).toMatchObject({
      status: 200,
      body: 'let a;',
      headers: {
        'content-type': 'text/javascript; charset=utf-8',
        'cache-control': 'public, max-age=31536000, immutable',
      },
    });
    const icon = await call('/icon.svg', { to: dashboardPort });
    const { etag = '' } = icon.headers;
    expect(icon.headers['cache-control']).toBe('no-cache');
    expect(await call('/icon.svg', { to: dashboardPort, headers: { 'if-none-match': etag } })).toMatchObject({
      status: 304,
      body: '',
    });
    expect(await call('/icon.svg', { to: dashboardPort, method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
  });

  it('comes compressed, as it was built, to whoever takes that', async () => {
    build();
    const assets = join(packageRoot, 'out', 'renderer', 'assets');
    writeFileSync(join(assets, 'index-BX3c9kQ1.js.br'), 'small');
    writeFileSync(join(assets, 'index-BX3c9kQ1.js.gz'), 'larger');
    const ask = async (encoding?: string) => {
      const headers: Record<string, string> = encoding === undefined ? {} : { 'accept-encoding': encoding };
      const answer = await call('/assets/index-BX3c9kQ1.js', { to: dashboardPort, headers });
      return [answer.headers['content-encoding'], answer.headers.vary, answer.body];
    };
    expect(await ask('gzip, deflate, br, zstd')).toEqual(['br', 'accept-encoding', 'small']);
    expect(await ask('gzip;q=1.0, br;q=0')).toEqual(['gzip', 'accept-encoding', 'larger']);
    expect(await ask('identity')).toEqual([undefined, 'accept-encoding', 'let a;']);
    expect(await ask()).toEqual([undefined, 'accept-encoding', 'let a;']);
    expect(await call('/assets/index-BX3c9kQ1.js.br', { to: dashboardPort })).toMatchObject({ status: 404 });
  });

  it('gives away no file outside, no source map, and no page where other ports of CLOS have something', async () => {
    build();
    const paths = [
      '/../secret.txt',
      '/..%2fsecret.txt',
      '/%2e%2e/secret.txt',
      '/assets/../../secret.txt',
      '/assets/index-BX3c9kQ1.js.map',
    ];
    for (const path of [...paths, '/missing.js', '/%', '/internal/verify', '/metrics', '/ws']) {
      const { status, body } = await call(path, { to: dashboardPort });
      expect({ path, status, leaked: body.includes('secret"') || body === 'secret' }).toEqual({
        path,
        status: 404,
        leaked: false,
      });
    }
    expect(await call('/', { to: dashboardPort, method: 'POST' })).toMatchObject({ status: 405 });
  });

  it('reaches the api under its own origin', async () => {
    await standIn('api', (request, response) => response.end(request.url));
    const answer = await call('/api/v2/me', {
      to: dashboardPort,
      headers: { origin: `http://127.0.0.1:${dashboardPort}` },
    });
    expect(answer).toMatchObject({ status: 200, body: '/api/v2/me' });
  });
});
