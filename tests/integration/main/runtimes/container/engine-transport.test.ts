import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createContainerEngine } from '#main/runtimes/container/container-engine.ts';
import { type EngineRequest, openTransport } from '#main/runtimes/container/engine-transport.ts';
import type { EngineAddress, EngineFinding } from '#main/runtimes/container/types.ts';
import { silentLog } from './spec.ts';

async function tempFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'eng-'));
  onTestFinished(async () => await rm(folder, { recursive: true }));
  return folder;
}

function endWithTest(server: Server): void {
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
}

/** A server that behaves as told, at an address of its own. */
async function serve(listener: RequestListener): Promise<EngineAddress> {
  const server = createServer(listener);
  const path = join(await tempFolder(), 's');
  await new Promise<void>((resolve) => server.listen(path, resolve));
  endWithTest(server);
  return { kind: 'socket', path };
}

const ask: EngineRequest = {
  method: 'GET',
  path: '/version',
  expect: [200],
  doing: 'say its version',
  timeoutMs: 5000,
};

async function open(address: EngineAddress) {
  const transport = await openTransport(address);
  onTestFinished(() => transport.close());
  return transport;
}

describe('the connection to an engine', () => {
  it('sends the query and the body, and reads the answer', async () => {
    const seen: object[] = [];
    const address = await serve(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      seen.push([request.method, request.url, request.headers['content-type'], Buffer.concat(chunks).toString()]);
      response.writeHead(201).end('{"Id":"ab"}');
    });
    const transport = await open(address);
    const request = { ...ask, method: 'POST' as const, path: '/containers/create', expect: [201] };
    const body = { Labels: { a: 'ü' }, Cmd: [] };
    expect(await transport.call({ ...request, query: { name: 'a b' }, body })).toEqual({
      status: 201,
      body: { Id: 'ab' },
    });
    expect(await transport.call({ ...request, path: '/containers/x/start' })).toEqual({
      status: 201,
      body: { Id: 'ab' },
    });
    expect(seen).toEqual([
      ['POST', '/containers/create?name=a%20b', 'application/json', JSON.stringify(body)],
      ['POST', '/containers/x/start', undefined, ''],
    ]);
  });

  it('speaks over TCP as well, whatever DOCKER_HOST says meanwhile', async () => {
    const server = createServer((_, response) => void response.end('{"Version":"1"}'));
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    endWithTest(server);
    const before = { host: process.env.DOCKER_HOST, certs: process.env.DOCKER_CERT_PATH };
    process.env.DOCKER_HOST = 'tcp://[not an address';
    process.env.DOCKER_CERT_PATH = '/no/such/folder';
    onTestFinished(() => {
      if (before.host === undefined) delete process.env.DOCKER_HOST;
      else process.env.DOCKER_HOST = before.host;
      if (before.certs === undefined) delete process.env.DOCKER_CERT_PATH;
      else process.env.DOCKER_CERT_PATH = before.certs;
    });
    const transport = await open({ kind: 'tcp', host: '127.0.0.1', port, tls: null });
    expect(await transport.call(ask)).toEqual({ status: 200, body: { Version: '1' } });
    expect(process.env.DOCKER_HOST).toBe('tcp://[not an address');
    expect(transport.where).toBe(`tcp://127.0.0.1:${port}`);
  });

  it.each<[string, (request: IncomingMessage, response: ServerResponse) => void, object]>([
    ['ends without an answer', (request) => request.socket.destroy(), { code: 'ENGINE_UNAVAILABLE' }],
    [
      'ends in the middle of the answer',
      (request, response) => {
        response.writeHead(200, { 'content-length': 100 });
        response.write('{"Ver', () => request.socket.destroy());
      },
      { code: 'ENGINE_UNAVAILABLE' },
    ],
    [
      'ends in the middle of a refusal',
      (request, response) => {
        response.writeHead(500, { 'content-length': 100 });
        response.write('{"mess', () => request.socket.destroy());
      },
      { code: 'ENGINE_UNAVAILABLE' },
    ],
    ['speaks no HTTP', (request) => void request.socket.end('hello\r\n\r\n'), { code: 'ENGINE_UNAVAILABLE' }],
    [
      'refuses without words',
      (_, response) => void response.writeHead(500).end(),
      { code: 'ENGINE_ERROR', message: 'The container engine could not say its version: it answered 500' },
    ],
    [
      'refuses in words that are no JSON',
      (_, response) => void response.writeHead(502).end('<h1>Bad gateway</h1>'),
      { code: 'ENGINE_ERROR', message: 'The container engine could not say its version: <h1>Bad gateway</h1>' },
    ],
  ])('fails as it should when it %s', async (_, listener, expected) => {
    const transport = await open(await serve(listener));
    await expect(transport.call(ask)).rejects.toMatchObject(expected);
    await expect(transport.stream(ask))
      .rejects.toMatchObject(expected)
      .catch((error: unknown) => {
        // A stream has begun well when its head has come.
        if (!String(error).includes('resolved')) throw error;
      });
  });

  it.each([
    ['no answer at all', () => undefined],
    ['half an answer', (_: IncomingMessage, response: ServerResponse) => void response.writeHead(200).write('{')],
  ])('waits no longer than told for %s', async (_, listener) => {
    const transport = await open(await serve(listener));
    await expect(transport.call({ ...ask, timeoutMs: 100 })).rejects.toMatchObject({
      code: 'ENGINE_TIMEOUT',
      message: 'The container engine did not say its version within 0.1 s.',
    });
  });

  it('ends with the caller’s own reason, before, during and after the head', async () => {
    const arrived: (() => void)[] = [];
    const address = await serve((_, response) => {
      response.writeHead(200).write('{');
      arrived.shift()?.();
    });
    const transport = await open(address);
    const early = AbortSignal.abort(new Error('too late'));
    await expect(transport.call({ ...ask, signal: early })).rejects.toThrow('too late');
    const caller = new AbortController();
    arrived.push(() => caller.abort(new Error('enough')));
    await expect(transport.call({ ...ask, signal: caller.signal })).rejects.toThrow('enough');
    const reader = new AbortController();
    const stream = await transport.stream({ ...ask, signal: reader.signal });
    const read = async () => {
      for await (const _ of stream) reader.abort(new Error('stop'));
    };
    await expect(read()).rejects.toThrow();
  });

  it('opens no more than so many connections for short calls, and lets streams and slow calls pass', async () => {
    let atOnce = 0;
    let most = 0;
    const held: ServerResponse[] = [];
    const address = await serve((request, response) => {
      if (request.url?.startsWith('/slow')) return void response.end('{}');
      most = Math.max(most, ++atOnce);
      held.push(response);
    });
    const transport = await open(address);
    const calls = Array.from({ length: 100 }, async () => await transport.call(ask));
    await expect.poll(() => held.length, { timeout: 5000, interval: 5 }).toBe(32);
    await transport.call({ ...ask, path: '/slow', slow: true });
    let answered = 0;
    while (answered < 100) {
      await expect.poll(() => held.length, { timeout: 5000, interval: 5 }).toBeGreaterThan(0);
      for (const response of held.splice(0)) {
        atOnce--;
        answered++;
        response.end('{}');
      }
    }
    await Promise.all(calls);
    expect(most).toBe(32);
  });

  it('says what is missing when there is nothing at the address', async () => {
    const path = join(await tempFolder(), 'none');
    const transport = await open({ kind: 'socket', path });
    await expect(transport.call(ask)).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: `The container engine at ${path} cannot be reached: there is no socket there; it is probably not running.`,
    });
  });

  it('says so when the certificates cannot be read', async () => {
    const tls = { ca: '/no/such/ca.pem', cert: null, key: null, verify: true };
    await expect(openTransport({ kind: 'tcp', host: '127.0.0.1', port: 1, tls })).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: expect.stringContaining('/no/such/ca.pem'),
    });
  });
});

describe('an engine that is looked for', () => {
  it('is found when it appears, and looked for again after an outage', async () => {
    const findings: EngineFinding[] = [];
    const engine = createContainerEngine({
      address: async () => findings.shift() ?? { found: false, reason: 'Nothing is left.' },
      log: silentLog,
    });
    onTestFinished(() => engine.close());
    findings.push({ found: false, reason: 'None is installed.' });
    await expect(engine.ping()).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE', message: 'None is installed.' });
    expect(engine.state).toMatchObject({ status: 'unavailable', reason: 'None is installed.' });

    const found = (address: EngineAddress): EngineFinding => ({
      found: true,
      address,
      source: 'default',
      context: null,
      how: 'A test.',
    });
    let fails = false;
    const first = await serve((request, response) => (fails ? request.socket.destroy() : void response.end('OK')));
    findings.push(found(first));
    await engine.ping();
    await engine.ping();
    expect(engine.state.status).toBe('available');

    fails = true;
    await expect(engine.ping()).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
    const second = await serve((_, response) => void response.end('OK'));
    findings.push(found(second));
    await engine.ping();
    expect(engine.state.status).toBe('available');
  });

  it('answers no more once it is closed', async () => {
    const engine = createContainerEngine({
      address: await serve((_, response) => void response.end('OK')),
      log: silentLog,
    });
    await engine.ping();
    engine.close();
    await expect(engine.ping()).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });
});

describe('a list of containers', () => {
  it('leaves out one that is gone meanwhile, and tells one that cannot be inspected in short', async () => {
    const summary = (Id: string) => ({
      Id,
      Names: [`/${Id}`],
      Image: 'shop/web:1',
      ImageID: 'sha256:77',
      Created: 1_767_323_045,
      State: 'running',
      Labels: { 'com.docker.compose.project': 'shop' },
      Ports: [
        { IP: '127.0.0.1', PrivatePort: 80, PublicPort: 3000, Type: 'tcp' },
        { PrivatePort: 90, Type: 'tcp' },
      ],
      NetworkSettings: { Networks: { shop: {} } },
    });
    const address = await serve((request, response) => {
      if (request.url?.startsWith('/containers/json')) response.end(JSON.stringify([summary('odd'), summary('gone')]));
      else if (request.url?.startsWith('/containers/gone/')) {
        response.writeHead(404).end('{"message":"No such container: gone"}');
      } else response.end('{"Id":"odd"}');
    });
    const engine = createContainerEngine({ address, log: silentLog });
    onTestFinished(() => engine.close());
    const port = { protocol: 'tcp', address: '127.0.0.1', port: 3000, containerPort: 80 };
    expect(await engine.list({ all: true })).toEqual([
      {
        id: 'odd',
        name: 'odd',
        image: 'shop/web:1',
        imageId: 'sha256:77',
        state: 'running',
        statusText: 'running',
        createdAt: '2026-01-02T03:04:05.000Z',
        startedAt: null,
        finishedAt: null,
        exitCode: null,
        oomKilled: false,
        health: 'none',
        error: null,
        pid: null,
        labels: { 'com.docker.compose.project': 'shop' },
        compose: { project: 'shop', service: null, workingDir: null },
        ports: [port],
        claims: [port],
        restartPolicy: 'no',
        stopSignal: null,
        networks: ['shop'],
      },
    ]);
  });
});
