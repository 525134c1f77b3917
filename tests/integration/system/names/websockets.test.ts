import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, WebSocket, WebSocketServer } from 'ws';
import { eventually } from '#tests/support/eventually.ts';
import { gatewayPort, nameServer } from '#tests/support/names.ts';
import { sendRaw } from '#tests/support/raw-http.ts';
import { removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

let system: TestSystem;
const requests: string[] = [];
const server = createServer((request, response) => {
  requests.push(`${request.method} ${request.url}`);
  response.writeHead(426, 'Not here', { 'x-why': 'not here', connection: 'close, x-hop', 'x-hop': '1' }).end('no');
});
const sockets = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered].at(-1) ?? false });
server.on('upgrade', (request, socket, head) => {
  if (request.url === '/refuse') {
    socket.end('HTTP/1.1 403 Never\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 5\r\n\r\nnever');
    return;
  }
  sockets.handleUpgrade(request, socket, head, (ws) => {
    ws.on('error', () => undefined);
    if (request.url === '/who') ws.send(JSON.stringify(request.headers));
    if (request.url === '/close') ws.close(4321, 'enough');
    ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
  });
});

beforeAll(async () => {
  system = await startSystem();
  await nameServer(system, 'talk', { server });
});
afterAll(async () => {
  await system.stop();
  server.closeAllConnections();
  server.close();
  removeHome(system.home);
});

function open(path: string, protocols: string[] = [], { headers, ...options }: ClientOptions = {}): WebSocket {
  const host = `talk.localhost:${gatewayPort(system)}`;
  const url = `ws://127.0.0.1:${gatewayPort(system)}${path}`;
  return new WebSocket(url, protocols, { ...options, headers: { host, ...headers } });
}
const handshake = (path: string, extra = '') =>
  `GET ${path} HTTP/1.1\r\nHost: talk.localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
  `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${extra}\r\n`;

describe('a WebSocket to a name', () => {
  it('carries text, bytes, pings and messages of megabytes, both ways and unchanged', async () => {
    const ws = open('/');
    await once(ws, 'open');
    for (const message of ['text ü', Buffer.from([0, 255, 10]), Buffer.alloc(20 * 1024 * 1024, 'abc')]) {
      ws.send(message);
      const [data, isBinary] = (await once(ws, 'message')) as [Buffer, boolean];
      expect({ isBinary, same: data.equals(Buffer.from(message)) }).toEqual({
        isBinary: typeof message !== 'string',
        same: true,
      });
    }
    ws.ping('are you there');
    expect(String((await once(ws, 'pong'))[0])).toBe('are you there');
    ws.terminate();
  });

  it('has the subprotocol that the service picks, and ends with its code and reason', async () => {
    const ws = open('/close', ['one', 'two']);
    const [code, reason] = await once(ws, 'close');
    expect([ws.protocol, code, String(reason)]).toEqual(['two', 4321, 'enough']);
  });

  it('arrives with the origin and the cookies of the page, and says for whom it comes', async () => {
    const headers = { origin: 'http://evil.example', cookie: 'a=1', 'x-forwarded-for': '8.8.8.8' };
    const ws = open('/who', [], { headers, perMessageDeflate: false });
    const [data] = await once(ws, 'message');
    const host = `talk.localhost:${gatewayPort(system)}`;
    expect(JSON.parse(String(data))).toEqual({
      host,
      connection: 'Upgrade',
      upgrade: 'websocket',
      origin: 'http://evil.example',
      cookie: 'a=1',
      'sec-websocket-key': expect.any(String),
      'sec-websocket-version': '13',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': host,
      'x-forwarded-proto': 'http',
      'x-forwarded-port': String(gatewayPort(system)),
      'x-request-id': expect.any(String),
      via: expect.any(String),
    });
    ws.terminate();
  });

  it('is counted while it is open, and ends for the service when the client goes away', async () => {
    const tunnels = async () => (await system.client.routes.traffic()).items[0]?.tunnels;
    await eventually(tunnels, (count) => count === 0);
    const ws = open('/');
    await once(ws, 'open');
    await eventually(tunnels, (count) => count === 1);
    ws.terminate();
    await eventually(tunnels, (count) => count === 0);
    await eventually(
      async () => sockets.clients.size,
      (count) => count === 0,
    );
  });

  it('that the service refuses is refused in its words', async () => {
    const answer = await sendRaw(gatewayPort(system), handshake('/refuse'));
    expect(answer).toMatch(/^HTTP\/1\.1 403 Never\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n/);
    expect(answer).toMatch(/\r\n\r\nnever$/);
  });

  it('is refused with a body, whose bytes could be taken for frames or for another request', async () => {
    requests.length = 0;
    const hidden = 'GET /hidden HTTP/1.1\r\nHost: talk.localhost\r\n\r\n';
    const framings = [`Content-Length: ${hidden.length}\r\n`, 'Transfer-Encoding: chunked\r\n'];
    for (const framing of framings) {
      const answer = await sendRaw(gatewayPort(system), handshake('/refuse', framing) + hidden);
      expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400']);
    }
    expect(requests).toEqual([]);
  });

  it('to a name that nobody has is answered 404', async () => {
    const bytes = handshake('/').replace('talk.localhost', 'nobody.localhost');
    expect(await sendRaw(gatewayPort(system), bytes)).toMatch(/^HTTP\/1\.1 404 .*"NAME_UNKNOWN"/s);
  });
});
