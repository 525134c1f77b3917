import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { eventually } from '#tests/support/eventually.ts';
import { askName, nameProgram, targetOf, untilState } from '#tests/support/names.ts';
import { closeServer, freePort } from '#tests/support/ports.ts';
import { removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

const patience = { waitSeconds: 30 };
let system: TestSystem;
let folder: string;
const others: Server[] = [];
const names: string[] = [];

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'clos-builds-')));
  system = await startSystem();
});
afterEach(async () => {
  for (const server of others.splice(0)) {
    server.closeAllConnections();
    await closeServer(server);
  }
  for (const id of names.splice(0)) await system.client.services.delete({ id }, patience);
});
afterAll(async () => {
  await system.stop();
  removeHome(system.home);
  rmSync(folder, { recursive: true, force: true });
});

/** Answers with the text of a file of its folder. Told SIGUSR2, it goes on without listening. */
const program = `
const { createServer } = require('node:http');
const { readFileSync } = require('node:fs');
const server = createServer((_request, response) => response.end(readFileSync('build.txt')));
server.listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGUSR2', () => {
  server.close();
  server.closeAllConnections();
});
setInterval(() => undefined, 1000);`;

async function run(name: string, cwd: string, port: number): Promise<void> {
  names.push(name);
  const endpoints = [{ name: 'http', hostPort: port }];
  await nameProgram(system, name, { command: [process.execPath, '-e', program], cwd, endpoints });
  await system.client.services.start({ id: name }, patience);
  await eventually(
    () => askName(system, name),
    ({ status }) => status === 200,
  );
}

/** A program of somebody else's, which counts what it is asked. */
async function impostor(port: number, host: string): Promise<string[]> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.end('the wrong app');
  });
  server.listen({ port, host, exclusive: true });
  await once(server, 'listening');
  others.push(server);
  return asked;
}

function makeApp(): string {
  const app = join(folder, `app-${names.length}-${Date.now()}`);
  mkdirSync(app);
  writeFileSync(join(app, 'build.txt'), 'main');
  return app;
}

it('two checkouts of one app have a name each, which answers with its build and tells its root and branch', async () => {
  const app = makeApp();
  const feature = join(folder, 'app-feature');
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], { cwd: app, stdio: 'pipe' });
  git('init', '-b', 'main');
  git('add', '.');
  git('commit', '-m', 'first');
  git('worktree', 'add', '-b', 'feature', feature);
  writeFileSync(join(feature, 'build.txt'), 'feature');
  await run('app', app, await freePort());
  await run('app-feature', feature, await freePort());

  const seen = await Promise.all(
    ['app', 'app-feature'].map(async (name) => ({
      build: (await askName(system, name)).body,
      checkout: (await targetOf(system, name, () => true)).checkout,
    })),
  );
  expect(seen).toEqual([
    { build: 'main', checkout: { root: app, branch: 'main' } },
    { build: 'feature', checkout: { root: feature, branch: 'feature' } },
  ]);
});

it('a wrong app beside it on [::1] gets nothing: the name reaches ours, and its route says who is there', async () => {
  const port = await freePort();
  await run('ours', makeApp(), port);
  const asked = await impostor(port, '::1');
  const { reason, state } = await targetOf(system, 'ours', ({ conflictId }) => conflictId !== null);

  expect((await askName(system, 'ours')).body).toBe('main');
  expect({ state, told: reason?.includes(`pid ${process.pid}`), asked }).toEqual({
    state: 'ready',
    told: true,
    asked: [],
  });
});

it('a wrong app that has taken its address gets nothing: the answer is who it is', async () => {
  const port = await freePort();
  await run('ours', makeApp(), port);
  const { runtime } = await system.client.services.get({ id: 'ours' });
  const pid = runtime.type === 'process' ? (runtime.observed?.pid ?? 0) : 0;
  process.kill(pid, 'SIGUSR2');
  const asked = await eventually(
    () => impostor(port, '127.0.0.1').catch(() => null),
    (value) => value !== null,
  );
  await untilState(system, 'ours', 'taken');
  const { status, body } = await askName(system, 'ours/secret', { method: 'POST', body: 'token' });

  expect({ status, body: JSON.parse(body), asked }).toMatchObject({
    status: 502,
    body: {
      code: 'ADDRESS_TAKEN',
      detail: expect.stringContaining(`pid ${process.pid}`),
      conflictId: expect.any(String),
    },
    asked: [],
  });
});
