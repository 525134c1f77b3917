import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allOperations } from '#shared/contract/contract.ts';
import type { OperationDefinition } from '#shared/contract/operation-definition.ts';
import { sendRaw, statusOf } from '#tests/support/raw-http.ts';
import { removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

const names = ['gateway', 'api', 'websocket', 'monitor', 'resolver', 'dashboard'] as const;
let system: TestSystem;

beforeAll(async () => {
  system = await startSystem();
});
afterAll(async () => {
  await system.stop();
  removeHome(system.home);
});

const ports = () => names.map((name) => ({ name, port: Number(new URL(system.discovery[name].url).port) }));

function get(path: string, headers: Record<string, string>): string {
  const lines = Object.entries({ connection: 'close', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** Names under which a page of somebody else's could reach our address, and ways to write ours that no browser sends. */
function foreignHosts(port: number): string[] {
  const hosts = [
    ...['evil.example', 'localhost.evil.example', 'evil.localhost', '127.0.0.1.nip.io', 'clos.localhost.evil.example'],
    ...['0.0.0.0', '127.0.0.2', '127.1', '2130706433', '0x7f000001', '0177.0.0.1', '127.0.0.1.', 'localhost.'],
    ...['[::]', '[::ffff:127.0.0.1]', '[0:0:0:0:0:0:0:1]', '[::1%lo]', '::1', '192.168.1.1', '10.0.0.1'],
    ...[
      'xclos.localhost',
      'clos-localhost',
      'clos.localhost@evil.example',
      'user@localhost',
      'localhost#',
      'localhost/',
    ],
    ...['localhost, evil.example', 'evil.example, localhost', 'ⓛocalhost', 'localhost%00', '%6cocalhost', '*', '-'],
  ];
  return [
    ...hosts.map((host) => `${host}:${port}`),
    ...hosts,
    ...['127.0.0.1', 'localhost', 'clos.localhost'].flatMap((host) => [
      `${host}:${port + 1}`,
      `${host}:0`,
      `${host}:`,
      `${host}:${port}:${port}`,
      `${host}:0${port}0`,
      `${host}:+${port}`,
      `${host}:${port} evil`,
    ]),
    '',
    'a'.repeat(300),
  ];
}

describe('who a request may claim to be for', () => {
  it.each(names.map((name) => [name]))('%s: no foreign Host passes, not even with the key', async (name) => {
    const port = Number(new URL(system.discovery[name].url).port);
    const passed: string[] = [];
    for (const host of foreignHosts(port)) {
      const bytes = get('/livez', { host, authorization: `Bearer ${system.apiKey}` });
      const status = statusOf(await sendRaw(port, bytes));
      // At the gateway such a name is a service's, and there is none.
      const isName = name === 'gateway' && /^x?(?:evil|clos)\.localhost(?::\d+)?$/.test(host) && status === 404;
      if (status !== 421 && status !== 400 && !isName) passed.push(`${host}: ${status}`);
    }
    const without = statusOf(await sendRaw(port, 'GET /livez HTTP/1.1\r\nconnection: close\r\n\r\n'));
    const twice = `GET /livez HTTP/1.1\r\nhost: localhost:${port}\r\nhost: evil.example\r\nconnection: close\r\n\r\n`;

    expect(passed).toEqual([]);
    expect([without, statusOf(await sendRaw(port, twice))]).toEqual([400, 400]);
    expect(statusOf(await sendRaw(port, get('/livez', { host: `localhost:${port}` })))).toBe(200);
  });

  it('no page of another origin reaches any port, by request or by WebSocket', async () => {
    const origins = ['http://evil.example', 'null', 'http://localhost', 'http://127.0.0.1:1', 'file://', 'https://app'];
    const answers: unknown[] = [];
    for (const { name, port } of ports()) {
      for (const origin of origins) {
        const host = `127.0.0.1:${port}`;
        const upgrade = {
          upgrade: 'websocket',
          'sec-websocket-version': '13',
          'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
        };
        const authorization = `Bearer ${system.apiKey}`;
        const plain = await sendRaw(port, get('/livez', { host, origin, authorization }));
        const socket = await sendRaw(
          port,
          get('/ws', { host, origin, authorization, ...upgrade, connection: 'Upgrade' }),
        );
        const preflight = await sendRaw(port, get('/api/v2/services', { host, origin }).replace('GET', 'OPTIONS'));
        const allowed = [plain, socket, preflight].filter((text) => /access-control-allow/i.test(text)).length;
        answers.push([name, statusOf(plain), statusOf(socket), statusOf(preflight), allowed]);
      }
    }

    expect(answers).toEqual(ports().flatMap(({ name }) => origins.map(() => [name, 403, 403, 403, 0])));
  });
});

/** The operation as a request with nothing in it but its path. */
function bare(operation: OperationDefinition): { path: string; init: RequestInit } {
  const path = operation.path.replace(/\{\w+\}/g, 'x');
  const body = operation.body === undefined ? {} : { body: '{}', headers: { 'content-type': 'application/json' } };
  return { path, init: { method: operation.method, ...body } };
}

/** Where an operation can be asked for: the port of its module, and the two doors. */
function basesOf({ module }: OperationDefinition): string[] {
  const own = module === 'every' || module === 'worker' ? [] : [module];
  return [...new Set([...own, 'gateway', 'dashboard', 'api'] as const)].map((name) => system.discovery[name].url);
}

describe('who may call', () => {
  it('nothing but /livez and signing in answers without a token', async () => {
    const wrong: string[] = [];
    for (const operation of allOperations) {
      const { path, init } = bare(operation);
      const open = 'audience' in operation.access && operation.access.audience === 'anyone';
      for (const base of basesOf(operation)) {
        const { status } = await fetch(base + path, init);
        const right = open ? status === 200 || status === 400 : status === 401;
        // The doors know only the paths that they pass on.
        const unknownHere = !path.startsWith('/api') && status === 404 && base !== system.discovery.api.url;
        if (!right && !unknownHere) wrong.push(`${operation.id} at ${base}: ${status}`);
      }
    }

    expect(wrong).toEqual([]);
  });

  it.each([
    ['an invented key', `Bearer clos_${'A'.repeat(43)}`],
    ['a module key of another run', `Bearer clos_m_${'A'.repeat(43)}`],
    ['a key with something behind it', 'KEY '],
    ['an unsigned JWT', 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJvd25lciIsInJvbGUiOiJhZG1pbiJ9.'],
    ['basic authentication', 'Basic b3duZXI6b3duZXI='],
    ['an empty token', 'Bearer '],
    ['two tokens', 'Bearer a, Bearer b'],
    ['bytes that are no token', 'Bearer \xff\xfe\x80'],
    ['SQL', "Bearer ' OR '1'='1"],
    ['a very long token', `Bearer ${'a'.repeat(9000)}`],
  ])('%s opens nothing', async (_what, authorization) => {
    const statuses = [];
    for (const { port } of ports().filter(({ name }) => name !== 'dashboard')) {
      const given = authorization.startsWith('KEY') ? `Bearer ${system.apiKey}x` : authorization;
      const path = port === Number(new URL(system.discovery.gateway.url).port) ? '/api/v2/services' : '/readyz';
      statuses.push(statusOf(await sendRaw(port, get(path, { host: `127.0.0.1:${port}`, authorization: given }))));
    }

    expect(statuses).toEqual(statuses.map(() => 401));
  });

  it('the owner may not call what is between modules', async () => {
    const internal = allOperations.filter(({ access }) => 'audience' in access && access.audience === 'module');
    const answers: unknown[] = [];
    for (const operation of internal) {
      const { path, init } = bare(operation);
      const headers = { ...init.headers, authorization: `Bearer ${system.apiKey}` };
      const { module } = operation;
      const direct =
        module === 'every' || module === 'worker' || module === 'gateway'
          ? 403
          : (await fetch(system.discovery[module].url + path, { ...init, headers })).status;
      const doors = [];
      for (const door of ['gateway', 'dashboard'] as const) {
        doors.push((await fetch(system.discovery[door].url + path, { ...init, headers })).status);
      }
      answers.push([operation.id, direct, ...doors]);
    }

    expect(internal.length).toBeGreaterThan(5);
    expect(answers).toEqual(internal.map(({ id }) => [id, 403, 404, 404]));
  });
});

describe('requests that are none', () => {
  const smuggled = 'GET /api/v2/services HTTP/1.1\r\nhost: x\r\n\r\n';
  const cases: ReadonlyArray<[string, (host: string) => string]> = [
    [
      'Content-Length and Transfer-Encoding',
      (host) =>
        `POST /api/v2/services HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    [
      'two Content-Lengths',
      (host) =>
        `POST /api/v2/services HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 0\r\ncontent-length: 44\r\n\r\n${smuggled}`,
    ],
    [
      'an odd Transfer-Encoding',
      (host) => `POST /api/v2/services HTTP/1.1\r\nhost: ${host}\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n`,
    ],
    ['a negative Content-Length', (host) => `POST / HTTP/1.1\r\nhost: ${host}\r\ncontent-length: -1\r\n\r\n`],
    ['a broken chunk', (host) => `POST / HTTP/1.1\r\nhost: ${host}\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n`],
    ['a folded header', (host) => `GET /livez HTTP/1.1\r\nhost: ${host}\r\nx: a\r\n b\r\n\tc\r\nx y: z\r\n\r\n`],
    ['a header without a name', (host) => `GET /livez HTTP/1.1\r\nhost: ${host}\r\n: a\r\n\r\n`],
    ['a NUL in a header', (host) => `GET /livez HTTP/1.1\r\nhost: ${host}\r\nx: a\0b\r\n\r\n`],
    ['headers of 100 KB', (host) => `GET /livez HTTP/1.1\r\nhost: ${host}\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`],
    ['a path of 100 KB', (host) => `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nhost: ${host}\r\n\r\n`],
    ['no HTTP at all', () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
    ['HTTP/2', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a method that does not exist', (host) => `BREW /livez HTTP/1.1\r\nhost: ${host}\r\n\r\n`],
    ['CONNECT', () => 'CONNECT 127.0.0.1:22 HTTP/1.1\r\nhost: 127.0.0.1:22\r\n\r\n'],
    ['an absolute target elsewhere', () => 'GET http://evil.example/livez HTTP/1.1\r\nhost: evil.example\r\n\r\n'],
    [
      'an upgrade to something else',
      (host) => `GET /ws HTTP/1.1\r\nhost: ${host}\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n`,
    ],
    [
      'an upgrade without a key',
      (host) => `GET /ws HTTP/1.1\r\nhost: ${host}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`,
    ],
    [
      'bad escapes in the path',
      (host) => `GET /api/v2/services/%zz%00%c0%ae HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`,
    ],
  ];

  it.each(cases)('%s: refused once on every port, and no process ends', async (_what, write) => {
    const before = (await system.client.system.status()).modules.map(({ pid }) => pid);
    const answers: unknown[] = [];
    for (const { name, port } of ports()) {
      const text = await sendRaw(port, write(`127.0.0.1:${port}`), 500);
      const status = statusOf(text);
      const count = text.split('HTTP/1.1 ').length - 1;
      if (count > 1 || (status !== null && (status < 400 || status >= 500))) answers.push([name, status, count]);
    }

    expect(answers).toEqual([]);
    expect((await system.client.system.status()).modules.map(({ pid }) => pid)).toEqual(before);
  });
});

/** Everything below a folder, with its kind and mode. */
function modesBelow(folder: string): Array<{ path: string; mode: number; kind: 'folder' | 'socket' | 'file' }> {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    const info = statSync(path);
    const kind = info.isDirectory() ? ('folder' as const) : info.isSocket() ? ('socket' as const) : ('file' as const);
    return [{ path, mode: info.mode & 0o777, kind }, ...(kind === 'folder' ? modesBelow(path) : [])];
  });
}

/** The listening TCP sockets of a process, as hexadecimal addresses (proc(5)). */
function listenersOf(pid: number): string[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    }),
  );
  return ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((columns) => columns[3] === '0A' && inodes.has(columns[9] ?? ''))
      .map((columns) => columns[1] ?? ''),
  );
}

describe('what others on this machine can reach', () => {
  it('lets nobody else read what is in the home', () => {
    const root = { path: system.home.root, mode: statSync(system.home.root).mode & 0o777, kind: 'folder' as const };
    const all = [root, ...modesBelow(system.home.root)];
    const open = all.filter(({ mode, kind }) => kind !== 'socket' && mode !== (kind === 'folder' ? 0o700 : 0o600));

    expect(all.length).toBeGreaterThan(10);
    expect(open.map(({ path, mode }) => `${path.slice(system.home.root.length)} ${mode.toString(8)}`)).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('listens on loopback only', async () => {
    const { modules } = await system.client.system.status();
    const pids = [system.process.pid ?? 0, ...modules.map(({ pid }) => pid ?? 0)];
    const listeners = pids.flatMap(listenersOf);

    const families: Record<string, string> = { '0100007F': '127.0.0.1', '00000000000000000000000001000000': '::1' };
    const both = new Set<string>(['gateway', 'dashboard']);
    expect(
      listeners
        .map((address) => {
          const [host = '', port = ''] = address.split(':');
          return `${families[host] ?? host} ${Number.parseInt(port, 16)}`;
        })
        .sort(),
    ).toEqual(
      ports()
        .flatMap(({ name, port }) => [`127.0.0.1 ${port}`, ...(both.has(name) ? [`::1 ${port}`] : [])])
        .sort(),
    );
  });
});
