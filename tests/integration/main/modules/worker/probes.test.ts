import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { probe } from '#main/modules/worker/probes.ts';
import type { CheckTarget } from '#main/modules/worker/targets.ts';

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    if ('closeAllConnections' in server && typeof server.closeAllConnections === 'function')
      server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.on('connection', (socket) => socket.on('error', () => undefined).resume());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function target(port: number, kind: CheckTarget['kind'], timeoutMs = 2000): CheckTarget {
  return {
    serviceId: 'svc_1',
    generation: '1',
    kind,
    address: '127.0.0.1',
    port,
    intervalMs: 1000,
    timeoutMs,
    retries: 3,
    startPeriodMs: 0,
    startedAt: 0,
    known: 'none',
  };
}

const http = (path = '/'): CheckTarget['kind'] => ({ type: 'http', path });

describe('an http check', () => {
  it.each([
    [200, { ok: true }],
    [204, { ok: true }],
    [404, { ok: false, reason: 'The answer was HTTP 404.' }],
    [503, { ok: false, reason: 'The answer was HTTP 503.' }],
  ])('takes the status %i for what it is', async (status, outcome) => {
    const seen: Array<string | undefined> = [];
    const port = await listen(
      createServer((request, response) => {
        seen.push(request.method, request.url, request.headers.authorization);
        response.writeHead(status).end();
      }),
    );
    expect(await probe(target(port, http('/health?deep=1')))).toEqual(outcome);
    expect(seen).toEqual(['GET', '/health?deep=1', undefined]);
  });

  it('does not follow a redirect', async () => {
    let reached = false;
    const other = await listen(
      createServer((_request, response) => {
        reached = true;
        response.end();
      }),
    );
    const port = await listen(
      createServer((_request, response) => response.writeHead(302, { location: `http://127.0.0.1:${other}/` }).end()),
    );
    expect(await probe(target(port, http()))).toEqual({ ok: true });
    expect(reached).toBe(false);
  });

  it('hangs up on a body without end', async () => {
    let hungUp: () => void = () => undefined;
    const closed = new Promise<void>((resolve) => {
      hungUp = resolve;
    });
    const port = await listen(
      createServer((_request, response) => {
        response.writeHead(200);
        const more = setInterval(() => response.write('x'.repeat(65_536)), 1);
        response.on('close', () => {
          clearInterval(more);
          hungUp();
        });
      }),
    );
    expect(await probe(target(port, http()))).toEqual({ ok: true });
    await closed;
  });

  it('says that nobody answers in time', async () => {
    const port = await listen(createServer(() => undefined));
    expect(await probe(target(port, http(), 50))).toEqual({ ok: false, reason: 'No answer within 50 ms.' });
  });

  it('says that nobody is there', async () => {
    const server = createTcpServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    servers.length = 0;
    expect(await probe(target(port, http()))).toEqual({ ok: false, reason: 'The connection was refused.' });
    expect(await probe(target(port, { type: 'tcp' }))).toEqual({ ok: false, reason: 'The connection was refused.' });
  });

  it('says that the answer is not HTTP', async () => {
    const port = await listen(createTcpServer((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n')));
    expect(await probe(target(port, http()))).toEqual({ ok: false, reason: 'The answer is not HTTP.' });
  });

  it('goes nowhere else, whatever the path looks like', async () => {
    const paths: string[] = [];
    const port = await listen(
      createServer((request, response) => {
        paths.push(request.url ?? '');
        response.end();
      }),
    );
    expect(await probe(target(port, http('//evil.example/x')))).toEqual({ ok: true });
    expect(await probe(target(port, http('/@evil.example/')))).toEqual({ ok: true });
    const injected = await probe(target(port, http('/ HTTP/1.1\r\nHost: evil.example\r\n\r\n')));
    expect(injected.ok).toBe(false);
    expect(paths).toEqual(['//evil.example/x', '/@evil.example/']);
  });
});

describe('a tcp check', () => {
  it('is content with a connection that stays', async () => {
    const port = await listen(createTcpServer((socket) => socket.on('error', () => undefined)));
    expect(await probe(target(port, { type: 'tcp' }))).toEqual({ ok: true });
  });

  it('is content with a greeting, even if the other side then hangs up', async () => {
    const port = await listen(createTcpServer((socket) => socket.end('hello')));
    expect(await probe(target(port, { type: 'tcp' }))).toEqual({ ok: true });
  });

  it('is not taken in by a forwarder that accepts for a service that is not there', async () => {
    const port = await listen(createTcpServer((socket) => socket.destroy()));
    expect(await probe(target(port, { type: 'tcp' }))).toMatchObject({ ok: false });
  });
});
