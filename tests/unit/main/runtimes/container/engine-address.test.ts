import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findEngine } from '#main/runtimes/container/engine-address.ts';

let home: string;
const servers: Server[] = [];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'eng-'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await rm(home, { recursive: true, force: true });
});

/** No socket of this machine plays a part: the usual places are looked for below the test's own folder. */
async function find(env: Record<string, string> = {}, platform: NodeJS.Platform = 'linux') {
  return await findEngine(env, join(home, 'ada'), { platform, root: join(home, 'root') });
}

async function write(path: string, content: string | object): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
}

async function listen(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(path, resolve));
}

function contextFolder(kind: 'meta' | 'tls', name: string): string {
  return join(home, 'ada', '.docker', 'contexts', kind, createHash('sha256').update(name).digest('hex'));
}

async function addContext(name: string, host: string, extra: object = {}): Promise<void> {
  const endpoints = { docker: { Host: host, ...extra } };
  await write(join(contextFolder('meta', name), 'meta.json'), { Name: name, Metadata: {}, Endpoints: endpoints });
}

describe('the engine that DOCKER_HOST names', () => {
  it.each([
    ['unix:///run/me/docker.sock', { kind: 'socket', path: '/run/me/docker.sock' }],
    ['unix://', { kind: 'socket', path: '/var/run/docker.sock' }],
    ['npipe:////./pipe/other_engine', { kind: 'pipe', path: '//./pipe/other_engine' }],
    ['npipe://', { kind: 'pipe', path: '//./pipe/docker_engine' }],
    ['tcp://10.0.0.1', { kind: 'tcp', host: '10.0.0.1', port: 2375, tls: null }],
    ['tcp://10.0.0.1:80', { kind: 'tcp', host: '10.0.0.1', port: 80, tls: null }],
    ['tcp://[fd00::1]:4243/', { kind: 'tcp', host: 'fd00::1', port: 4243, tls: null }],
    ['10.0.0.1:4243', { kind: 'tcp', host: '10.0.0.1', port: 4243, tls: null }],
    [':4243', { kind: 'tcp', host: '127.0.0.1', port: 4243, tls: null }],
    ['http://engine.local:4243', { kind: 'tcp', host: 'engine.local', port: 4243, tls: null }],
    [
      'https://engine.local:4243',
      { kind: 'tcp', host: 'engine.local', port: 4243, tls: { ca: null, cert: null, key: null, verify: true } },
    ],
  ])('%s', async (host, address) => {
    expect(await find({ DOCKER_HOST: host, DOCKER_CONTEXT: 'ignored' })).toEqual({
      found: true,
      address,
      source: 'environment',
      context: null,
      how: `DOCKER_HOST names ${host}.`,
    });
  });

  it('is reached with TLS where the environment asks for it', async () => {
    const folder = join(home, 'certs');
    for (const name of ['ca.pem', 'cert.pem', 'key.pem']) await write(join(folder, name), 'x');
    const files = { ca: join(folder, 'ca.pem'), cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
    const env = { DOCKER_HOST: 'tcp://10.0.0.1', DOCKER_CERT_PATH: folder };
    expect(await find({ ...env, DOCKER_TLS_VERIFY: '1' })).toMatchObject({
      address: { kind: 'tcp', port: 2376, tls: { ...files, verify: true } },
    });
    expect(await find({ ...env, DOCKER_TLS: '1' })).toMatchObject({ address: { tls: { ...files, verify: false } } });
    // The folder alone asks for nothing, as with the docker command.
    expect(await find(env)).toMatchObject({ address: { port: 2375, tls: null } });
  });

  it.each([
    [
      { DOCKER_HOST: 'ssh://ada:secret@engine' },
      /^The container engine is set to ssh:\/\/engine, but CLOS does not connect over SSH\./,
    ],
    [{ DOCKER_HOST: 'ftp://engine' }, /which is no address that CLOS understands/],
    [{ DOCKER_HOST: 'tcp://a b' }, /which is no address that CLOS understands/],
    [{ DOCKER_HOST: 'tcp://h:99999' }, /which is no address that CLOS understands/],
    [{ DOCKER_HOST: 'tcp://h', DOCKER_TLS_VERIFY: '1' }, /\.docker\/ca\.pem cannot be read/],
  ])('is none, with a reason, for %j', async (env, reason) => {
    expect(await find(env)).toEqual({ found: false, reason: expect.stringMatching(reason) });
  });
});

describe('the engine of a context', () => {
  it('is the one of DOCKER_CONTEXT', async () => {
    await addContext('work', 'unix:///run/work.sock');
    expect(await find({ DOCKER_CONTEXT: 'work' })).toEqual({
      found: true,
      address: { kind: 'socket', path: '/run/work.sock' },
      source: 'context',
      context: 'work',
      how: 'The Docker context "work", chosen by DOCKER_CONTEXT, names unix:///run/work.sock.',
    });
  });

  it('is the current one of the user’s configuration, also where that stands elsewhere', async () => {
    await addContext('colima', 'unix:///home/ada/.colima/docker.sock');
    const config = join(home, 'ada', '.docker', 'config.json');
    await write(config, { auths: {}, currentContext: 'colima' });
    expect(await find()).toMatchObject({
      found: true,
      address: { path: '/home/ada/.colima/docker.sock' },
      how: `The Docker context "colima", chosen by ${config}, names unix:///home/ada/.colima/docker.sock.`,
    });
    const elsewhere = join(home, 'elsewhere');
    await write(join(elsewhere, 'config.json'), { currentContext: 'colima' });
    expect(await find({ DOCKER_CONFIG: elsewhere })).toMatchObject({ found: false, reason: /which does not exist/ });
  });

  it('is reached with the certificates of the context', async () => {
    await addContext('far', 'tcp://10.0.0.9:2376', { SkipTLSVerify: false });
    const folder = join(contextFolder('tls', 'far'), 'docker');
    for (const name of ['ca.pem', 'cert.pem', 'key.pem']) await write(join(folder, name), 'x');
    expect(await find({ DOCKER_CONTEXT: 'far' })).toMatchObject({
      address: { kind: 'tcp', host: '10.0.0.9', port: 2376, tls: { ca: join(folder, 'ca.pem'), verify: true } },
    });
  });

  it('is the usual one when the context is called "default"', async () => {
    await listen(join(home, 'root', 'var', 'run', 'docker.sock'));
    await write(join(home, 'ada', '.docker', 'config.json'), { currentContext: 'work' });
    expect(await find({ DOCKER_CONTEXT: 'default' })).toMatchObject({ found: true, source: 'default' });
  });

  it.each<[string, () => Promise<void>, RegExp]>([
    ['it does not exist', async () => undefined, /names the Docker context "work", which does not exist/],
    ['it goes over SSH', async () => await addContext('work', 'ssh://ada@engine'), /does not connect over SSH/],
    [
      'its file is no JSON',
      async () => await write(join(contextFolder('meta', 'work'), 'meta.json'), '{'),
      /meta\.json is not valid JSON/,
    ],
    [
      'its file lacks the engine',
      async () => await write(join(contextFolder('meta', 'work'), 'meta.json'), { Name: 'work', Endpoints: {} }),
      /does not say where its engine is/,
    ],
    [
      'its certificates are halves',
      async () => {
        await addContext('work', 'tcp://h:1');
        for (const name of ['ca.pem', 'key.pem']) await write(join(contextFolder('tls', 'work'), 'docker', name), 'x');
      },
      /of cert\.pem and key\.pem in .* only one can be read/,
    ],
  ])('is none, with a reason, when %s', async (_, prepare, reason) => {
    await prepare();
    expect(await find({ DOCKER_CONTEXT: 'work' })).toEqual({ found: false, reason: expect.stringMatching(reason) });
  });

  it.each([
    ['not JSON', '{ "currentContext": ', /config\.json is not valid JSON/],
    ['a list', '[]', /config\.json is not a configuration of Docker/],
    ['of another shape', '{ "currentContext": 7 }', /config\.json is not a configuration of Docker/],
  ])('is none, with a reason, when the configuration is %s', async (_, content, reason) => {
    await write(join(home, 'ada', '.docker', 'config.json'), content);
    expect(await find()).toEqual({ found: false, reason: expect.stringMatching(reason) });
  });

  it('is none, with a reason, when the configuration is a folder', async () => {
    await mkdir(join(home, 'ada', '.docker', 'config.json'), { recursive: true });
    expect(await find()).toEqual({ found: false, reason: expect.stringMatching(/config\.json cannot be read/) });
  });
});

describe('the engine at a usual place', () => {
  it('is the first of system, Docker Desktop, rootless, Podman', async () => {
    const runtime = join(home, 'run');
    const places: [string, string][] = [
      [join(home, 'root', 'run', 'podman', 'podman.sock'), 'the socket of Podman'],
      [join(runtime, 'podman', 'podman.sock'), 'the socket of rootless Podman'],
      [join(runtime, 'docker.sock'), 'the socket of rootless Docker'],
      [join(home, 'ada', '.docker', 'run', 'docker.sock'), 'the socket of Docker Desktop'],
      [join(home, 'root', 'var', 'run', 'docker.sock'), 'the usual socket of Docker'],
    ];
    for (const [path, what] of places) {
      await listen(path);
      expect(await find({ XDG_RUNTIME_DIR: runtime })).toEqual({
        found: true,
        address: { kind: 'socket', path },
        source: 'default',
        context: null,
        how: `${path} is ${what}.`,
      });
    }
  });

  it('is a pipe on Windows', async () => {
    expect(await find({}, 'win32')).toMatchObject({
      found: true,
      address: { kind: 'pipe', path: '//./pipe/docker_engine' },
    });
  });

  it('is none, and the reason names where it was looked for, when a file of that name is no socket', async () => {
    const path = join(home, 'root', 'var', 'run', 'docker.sock');
    await write(path, '');
    expect(await find()).toEqual({ found: false, reason: expect.stringContaining(path) });
  });
});
