import { once } from 'node:events';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEngine } from '#tests/support/engine.ts';
import { environmentOf, newHome, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';
import type { TestEngine } from '#tests/support/test-engine.ts';
import { webImage } from '#tests/support/web-image.ts';
import { type CliResult, followCli, runCli } from './run-cli.ts';

let engine: TestEngine;
let system: TestSystem;
let env: NodeJS.ProcessEnv;

const clos = (...args: string[]): Promise<CliResult> => runCli(env, args);

/** A port that somebody else holds, in this process. */
async function holdPort(): Promise<{ port: number; free: () => void }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A TCP server has a port');
  return { port: address.port, free: () => server.close() };
}

beforeAll(async () => {
  engine = await startEngine();
  system = await startSystem({ dockerHost: engine.dockerHost });
  env = environmentOf(system.home, { dockerHost: engine.dockerHost });
}, 120_000);

afterAll(async () => {
  await runCli(env, ['rm', '--yes', 'web', 'api', 'mover', 'watched', 'early', 'late']);
  await system.stop();
  removeHome(system.home);
  await engine.stop();
}, 60_000);

describe('the life of a service on the command line', () => {
  it('goes from create to rm, each step said in words', async () => {
    const created = await clos('create', 'web', '--image', webImage, '-p', 'auto:80', '--health-path', '/');
    expect(created).toEqual({ code: 0, out: '○ web is created\nStart it with: clos start web\n', err: '' });

    const started = await clos('start', 'web');
    expect(started).toMatchObject({ code: 0, err: '' });
    const [, port, url = ''] =
      /^[●◐] web is (?:running|starting) on :(\d+) {2}(http:\/\/127\.0\.0\.1:\d+)\n$/.exec(started.out) ?? [];
    expect(url).toBe(`http://127.0.0.1:${port}`);
    expect(await (await fetch(url)).text()).toContain('It works.');

    const list = await clos('ps');
    expect(list.out.split('\n')[1]).toMatch(new RegExp(`^[●◐] (running|starting) +web +:${port} +${webImage} +`));
    expect(await clos('ps', '--quiet')).toEqual({ code: 0, out: 'web\n', err: '' });
    expect(JSON.parse((await clos('ps', '--json')).out)).toMatchObject({ items: [{ name: 'web' }], nextCursor: null });

    const named = `http://web.localhost:${new URL(system.discovery.gateway.url).port}/\n`;
    expect(await clos('open', 'web', '--print')).toEqual({ code: 0, out: named, err: '' });
    expect(await clos('stop', 'web')).toEqual({ code: 0, out: `○ web is stopped, keeps :${port}\n`, err: '' });
    expect(await clos('restart', 'web')).toMatchObject({ code: 0, out: expect.stringContaining(`on :${port}`) });

    expect(await clos('rm', 'web')).toEqual({
      code: 2,
      out: '',
      err: expect.stringMatching(
        /^web is (running|starting), and nobody can be asked here\.\nTo remove it anyway: clos rm web --yes\n$/,
      ),
    });
    expect(await clos('rm', 'web', '--yes')).toEqual({
      code: 0,
      out: `web is removed. :${port} is free for others.\n`,
      err: '',
    });
    expect((await clos('ps')).out).toBe('No services yet. Add one: clos create web --image nginx -p auto:80\n');
  });

  it('prints what a container printed, each stream on its own', async () => {
    const line = `sh -c 'echo out; echo err >&2; printf "\\033[2Jtame\\n"; sleep 60'`;
    await clos('create', 'api', '--image', webImage, '--command', line);
    await clos('start', 'api');
    const follow = followCli(env, ['logs', 'api', '--follow']);
    expect(await follow.until(/tame/)).toBe('tame');
    await follow.end('SIGTERM');
    expect(await clos('logs', 'api')).toEqual({ code: 0, out: 'out\ntame\n', err: 'err\n' });
    // The engine keeps the two streams in no order of their own: the last line may be of either.
    const last = await clos('logs', 'api', '--tail', '1');
    expect(['tame\n', 'err\n']).toContain(last.out + last.err);
  });

  it('takes a service from standard input', async () => {
    const spec = JSON.stringify({ name: 'piped', runtime: { type: 'container', image: webImage } });
    expect(await runCli(env, ['create', '--file', '-', '--quiet'], { input: spec })).toEqual({
      code: 0,
      out: 'piped\n',
      err: '',
    });
    expect(await clos('rm', 'piped')).toEqual({ code: 0, out: 'piped is removed.\n', err: '' });
  });
});

describe('a port conflict on the command line', () => {
  it('is shown with every way out and its command, and ends with 4', async () => {
    const held = await holdPort();
    try {
      await clos('create', 'mover', '--image', webImage, '-p', `${held.port}:80`);
      const taken = await clos('start', 'mover');
      expect(taken.code).toBe(4);
      expect(taken.err).toContain(`:${held.port}`);
      expect(taken.out).toContain(`◧ mover wants :${held.port}`);
      expect(taken.out).toMatch(/held by .*pid \d+/);
      const [, id] = /\$ clos resolve (cfl_\w+) --option reassign/.exec(taken.out) ?? [];

      const list = await clos('conflicts', '--quiet');
      expect(list.out).toBe(`${id}\n`);
      expect((await clos('conflicts', String(id))).out).toContain(`◧ mover wants :${held.port}`);
      const json = JSON.parse((await clos('start', 'mover', '--json')).out);
      expect(json).toMatchObject({
        error: { code: 'PORT_CONFLICT', conflicts: [{ id, wanted: { port: held.port } }] },
      });

      const plan = await clos('resolve', String(id), '--dry-run');
      expect(plan).toMatchObject({
        code: 0,
        err: '',
        out: expect.stringMatching(/CLOS would:\n[\s\S]*Nothing was changed\.\n$/),
      });
      const wrong = await clos('resolve', String(id), '--option', 'magic');
      expect(wrong).toMatchObject({ code: 3, err: expect.stringContaining('It has: reassign') });

      const moved = await clos('start', 'mover', '--on-conflict', 'reassign');
      expect(moved).toMatchObject({ code: 0, err: expect.stringContaining(`◧ :${held.port} is held by`) });
      expect(moved.out).toMatch(
        new RegExp(
          `^● mover is running on :(\\d+) {2}http://127.0.0.1:\\1\n` +
            ` {2}◧ :\\1 instead of :${held.port}: reassigned: .*\nundo with: clos undo op_\\w+\n$`,
        ),
      );
      expect(moved.out).not.toContain(`is running on :${held.port} `);
      expect((await clos('conflicts')).out).toBe('No conflicts.\n');
      expect((await clos('resolve', String(id), '--option', 'reassign')).code).toBe(4);
    } finally {
      held.free();
    }
  });
});

describe('mistakes', () => {
  beforeAll(() => clos('create', 'taken', '--image', webImage));

  it('end with the code of the table, in at most three lines that say what to do', async () => {
    const results = await Promise.all([
      clos('start', 'takne'),
      clos('frobnicate'),
      clos('create', 'Bad', '--image', webImage),
      clos('who', 'many'),
      clos('conflicts', 'cfl_none'),
      clos('create', 'taken', '--image', webImage),
      clos('api', 'GET', '/nothing'),
      clos('api', 'POST', '/ports/check', '-d', '{'),
    ]);
    expect(results.map(({ code }) => code)).toEqual([3, 2, 2, 2, 3, 4, 3, 2]);
    for (const { err } of results) expect(err.trimEnd().split('\n').length).toBeLessThanOrEqual(3);
    expect(results[0]?.err).toContain('Did you mean taken? See all services: clos ps');
    expect(results[2]?.err).toContain('name (NAME): must start with a letter');
  });

  it('of one service do not keep the others', async () => {
    const result = await clos('stop', 'nobody', 'taken');
    expect(result).toMatchObject({ code: 3, out: expect.stringMatching(/^○ taken is (created|stopped)\n$/) });
  });
});

describe('the rest of the commands', () => {
  it('redraws the list when a service changes', async () => {
    const watch = followCli(env, ['ps', '--watch']);
    await watch.until(/./);
    await clos('create', 'watched', '--image', webImage, '-p', 'auto:80');
    expect(await watch.until(/created +watched/)).toMatch(/^○ created +watched +auto/);
    await clos('start', 'watched');
    expect(await watch.until(/running +watched/)).toMatch(/^● running +watched +:\d+/);
    await watch.end('SIGTERM');
  });

  it('sends raw requests and prints the answer byte by byte', async () => {
    const answer = await clos('api', 'POST', '/ports/check', '-d', '{"endpoints":[{"port":1}]}');
    expect(answer).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(answer.out)).toHaveProperty('conflicts');
  });

  it('tells the history and goes on as it grows', async () => {
    await clos('create', 'early', '--image', webImage);
    const past = await clos('events', '--after', '0', '--type', 'service.created', '--json');
    const names = past.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).subject.name);
    expect(names.at(-1)).toBe('early');

    const follow = followCli(env, ['events', '--follow']);
    await follow.until(/module\.state-changed|service\./);
    await clos('create', 'late', '--image', webImage);
    expect(await follow.until(/late was created/)).toMatch(
      /^ *\d+ {2}\d\d:\d\d:\d\d {2}service\.created +late was created {2}by /,
    );
    await clos('rm', 'late');
    expect(await follow.until(/late was removed/)).toContain('service.deleted');
    await follow.end('SIGTERM');
  });

  it('says how CLOS is, and which one this is', async () => {
    const status = await clos('status');
    expect(status.code).toBe(0);
    expect(status.out).toMatch(/^Modules {4}● api +ready +pid \d+$/m);
    expect((await clos('version')).out).toMatch(/^clos \d+\.\d+\.\d+\S*\n$/);
    expect((await clos('open', '--print')).out).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\S+\n$/);
  });
});

describe('without its socket', () => {
  it('takes the port that proves to be CLOS, and shows the key to no other', async () => {
    const home = newHome();
    const seen: string[] = [];
    const impostor = createHttpServer((request, response) => {
      seen.push(`${request.headers.authorization ?? 'no key'} ${request.url?.split('?')[0]}`);
      response.setHeader('content-type', 'application/json');
      // Passes the question on to the real one, and its proof back.
      const nonce = request.url?.split('?')[1] ?? '';
      void fetch(`${system.discovery.api.url}/livez?${nonce}`)
        .then((answer) => answer.text())
        .then((text) => response.end(text));
    }).listen(0, '127.0.0.1');
    await once(impostor, 'listening');
    try {
      const address = impostor.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      mkdirSync(home.runDir, { recursive: true });
      writeFileSync(home.credentialsFile, JSON.stringify({ apiKey: system.apiKey }));
      const own = environmentOf(home);

      writeFileSync(home.discoveryFile, JSON.stringify(system.discovery));
      expect(await runCli(own, ['status'])).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/^CLOS \d/) });

      const forged = { ...system.discovery, api: { ...system.discovery.api, url: `http://127.0.0.1:${port}` } };
      writeFileSync(home.discoveryFile, JSON.stringify(forged));
      const refused = await runCli(own, ['ps']);
      expect(refused.code).toBe(5);
      expect(refused.err).toContain(
        `What answers at http://127.0.0.1:${port} is not this CLOS. Your key was not sent to it.`,
      );
      expect(seen).toEqual(['no key /livez']);
    } finally {
      impostor.close();
      removeHome(home);
    }
  });

  it('says that CLOS is not running, and how to start it', async () => {
    const home = newHome();
    expect(await runCli(environmentOf(home), ['ps'])).toEqual({
      code: 5,
      out: '',
      err: 'CLOS is not running. Start it with: clos serve\n',
    });
    removeHome(home);
  });
});

describe('clos serve', () => {
  it('runs CLOS in the process that was started, until it is told to end', async () => {
    const home = newHome();
    const own = environmentOf(home);
    const serve = followCli(own, ['serve']);
    await serve.until(/^CLOS is ready/);
    expect((await runCli(own, ['ps', '--home', home.root])).code).toBe(0);
    // A key of another home opens nothing.
    renameSync(home.credentialsFile, join(home.root, 'kept.json'));
    writeFileSync(home.credentialsFile, JSON.stringify({ apiKey: system.apiKey }));
    expect((await runCli(own, ['ps'])).code).toBe(6);
    expect(await serve.end('SIGTERM')).toBe(0);
    expect((await runCli(own, ['status'])).code).toBe(5);
    removeHome(home);
  });
});
