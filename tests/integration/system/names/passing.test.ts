import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { buffer, text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '#tests/support/eventually.ts';
import { askName, gatewayPort, nameServer, openNamed } from '#tests/support/names.ts';
import { sendRaw } from '#tests/support/raw-http.ts';
import { removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

let system: TestSystem;
/** What the service does with the next requests. */
let behave: RequestListener;
const connections = new Set<unknown>();
const listener: RequestListener = (request, response) => behave(request, response);
const server = createServer({ keepAliveTimeout: 60_000 }, listener);

beforeAll(async () => {
  system = await startSystem();
  await nameServer(system, 'shop', { server });
});
afterEach(() => {
  connections.clear();
});
afterAll(async () => {
  await system.stop();
  server.closeAllConnections();
  server.close();
  removeHome(system.home);
});

/** Sends bytes as they are, for the name, and gives all that comes back. */
const raw = (head: string) =>
  sendRaw(gatewayPort(system), `${head}\r\nHost: shop.localhost\r\nConnection: close\r\n\r\n`);

describe('a request', () => {
  it('arrives with its method, path and query byte by byte', async () => {
    behave = (request, response) => response.end(`${request.method} ${request.url}`);
    const paths = ['/', '//a//b', '/a/../b/./c', '/%2e%2e/%00%ff', '/a;b=c?d=e&&f=%20+?#g', '/a?b=[]{}|"<>^`'];
    const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'REPORT', 'QUERY'];
    const sent = [...methods.map((method) => `${method} /a`), ...paths.map((path) => `GET ${path}`)];
    const answers = await Promise.all(sent.map((line) => raw(`${line} HTTP/1.1`)));
    expect(answers.map((answer) => answer.split('\r\n\r\n')[1])).toEqual(sent);
  });

  it('says for whom it comes, whatever the client says of that, and keeps what belongs to one connection to itself', async () => {
    behave = (request, response) => response.end(JSON.stringify(request.headers));
    const { body } = await askName(system, 'shop/', {
      headers: {
        'x-forwarded-for': '8.8.8.8',
        x_forwarded_for: '8.8.8.8',
        forwarded: 'for=8.8.8.8',
        'x-real-ip': '8.8.8.8',
        connection: 'close, x-hop, authorization',
        'x-hop': '1',
        'keep-alive': 'timeout=9',
        te: 'trailers',
        'proxy-authorization': 'Basic eDp5',
        authorization: 'Bearer mine',
        cookie: 'a=1; b=2',
      },
    });
    const host = `shop.localhost:${gatewayPort(system)}`;
    expect(JSON.parse(body)).toEqual({
      host,
      authorization: 'Bearer mine',
      cookie: 'a=1; b=2',
      connection: 'keep-alive',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': host,
      'x-forwarded-proto': 'http',
      'x-forwarded-port': String(gatewayPort(system)),
      'x-request-id': expect.stringMatching(/^req_/),
      via: expect.stringMatching(/^1\.1 clos-[0-9a-f]{16}$/),
    });
  });

  it('that comes around to its own name is answered 508, by a service that passes all on', async () => {
    let rounds = 0;
    behave = async (request, response) => {
      rounds += 1;
      const answer = await askName(system, 'shop/', { headers: { via: request.headers.via ?? '' } });
      response.writeHead(answer.status).end(answer.body);
    };
    const { status, body } = await askName(system, 'shop');
    expect({ status, code: JSON.parse(body).code, rounds }).toEqual({ status: 508, code: 'ROUTE_LOOP', rounds: 1 });
  });

  it('streams: the service has the first bytes before the client has sent the last, with and without a length', async () => {
    for (const headers of [{ 'content-length': '10' }, { 'transfer-encoding': 'chunked' }]) {
      let first: (chunk: string) => void = () => undefined;
      const seen = new Promise<string>((resolve) => {
        first = resolve;
      });
      behave = async (request, response) => {
        let all = '';
        for await (const chunk of request) {
          all += String(chunk);
          first(all);
        }
        response.end(all);
      };
      const request = openNamed(system, 'shop/', { method: 'POST', headers });
      request.write('first');
      expect(await seen).toBe('first');
      request.end('-last');
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      expect(await text(response)).toBe('first-last');
    }
  });

  it('may expect 100-continue, and connections to a service are used again', async () => {
    behave = async (request, response) => {
      connections.add(request.socket);
      response.end(await text(request));
    };
    const request = openNamed(system, 'shop/', {
      method: 'PUT',
      headers: { expect: '100-continue', 'content-length': '4' },
    });
    request.flushHeaders();
    await once(request, 'continue');
    request.end('body');
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(await text(response)).toBe('body');
    for (let n = 0; n < 30; n++) await askName(system, 'shop');
    expect(connections.size).toBeLessThan(5);
  });

  it('may follow another on the same connection, also after a body, and for another name', async () => {
    behave = async (request, response) => response.end(`[${request.url} ${await text(request)}]`);
    const answer = await sendRaw(
      gatewayPort(system),
      'POST /1 HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 3\r\n\r\nabc' +
        'GET /2 HTTP/1.1\r\nHost: nobody.localhost\r\n\r\nGET /3 HTTP/1.1\r\nHost: shop.localhost\r\nConnection: close\r\n\r\n',
    );
    expect(answer.match(/HTTP\/1\.1 \d+|\[.*?\]/g)?.filter((part) => !part.includes('"'))).toEqual([
      'HTTP/1.1 200',
      '[/1 abc]',
      'HTTP/1.1 404',
      'HTTP/1.1 200',
      '[/3 ]',
    ]);
  });

  it('of HTTP/1.0 gets an answer that ends with the connection', async () => {
    behave = (_request, response) => {
      response.write('a');
      response.end('b');
    };
    const answer = await sendRaw(gatewayPort(system), 'GET / HTTP/1.0\r\nHost: shop.localhost\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).not.toMatch(/transfer-encoding/i);
    expect(answer).toMatch(/\r\n\r\nab$/);
  });

  it('to upgrade to h2c is answered over HTTP/1.1 as if it had not asked', async () => {
    behave = (request, response) =>
      response.end(JSON.stringify([request.headers.upgrade, request.headers['http2-settings']]));
    const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABk' };
    expect(await askName(system, 'shop/', { headers })).toMatchObject({ status: 200, body: '[null,null]' });
  });
});

describe('an answer', () => {
  it('keeps its status, its reason, several cookies in their order, and drops what belongs to one connection', async () => {
    behave = (_request, response) =>
      response
        .writeHead(299, 'Quite fine', [
          'Set-Cookie',
          'b=2',
          'X-A',
          '1',
          'Set-Cookie',
          'a=1',
          'Connection',
          'keep-alive, x-hop',
          'X-Hop',
          '1',
        ])
        .end('x');
    const { status, headers } = await askName(system, 'shop');
    expect({ status, cookies: headers['set-cookie'], a: headers['x-a'], hop: headers['x-hop'] }).toEqual({
      status: 299,
      cookies: ['b=2', 'a=1'],
      a: '1',
      hop: undefined,
    });
  });

  it('without a body stays one: HEAD, 204, 304', async () => {
    behave = (request, response) => {
      const status = Number(request.url?.slice(1));
      response.writeHead(status, status === 204 ? {} : { 'content-length': '7', etag: '"x"' });
      response.end(status === 200 ? 'content' : undefined);
    };
    const answers = await Promise.all([raw('HEAD /200 HTTP/1.1'), raw('GET /204 HTTP/1.1'), raw('GET /304 HTTP/1.1')]);
    expect(
      answers.map((answer) => [answer.slice(9, 12), /content-length: 7/i.test(answer), answer.split('\r\n\r\n')[1]]),
    ).toEqual([
      ['200', true, ''],
      ['204', false, ''],
      ['304', true, ''],
    ]);
  });

  it('after early hints, with trailers, in chunks, or until the service hangs up, arrives whole', async () => {
    behave = ({ url }, response) => {
      if (url === '/hints') {
        response.writeEarlyHints({ link: '</a.css>; rel=preload' });
        response.end('after hints');
      } else if (url === '/trailers') {
        response.writeHead(200, { trailer: 'x-sum' });
        response.write('with trailers');
        response.addTrailers({ 'x-sum': '1' });
        response.end();
      } else if (url === '/chunks') {
        response.write('in ');
        setImmediate(() => response.end('chunks'));
      } else {
        response.socket?.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end');
      }
    };
    const paths = ['/hints', '/trailers', '/chunks', '/end'];
    const answers = await Promise.all(paths.map(async (path) => (await askName(system, `shop${path}`)).body));
    expect(answers).toEqual(['after hints', 'with trailers', 'in chunks', 'until the end']);
  });

  it('streams: server-sent events arrive one by one', async () => {
    let say: (text: string) => void = () => undefined;
    behave = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      say = (text_) => void response.write(`data: ${text_}\n\n`);
    };
    const request = openNamed(system, 'shop/events');
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.setEncoding('utf8');
    for (const word of ['one', 'two', 'three']) {
      say(word);
      expect(await once(response, 'data')).toEqual([`data: ${word}\n\n`]);
    }
    request.destroy();
  });

  it('that breaks off in the middle breaks off for the client, and is never passed as whole', async () => {
    behave = (_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half');
      setImmediate(() => response.destroy());
    };
    await expect(askName(system, 'shop')).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('that is no HTTP is told as such: 502 with the reason', async () => {
    behave = (_request, response) => void response.socket?.end('SSH-2.0-OpenSSH\r\n\r\n');
    const { status, body } = await askName(system, 'shop');
    expect({ status, body: JSON.parse(body) }).toMatchObject({
      status: 502,
      body: { code: 'SERVICE_SILENT', detail: expect.stringContaining('no HTTP') },
    });
  });

  it('waits for a slow reader in the service, not in memory', async () => {
    const total = 64 * 1024 * 1024;
    let written = 0;
    behave = async (_request, response) => {
      const piece = Buffer.alloc(64 * 1024);
      for (; written < total; written += piece.length) if (!response.write(piece)) await once(response, 'drain');
      response.end();
    };
    const request = openNamed(system, 'shop/big');
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.pause();
    let before = -1;
    await eventually(
      async () => {
        const same = before === written;
        before = written;
        return same && written > 0;
      },
      (stands) => stands,
    );
    expect(written).toBeLessThan(total / 2);
    expect((await buffer(response)).length).toBe(total);
  });
});
