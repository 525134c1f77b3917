import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Route } from '#shared/contract/routes.ts';
import type { ServiceSpecInput } from '#shared/contract/service-spec.ts';
import type { Service } from '#shared/contract/services.ts';
import { eventually } from '#tests/support/eventually.ts';
import { freePort, holdPort } from '#tests/support/ports.ts';
import { removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

let system: TestSystem;
let port: string;
const patient = { waitSeconds: 30 };

beforeAll(async () => {
  system = await startSystem();
  port = new URL(system.discovery.gateway.url).port;
});
afterEach(async () => {
  const { client } = system;
  for (const { id, kind } of await allRoutes()) if (kind === 'custom') await client.routes.delete({ id });
  for (const { id } of (await client.services.list({ limit: 500 })).items)
    await client.services.delete({ id }, patient);
});
afterAll(async () => {
  await system.stop();
  removeHome(system.home);
});

const command = ['node', '-e', `require('node:net').createServer().listen(process.env.PORT, '127.0.0.1')`];
const idle = { type: 'process' as const, command: ['sleep', '1000'], cwd: '/' };

function create(name: string, more: Partial<ServiceSpecInput> & { cwd?: string } = {}): Promise<Service> {
  const { cwd = '/', ...spec } = more;
  return system.client.services.create({
    name,
    runtime: { type: 'process', command, cwd },
    endpoints: [{ name: 'http' }],
    ...spec,
  });
}

const allRoutes = async (query: { service?: string } = {}): Promise<Route[]> =>
  (await system.client.routes.list({ limit: 500, ...query })).items;

/** Where a route leads, as one would say it: `web/http down`. */
const leadsTo = ({ targets }: Pick<Route, 'targets'>) =>
  targets.map(
    ({ service, endpoint, state, draining }) => `${service.name}/${endpoint} ${draining ? 'draining' : state}`,
  );
const told = (routes: readonly Route[]) =>
  routes.map((route) => [`${route.name}${route.path}`, route.kind, ...leadsTo(route)]);

/** How a call is refused: the code, and what is wrong with which part. */
async function refusal(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'not refused',
    (error: { code: string; errors: unknown }) => [error.code, error.errors],
  );
}

describe('the routes that endpoints have by themselves', () => {
  it('are one for each that speaks HTTP: the first has the name of the service, the others are before it', async () => {
    const endpoints = [
      { name: 'db', hostPort: 5432, scheme: 'postgres' },
      { name: 'dns', protocol: 'udp' as const },
      { name: 'site' },
      { name: 'admin', scheme: 'https' },
    ];
    const web = await create('web', { endpoints, startOnVisit: true });

    expect(await allRoutes()).toEqual([
      {
        id: web.endpoints[3]?.id.replace('ept_', 'rte_'),
        kind: 'automatic',
        name: 'admin.web',
        path: '/',
        url: `http://admin.web.localhost:${port}/`,
        stripPath: false,
        rateLimit: null,
        targets: [
          {
            service: { id: web.id, name: 'web', instance: 'main' },
            endpoint: 'admin',
            scheme: 'https',
            address: null,
            state: 'down',
            status: 'created',
            reason: 'It has not been started yet.',
            conflictId: null,
            draining: false,
            startOnVisit: true,
            checkout: null,
          },
        ],
        shadowedBy: null,
        createdAt: null,
        updatedAt: null,
      },
      expect.objectContaining({
        name: 'web',
        targets: [expect.objectContaining({ endpoint: 'site', scheme: 'http' })],
      }),
    ]);
  });

  it('say how their service is, and where it is reached', async () => {
    const hostPort = await freePort();
    await create('web', { endpoints: [{ name: 'http', hostPort }] });
    await system.client.services.start({ id: 'web' }, patient);
    const [running] = await allRoutes();
    await system.client.services.stop({ id: 'web' }, patient);
    const [stopped] = await allRoutes();

    const seen = [running, stopped].map((route) => route?.targets[0]);
    expect(seen.map((target) => [target?.state, target?.reason, target?.address])).toEqual([
      ['ready', null, `127.0.0.1:${hostPort}`],
      ['down', 'It was stopped.', `127.0.0.1:${hostPort}`],
    ]);
  });

  it('lead to nobody while a stranger answers at the address of their service, and say who does', async () => {
    const hostPort = await freePort();
    await create('web', { endpoints: [{ name: 'http', hostPort }], runtime: idle });
    await system.client.services.start({ id: 'web' }, patient);
    const stranger = await holdPort(hostPort);
    const [taken] = await eventually(allRoutes, ([route]) => route?.targets[0]?.state === 'taken');
    const { items } = await system.client.conflicts.list({ state: 'open' });
    await stranger.release();
    await eventually(allRoutes, ([route]) => route?.targets[0]?.state === 'ready');

    expect(taken?.targets[0]).toMatchObject({
      reason: `node (pid ${stranger.pid}) answers at its address.`,
      conflictId: items[0]?.id,
    });
  });

  it('are not there for a service with the name of the dashboard', async () => {
    await create('clos', { endpoints: [{ name: 'http' }, { name: 'admin' }] });

    expect(await allRoutes()).toEqual([]);
  });

  it('cannot be changed or taken away, but named otherwise', async () => {
    await create('web');
    const [route] = await allRoutes();
    const id = route?.id ?? '';
    const { routes } = system.client;

    expect(await routes.get({ id })).toEqual(route);
    const advice =
      'web comes with its endpoint and goes with it. Make a route of your own for another name, path or limit.';
    for (const call of [() => routes.update({ id, stripPath: true }), () => routes.delete({ id })]) {
      await expect(call()).rejects.toMatchObject({ code: 'ROUTE_AUTOMATIC', message: advice });
    }
  });

  it('tell two checkouts of one repository apart', async () => {
    const root = system.home.root;
    const write = (path: string, text: string) => {
      mkdirSync(join(root, path, '..'), { recursive: true });
      writeFileSync(join(root, path), text);
    };
    write('shop/.git/HEAD', 'ref: refs/heads/main\n');
    write('shop/.git/worktrees/cart/HEAD', 'ref: refs/heads/cart\n');
    write('shop/.git/worktrees/cart/commondir', '../..\n');
    write('cart/.git', `gitdir: ${root}/shop/.git/worktrees/cart\n`);
    write('cart/web/index.js', '');
    await create('shop', { cwd: join(root, 'shop') });
    await create('shop-cart', { cwd: join(root, 'cart', 'web') });
    const checkouts = async () => (await allRoutes()).map(({ targets }) => targets[0]?.checkout);

    expect(await checkouts()).toEqual([
      { root: join(root, 'shop'), branch: 'main' },
      { root: join(root, 'cart'), branch: 'cart' },
    ]);
    // The branch is another one without any event.
    write('shop/.git/HEAD', 'ref: refs/heads/topic\n');
    expect((await checkouts())[0]).toEqual({ root: join(root, 'shop'), branch: 'topic' });
  });
});

describe('a route that is made', () => {
  it('leads a name, or a path of it, to a service', async () => {
    const { routes } = system.client;
    const web = await create('web');
    await create('api', { endpoints: [{ name: 'http' }, { name: 'admin' }] });
    const rateLimit = { requestsPerSecond: 100, burst: 20 };
    const shop = await routes.create({ name: 'Shop.localhost', targets: [{ service: web.id }] });
    const below = await routes.create({
      name: 'shop',
      path: '/api/v1',
      stripPath: true,
      rateLimit,
      targets: [{ service: 'api', endpoint: 'admin' }],
    });

    expect(shop).toMatchObject({
      kind: 'custom',
      name: 'shop',
      url: `http://shop.localhost:${port}/`,
      stripPath: false,
    });
    expect(below).toMatchObject({
      path: '/api/v1',
      url: `http://shop.localhost:${port}/api/v1`,
      stripPath: true,
      rateLimit,
    });
    expect(told(await allRoutes())).toEqual([
      ['admin.api/', 'automatic', 'api/admin down'],
      ['api/', 'automatic', 'api/http down'],
      ['shop/', 'custom', 'web/http down'],
      ['shop/api/v1', 'custom', 'api/admin down'],
      ['web/', 'automatic', 'web/http down'],
    ]);
    expect(told(await allRoutes({ service: 'web' }))).toEqual([
      ['shop/', 'custom', 'web/http down'],
      ['web/', 'automatic', 'web/http down'],
    ]);
    expect(await routes.get({ id: below.id })).toEqual(below);
  });

  it('has precedence over the one that an endpoint has by itself, which says so, until it is taken away', async () => {
    const { routes } = system.client;
    await create('web');
    await create('beta');
    const made = await routes.create({ name: 'web', targets: [{ service: 'beta' }] });
    const shadows = async () => (await allRoutes()).map(({ name, kind, shadowedBy }) => [name, kind, shadowedBy]);

    expect((await shadows()).toSorted()).toEqual([
      ['beta', 'automatic', null],
      ['web', 'automatic', made.id],
      ['web', 'custom', null],
    ]);
    // A path of the name leaves the rest of it to the service.
    await routes.delete({ id: made.id });
    await routes.create({ name: 'web', path: '/beta', targets: [{ service: 'beta' }] });
    expect(await shadows()).toEqual([
      ['beta', 'automatic', null],
      ['web', 'automatic', null],
      ['web', 'custom', null],
    ]);
  });

  it('leads to several in turn, and drains one of them', async () => {
    const { routes } = system.client;
    for (const name of ['one', 'two']) await create(name);
    const targets = [{ service: 'one' }, { service: 'two', endpoint: 'http' }];
    const { id } = await routes.create({ name: 'both', targets });
    expect(leadsTo(await routes.get({ id }))).toEqual(['one/http down', 'two/http down']);

    const drained = await routes.update({ id, targets: [{ service: 'two' }, { service: 'one', draining: true }] });
    expect(leadsTo(drained)).toEqual(['two/http down', 'one/http draining']);
    expect(leadsTo(await routes.get({ id }))).toEqual(leadsTo(drained));
  });

  it('keeps what an update does not name, and an update that changes nothing is no event', async () => {
    const { client } = system;
    await create('web');
    const rateLimit = { requestsPerSecond: 0.5, burst: 1 };
    const made = await client.routes.create({ name: 'shop', rateLimit, targets: [{ service: 'web' }] });
    const stripped = await client.routes.update({ id: made.id, stripPath: true });
    expect(stripped).toEqual({ ...made, stripPath: true, updatedAt: stripped.updatedAt });
    expect(await client.routes.update({ id: made.id, stripPath: true, rateLimit })).toEqual(stripped);
    expect((await client.routes.update({ id: made.id, rateLimit: null })).rateLimit).toBeNull();
    await client.routes.delete({ id: made.id });

    const { items } = await client.events.list({ subject: made.id });
    const common = { name: 'shop', path: '/', targets: ['web'] };
    expect(items.map(({ type, data, subject }) => [type, data, subject])).toEqual([
      ['route.created', common, { type: 'route', id: made.id, name: 'shop' }],
      ['route.updated', { ...common, changed: ['stripPath'] }, { type: 'route', id: made.id, name: 'shop' }],
      ['route.updated', { ...common, changed: ['rateLimit'] }, { type: 'route', id: made.id, name: 'shop' }],
      ['route.deleted', common, { type: 'route', id: made.id, name: 'shop' }],
    ]);
    await expect(client.routes.get({ id: made.id })).rejects.toMatchObject({ code: 'ROUTE_UNKNOWN' });
  });

  it('whose service was removed leads nowhere, and can be led elsewhere', async () => {
    const { client } = system;
    await create('web');
    const { id } = await client.routes.create({ name: 'shop', targets: [{ service: 'web' }] });
    await client.services.delete({ id: 'web' }, patient);
    expect((await client.routes.get({ id })).targets).toEqual([]);

    await create('web');
    expect((await client.routes.get({ id })).targets).toEqual([]);
    expect(leadsTo(await client.routes.update({ id, targets: [{ service: 'web' }] }))).toEqual(['web/http down']);
  });

  it('keeps its endpoint by name when the endpoints of the service are others', async () => {
    const { client } = system;
    const web = await create('web', { endpoints: [{ name: 'http' }, { name: 'admin' }] });
    const { id } = await client.routes.create({ name: 'shop', targets: [{ service: 'web', endpoint: 'admin' }] });
    const set = async (endpoints: ServiceSpecInput['endpoints'], ifMatch: number) =>
      (await client.services.update({ id: 'web', endpoints }, { ifMatch })).revision;

    const without = await set([{ name: 'http' }], web.revision);
    expect((await client.routes.get({ id })).targets).toEqual([]);
    await set([{ name: 'admin' }, { name: 'http' }], without);
    expect(leadsTo(await client.routes.get({ id }))).toEqual(['web/admin down']);
  });
});

describe('what cannot be a route', () => {
  it('is refused where it is wrong', async () => {
    const { routes } = system.client;
    await create('web');
    const made = await routes.create({ name: 'shop', targets: [{ service: 'web' }] });
    const targets = [{ service: 'web' }];
    const name = 'other';
    const labels = 'must be labels of a host name with dots between, such as shop or www.shop; ".localhost" is added';
    const ours = 'must not be "clos", "localhost" or below them: CLOS answers there itself';
    const segments = 'must be / or segments of letters, digits and . _ ~ - such as /api/v1, without a slash at the end';

    const refusals: Array<[Parameters<typeof routes.create>[0], string, string, string]> = [
      [{ name: 'shop', targets }, 'ROUTE_TAKEN', 'name', 'is taken with this path'],
      [{ name: 'sh op', targets }, 'INVALID_INPUT', 'name', labels],
      [{ name: 'clos', targets }, 'INVALID_INPUT', 'name', ours],
      [{ name: 'api.clos', targets }, 'INVALID_INPUT', 'name', ours],
      [{ name, path: '/api/', targets }, 'INVALID_INPUT', 'path', segments],
      [{ name, path: '/a/../b', targets }, 'INVALID_INPUT', 'path', segments],
      [
        { name, targets: [{ service: 'none' }] },
        'SERVICE_NOT_FOUND',
        'targets.0.service',
        'There is no service "none".',
      ],
      [
        { name, targets: [...targets, { service: 'web', endpoint: 'none' }] },
        'ENDPOINT_NOT_FOUND',
        'targets.1.endpoint',
        'web has no endpoint "none", but: http.',
      ],
      [{ name, targets: [...targets, ...targets] }, 'INVALID_INPUT', 'targets.1', 'stands here twice'],
    ];
    for (const [input, code, path, message] of refusals) {
      expect(await refusal(routes.create(input))).toEqual([code, [{ path, message }]]);
    }
    expect((await allRoutes()).map(({ id }) => id)).toContain(made.id);
    expect(await allRoutes()).toHaveLength(2);
  });

  it('is told from one that is not there', async () => {
    const { routes } = system.client;
    for (const call of [
      () => routes.get({ id: 'rte_none' }),
      () => routes.update({ id: 'rte_none', stripPath: true }),
      () => routes.delete({ id: 'rte_none' }),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'ROUTE_UNKNOWN', message: 'There is no route "rte_none".' });
    }
    await expect(allRoutes({ service: 'none' })).rejects.toMatchObject({ code: 'SERVICE_NOT_FOUND' });
  });
});

describe('the list of routes', () => {
  it('has a tag that stays as long as nothing changes, and is another at once when something does', async () => {
    const { client } = system;
    await create('web');
    const read = async (tag: string) => {
      const response = await system.request('/api/v2/routes', { headers: { 'if-none-match': tag } });
      await response.arrayBuffer();
      return { status: response.status, tag: response.headers.get('etag') ?? '' };
    };
    let { tag } = await read('"none"');
    const changes: Array<() => Promise<unknown>> = [
      () => client.routes.create({ name: 'shop', targets: [{ service: 'web' }] }),
      () => client.services.start({ id: 'web' }, patient),
      () => client.services.stop({ id: 'web' }, patient),
      async () => {
        const [shop] = await allRoutes();
        await client.routes.update({ id: shop?.id ?? '', targets: [{ service: 'web', draining: true }] });
      },
    ];
    for (const change of changes) {
      expect(await read(tag)).toEqual({ status: 304, tag });
      await change();
      const next = await read(tag);
      expect(next.status).toBe(200);
      tag = next.tag;
    }
  });

  it('is told in pages, each route once', async () => {
    const { client } = system;
    for (const name of ['one', 'two', 'three']) await create(name);
    await client.routes.create({ name: 'two', targets: [{ service: 'one' }] });
    await client.routes.create({ name: 'two', path: '/more', targets: [{ service: 'one' }] });
    const whole = await allRoutes();
    const ids: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page: { items: Route[]; nextCursor: string | null } = await client.routes.list({
        limit: 1,
        ...(cursor === undefined ? {} : { cursor }),
      });
      ids.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }

    expect(ids).toEqual(whole.map(({ id }) => id));
    expect(whole).toHaveLength(5);
  });
});
