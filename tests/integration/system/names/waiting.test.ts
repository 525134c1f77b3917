import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '#tests/support/eventually.ts';
import { askName, nameProgram, openNamed, targetOf, untilState } from '#tests/support/names.ts';
import { freePort, holdPort } from '#tests/support/ports.ts';
import { newHome, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

const home = newHome();
const patience = { waitSeconds: 30 };
const names = new Set<string>();
let system: TestSystem;

beforeAll(async () => {
  writeFileSync(home.configFile, JSON.stringify({ gateway: { startPatienceMs: 4000 } }));
  system = await startSystem({ home });
});
afterEach(async () => {
  for (const id of names) await system.client.services.delete({ id }, patience);
  names.clear();
});
afterAll(async () => {
  await system.stop();
  removeHome(home);
});

/** Tells who it is, how often it was asked, and what it was sent; listens after so many milliseconds. */
const program = (afterMs: number) => `
const { createServer } = require('node:http');
let asked = 0;
const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  response.end(JSON.stringify({ method: request.method, body, asked: ++asked, pid: process.pid }));
});
setTimeout(() => server.listen(Number(process.env.PORT), '127.0.0.1'), ${afterMs});`;

async function make(
  name: string,
  { afterMs = 0, ...spec }: { afterMs?: number; startOnVisit?: boolean; port?: number } = {},
) {
  const { port, ...rest } = spec;
  names.add(name);
  const endpoints = port === undefined ? {} : { endpoints: [{ name: 'http', hostPort: port }] };
  const service = await nameProgram(system, name, {
    command: [process.execPath, '-e', program(afterMs)],
    ...endpoints,
    ...rest,
  });
  await targetOf(system, name, () => true);
  await eventually(
    () => askName(system, name),
    ({ status }) => status !== 404,
  );
  return service;
}
const start = (id: string) => system.client.services.start({ id }, patience);
const browser = { accept: 'text/html,*/*' };
const visit = { ...browser, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
const statusOf = async (id: string) => (await system.client.services.get({ id })).status;
const startsOf = async (subject: string) =>
  (await system.client.events.list({ subject, limit: 500 })).items.filter(
    ({ type, data }) => type === 'service.status-changed' && 'to' in data && data.to === 'starting',
  ).length;

describe('a service that does not run', () => {
  it('is told of: to programs as a problem, to people as a page that is fenced and asks for a change', async () => {
    await make('shop');
    const program = await askName(system, 'shop/?q=<script>alert(1)</script>');
    const page = await askName(system, 'shop/?q=<script>alert(1)</script>', { headers: browser });

    expect({ ...program, body: JSON.parse(program.body) }).toMatchObject({
      status: 503,
      headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
      body: { code: 'SERVICE_DOWN', service: 'shop', detail: expect.stringMatching(/not been started/) },
    });
    expect(page).toMatchObject({
      status: 503,
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        'content-security-policy': expect.stringMatching(/^default-src 'none'; style-src 'sha256-/),
        'x-content-type-options': 'nosniff',
      },
    });
    expect(page.body).toContain('shop does not run');
    expect(page.body).not.toContain('<script>alert');
  });

  it('is not what its page told as soon as it runs: the question of the page is held until then', async () => {
    await make('shop');
    const question = askName(system, 'shop/', { headers: { 'x-clos-wait': 'SERVICE_DOWN' } });
    await start('shop');
    expect((await question).status).toBe(204);
  });

  it('of an unknown name leads to the names that there are', async () => {
    await make('shop');
    const { status, body } = await askName(system, 'nobody');
    expect({ status, body: JSON.parse(body) }).toMatchObject({
      status: 404,
      body: { code: 'NAME_UNKNOWN', names: ['shop.localhost'] },
    });
    const page = await askName(system, 'nobody', { headers: browser });
    expect(page.body).toContain('http://shop.localhost:');
  });
});

describe('a service that is starting', () => {
  it('is waited for by programs, with what they send, and told of to people at once', async () => {
    await make('slow', { afterMs: 2500 });
    await start('slow');
    const [get, post, page, wait] = await Promise.all([
      askName(system, 'slow'),
      askName(system, 'slow', { method: 'POST', body: 'kept' }),
      askName(system, 'slow', { headers: browser }),
      askName(system, 'slow', { headers: { 'x-clos-wait': 'SERVICE_STARTING' } }),
    ]);
    expect([get.status, post.status, page.status, wait.status]).toEqual([200, 200, 503, 204]);
    expect(JSON.parse(post.body)).toMatchObject({ method: 'POST', body: 'kept' });
    expect(page.headers['retry-after']).toBe('1');
    expect(page.body).toContain('slow is starting');
  });

  it('is not waited for longer than is said in the settings: 503 with Retry-After', async () => {
    await make('never', { afterMs: 3_600_000 });
    await start('never');
    const { status, headers, body } = await askName(system, 'never');
    expect({ status, retry: headers['retry-after'], code: JSON.parse(body).code }).toEqual({
      status: 503,
      retry: '1',
      code: 'SERVICE_STARTING',
    });
  });
});

describe('a visit', () => {
  it('starts what starts on a visit, and starts it once', async () => {
    const { id } = await make('guest', { startOnVisit: true });
    const pages = await Promise.all([1, 2, 3].map(() => askName(system, 'guest', { headers: visit })));
    expect(pages.map(({ status }) => status)).toEqual([503, 503, 503]);
    await untilState(system, 'guest', 'ready');
    expect(JSON.parse((await askName(system, 'guest')).body)).toMatchObject({ method: 'GET' });
    expect(await startsOf(id)).toBe(1);
  });

  it('is what a browser opens in a tab, and nothing else', async () => {
    await make('guest', { startOnVisit: true });
    const { 'sec-fetch-mode': _mode, ...noMode } = visit;
    const others: Array<{ method?: string; headers: Record<string, string> }> = [
      { headers: browser },
      { headers: noMode },
      { headers: { ...visit, 'sec-fetch-dest': 'iframe' } },
      { headers: { ...visit, 'sec-fetch-dest': 'image', 'sec-fetch-mode': 'no-cors' } },
      { headers: { ...visit, 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' } },
      { headers: { ...visit, 'sec-purpose': 'prefetch' } },
      { headers: { ...visit, 'sec-purpose': 'prefetch;prerender' } },
      { headers: visit, method: 'HEAD' },
      { headers: visit, method: 'POST' },
    ];
    const answers = await Promise.all(others.map((options) => askName(system, 'guest', options)));
    expect(answers.map(({ status }) => status)).toEqual(others.map(() => 503));
    expect(await statusOf('guest')).toBe('created');
  });

  it('to a service that does not start on a visit starts nothing', async () => {
    await make('shy');
    expect((await askName(system, 'shy', { headers: visit })).body).toContain('shy does not run');
    expect(await statusOf('shy')).toBe('created');
  });

  it('whose start meets a conflict tells of it', async () => {
    const port = await freePort();
    await make('guest', { startOnVisit: true, port });
    const holder = await holdPort(port);
    try {
      const page = await askName(system, 'guest', { headers: visit });
      const { items } = await system.client.conflicts.list();
      expect(page.status).toBe(503);
      expect(page.body).toContain(String(holder.pid));
      expect(page.body).toContain(`/conflicts/${items[0]?.id}`);
    } finally {
      await holder.release();
    }
  });
});

describe('a route', () => {
  it('that is moved sends the next request to its new place, and lets what runs go on', async () => {
    await make('one');
    await make('two');
    await Promise.all([start('one'), start('two')]);
    await Promise.all(
      ['one', 'two'].map((name) =>
        eventually(
          () => askName(system, name),
          ({ status }) => status === 200,
        ),
      ),
    );
    const pidOf = async (name: string): Promise<number> => JSON.parse((await askName(system, name)).body).pid;
    const { id } = await system.client.routes.create({ name: 'moving', targets: [{ service: 'one' }] });
    await eventually(
      () => askName(system, 'moving'),
      ({ status }) => status === 200,
    );
    const running = openNamed(system, 'moving', { method: 'POST', headers: { 'transfer-encoding': 'chunked' } });
    running.write('begun ');
    await eventually(
      async () => (await system.client.routes.traffic()).items.find(({ routeId }) => routeId === id)?.inFlight,
      (count) => count === 1,
    );
    await system.client.routes.update({ id, targets: [{ service: 'one', draining: true }, { service: 'two' }] });
    const two = await pidOf('two');
    await eventually(
      () => pidOf('moving'),
      (pid) => pid === two,
    );
    running.end('before');
    const [response] = (await once(running, 'response')) as [IncomingMessage];
    let body = '';
    for await (const chunk of response) body += String(chunk);
    expect(JSON.parse(body)).toMatchObject({ pid: await pidOf('one'), body: 'begun before' });
    await system.client.routes.delete({ id });
  });

  it('to three of which one is killed answers every request that may be sent again', async () => {
    const three = ['one', 'two', 'three'];
    for (const name of three) await make(name);
    await Promise.all(three.map(start));
    await Promise.all(
      three.map((name) =>
        eventually(
          () => askName(system, name),
          ({ status }) => status === 200,
        ),
      ),
    );
    const { id } = await system.client.routes.create({ name: 'all', targets: three.map((service) => ({ service })) });
    await eventually(
      () => askName(system, 'all'),
      ({ status }) => status === 200,
    );
    const pids = new Set<number>();
    const statuses = new Set<number>();
    for (let n = 0; n < 300; n++) {
      const { status, body } = await askName(system, 'all');
      statuses.add(status);
      const { pid } = JSON.parse(body);
      pids.add(pid);
      if (n === 100) process.kill(pid, 'SIGKILL');
    }
    expect([[...statuses], pids.size]).toEqual([[200], 3]);
    await system.client.routes.delete({ id });
  });
});

it('a gateway that is killed is back, with all names', async () => {
  await make('shop');
  await start('shop');
  await eventually(
    () => askName(system, 'shop'),
    ({ status }) => status === 200,
  );
  const { modules } = await system.client.system.status();
  process.kill(modules.find(({ name }) => name === 'gateway')?.pid ?? 0, 'SIGKILL');
  const answer = await eventually(
    () => askName(system, 'shop').catch(() => null),
    (value) => value !== null,
  );
  expect(answer?.status).toBe(200);
});
