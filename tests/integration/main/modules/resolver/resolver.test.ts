import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { CoreDb } from '#main/database/core-db.ts';
import type { StoredService } from '#main/database/services.ts';
import { resolver } from '#main/modules/resolver/resolver.ts';
import { removeDiscovery, writeDiscovery } from '#main/supervisor/discovery-file.ts';
import type { RunningModule } from '#main/supervisor/module.ts';
import type { Client } from '#shared/client/client.ts';
import type { WantedClaim } from '#shared/contract/internal.ts';
import { createModuleWorld, type ModuleWorld } from '#tests/support/module-context.ts';
import { holdPort } from '#tests/support/ports.ts';
import { freePort, hold } from '../../host/sockets.ts';
import { addContainer, addLease, addRange, addService, openKnownSystem } from './known-system.ts';

let world: ModuleWorld;
let db: CoreDb;
let running: RunningModule;
let client: Client;
/** The first of the ten ports of the range `test`. */
let port: number;

beforeEach(async () => {
  world = createModuleWorld();
  db = openKnownSystem(world.home);
  port = await freePort();
  await addRange(db, 'test', port);
  running = await resolver.start(world.contextOf('resolver'));
  client = world.contextOf('api').sibling('resolver');
});
afterEach(async () => {
  await running.stop();
  await db.close();
  world.dispose();
});

function wantedBy(service: Pick<StoredService, 'id' | 'name'>, change: Partial<WantedClaim> = {}): WantedClaim {
  const { id, name } = service;
  return {
    service: { id, name },
    endpoint: 'http',
    protocol: 'tcp',
    address: '127.0.0.1',
    port,
    range: 'test',
    ...change,
  };
}

const newcomer = { service: null, endpoint: null, range: null };

async function check(...wanted: WantedClaim[]) {
  return (await client.internal.checkPorts({ wanted })).conflicts;
}

function outline(conflicts: Awaited<ReturnType<typeof check>>): string[] {
  return conflicts.map(({ kind, severity, holder }) => `${severity} ${kind}: ${holder.name}`);
}

function reassign(service: string, to: { port: number; reason: string }) {
  return {
    id: 'reassign',
    strategy: 'reassign',
    title: `Run ${service} on ${to.port}`,
    steps: [
      `Lease ${to.port} to ${service}/http instead of ${port}. ${to.reason}`,
      `Start ${service} on ${to.port} and keep that port until it is changed`,
    ],
    affects: [],
    risk: 'none',
    reversible: true,
    recommended: true,
    command: 'clos resolve CONFLICT --option reassign',
    port: to.port,
    address: null,
  };
}

/** Another program that listens on `port`, until the test ends. */
async function holdByProgram(): Promise<number> {
  const { pid, release } = await holdPort(port);
  onTestFinished(release);
  return pid;
}

function writeOwnPorts(ports: { gateway: number }): void {
  const elsewhere = { url: 'http://127.0.0.1:9', preferredPort: 9 };
  writeDiscovery(world.home, {
    version: '2.0.0',
    pid: process.pid,
    startedAt: '2026-01-01T00:00:00.000Z',
    identity: 'key',
    gateway: { url: `http://127.0.0.1:${ports.gateway}`, preferredPort: 8080 },
    api: elsewhere,
    websocket: elsewhere,
    monitor: elsewhere,
    resolver: elsewhere,
    dashboard: elsewhere,
  });
}

describe.runIf(process.platform === 'linux')('the resolver', () => {
  it('finds nothing against a free port', async () => {
    const web = await addService(db, 'web');
    expect(await check(wantedBy(web))).toEqual([]);
  });

  it('names the service that leases the port, and offers the next one', async () => {
    const web = await addService(db, 'web');
    const shop = await addService(db, 'shop');
    await addLease(db, shop, port);

    const since = expect.stringMatching(/^\d{4}-.*Z$/);
    expect(await check(wantedBy(web))).toEqual([
      {
        kind: 'lease',
        severity: 'blocking',
        wanted: { service: 'web', serviceId: web.id, endpoint: 'http', protocol: 'tcp', address: '127.0.0.1', port },
        holder: {
          type: 'service',
          name: 'shop',
          pid: null,
          identity: null,
          command: null,
          user: null,
          since,
          container: null,
          service: { id: shop.id, name: 'shop' },
          project: null,
          checkout: null,
          protected: false,
        },
        evidence: [
          { source: 'lease', detail: expect.stringMatching(`^tcp ${port} is leased to shop/http since \\d{4}-`) },
        ],
        options: [
          reassign('web', {
            port: port + 1,
            reason: `${port + 1} is the next free port of test (${port}-${port + 9}) after ${port}: ${port} is in conflict.`,
          }),
          expect.objectContaining({ id: 'stop-service', title: `Take ${port} from shop, which does not run` }),
        ],
      },
    ]);
    expect(await check(wantedBy(shop))).toEqual([]);
  });

  it('names another program by pid and command', async () => {
    const web = await addService(db, 'web');
    const pid = await holdByProgram();
    const [conflict, ...more] = await check(wantedBy(web));
    expect(more).toEqual([]);
    expect(conflict).toMatchObject({
      kind: 'process',
      severity: 'blocking',
      holder: { type: 'process', name: 'node', pid, command: expect.stringContaining(`listen(${port}`) },
      options: [
        { id: 'reassign', port: port + 1 },
        { id: 'wait' },
        { id: 'adopt' },
        { id: 'change-address' },
        { id: 'end-process' },
      ],
    });
  });

  it('never has the process that it lives in ended', async () => {
    await hold({ protocol: 'tcp', address: '127.0.0.1', port });
    const [conflict] = await check(wantedBy(await addService(db, 'web')));
    expect(conflict?.holder).toMatchObject({ type: 'process', pid: process.pid, protected: true });
  });

  it("warns of a stopped container's claim, and names its service although it leases nothing", async () => {
    const web = await addService(db, 'web');
    await addContainer(db, port);
    const [claim, ...more] = await check(wantedBy(web));
    expect(more).toEqual([]);
    expect(claim).toMatchObject({
      kind: 'stopped-container',
      severity: 'warning',
      holder: { type: 'container', name: 'shop-web-1', project: 'shop', service: null },
      evidence: [
        {
          source: 'engine',
          detail: `Container shop-web-1 (shop/web:1) is exited and claims 127.0.0.1:${port} -> 80/tcp`,
        },
      ],
      options: [{ id: 'reassign', port: port + 1, recommended: false }],
    });

    const shop = await addService(db, 'shop');
    await addContainer(db, port, { serviceId: shop.id });
    expect((await check(wantedBy(web)))[0]?.holder.service).toEqual({ id: shop.id, name: 'shop' });
    expect(await check(wantedBy(shop))).toEqual([]);
  });

  it('counts what a restarting container was made to hold, on no more addresses than it really holds', async () => {
    const web = await addService(db, 'web');
    const claims = ['0.0.0.0', '::'].map((address) => ({ protocol: 'tcp', address, port, containerPort: 80 }));
    await addContainer(db, port, { state: 'restarting', facts: { claims } });
    expect(outline(await check(wantedBy(web, { address: '::1' })))).toEqual(['blocking container: shop-web-1']);

    await addContainer(db, port, { state: 'running', facts: { claims, ports: claims.slice(0, 1) } });
    expect(outline(await check(wantedBy(web, { address: '127.0.0.1' })))).toEqual(['blocking container: shop-web-1']);
    expect(outline(await check(wantedBy(web, { address: '::1' })))).toEqual([]);
  });

  it('offers each endpoint a port of its own, and none that another one asks for', async () => {
    const [web, shop, news] = [await addService(db, 'web'), await addService(db, 'shop'), await addService(db, 'news')];
    await holdByProgram();
    const conflicts = await check(wantedBy(web), wantedBy(shop), wantedBy(news, { port: port + 1 }));
    const offers = new Map(conflicts.map(({ wanted, options }) => [wanted.service, options[0]?.port]));
    expect(offers).toEqual(
      new Map([
        ['web', port + 2],
        ['shop', port + 3],
      ]),
    );
    expect(conflicts.find(({ wanted }) => wanted.service === 'shop')?.options[0]?.steps[0]).toBe(
      `Lease ${port + 3} to shop/http instead of ${port}. ${port + 3} is the next free port of test (${port}-${port + 9}) ` +
        `after ${port}: ${port} is in conflict, ${port + 1} is asked for by news/http and 1 more is left out.`,
    );
  });

  it('offers the same port for every conflict of one endpoint', async () => {
    const [web, shop] = [await addService(db, 'web'), await addService(db, 'shop')];
    await addLease(db, shop, port);
    await holdByProgram();
    const conflicts = await check(wantedBy(web));
    expect(outline(conflicts)).toEqual(['blocking lease: shop', 'blocking process: node']);
    expect(conflicts.map(({ options }) => options[0]?.port)).toEqual([port + 1, port + 1]);
  });

  it('knows that an engine binds :: for IPv6 only, and that a newcomer does not', async () => {
    const web = await addService(db, 'web');
    await holdByProgram();
    expect(outline(await check(wantedBy(web, { address: '::' })))).toEqual(['warning shadowed: node']);
    expect(outline(await check({ ...newcomer, protocol: 'tcp', address: '::', port }))).toEqual([
      'blocking process: node',
    ]);
  });

  it('sees each commit at once', async () => {
    const [web, shop] = [await addService(db, 'web'), await addService(db, 'shop')];
    for (let round = 0; round < 5; round++) {
      const leased = port + round;
      expect(outline(await check(wantedBy(web, { port: leased })))).toEqual([]);
      await addLease(db, shop, leased);
      expect(outline(await check(wantedBy(web, { port: leased })))).toEqual(['blocking lease: shop']);
    }
  });

  it("knows CLOS's own ports for as long as the discovery file tells them", async () => {
    const web = await addService(db, 'web');
    writeOwnPorts({ gateway: port });
    expect(outline(await check(wantedBy(web)))).toEqual(['blocking clos: gateway']);
    writeOwnPorts({ gateway: port + 1 });
    expect(await check(wantedBy(web))).toEqual([]);
    expect(outline(await check(wantedBy(web, { port: port + 1 })))).toEqual(['blocking clos: gateway']);
    removeDiscovery(world.home);
    expect(await check(wantedBy(web, { port: port + 1 }))).toEqual([]);
  });

  it('suggests free ports of a range, and of all ports for a range that nobody knows', async () => {
    await addLease(db, await addService(db, 'web'), port);
    const question = { near: port, count: 2, protocol: 'tcp', address: '127.0.0.1' } as const;
    expect(await client.internal.suggestPorts({ ...question, range: 'test' })).toEqual({
      items: [
        {
          port: port + 1,
          range: 'test',
          reason: `${port + 1} is the next free port of test (${port}-${port + 9}) after ${port}: ${port} is leased to web.`,
        },
        {
          port: port + 2,
          range: 'test',
          reason: `${port + 2} is free in test (${port}-${port + 9}) as well: ${port} is leased to web.`,
        },
      ],
    });
    const { items } = await client.internal.suggestPorts({ ...question, range: 'gone' });
    expect(items.map((item) => [item.port, item.range])).toEqual([
      [port + 1, null],
      [port + 2, null],
    ]);
  });

  it('describes a port by listeners, leases and claims', async () => {
    expect(await client.internal.describePort({ port })).toEqual({
      port,
      free: true,
      listeners: [],
      leases: [],
      claims: [],
      clos: null,
      range: 'test',
      notes: [],
    });

    const shop = await addService(db, 'shop');
    const leaseId = await addLease(db, shop, port);
    await addContainer(db, port);
    const pid = await holdByProgram();
    expect(await client.internal.describePort({ port })).toEqual({
      port,
      free: false,
      listeners: [
        {
          protocol: 'tcp',
          address: '127.0.0.1',
          port,
          holder: expect.objectContaining({
            type: 'process',
            name: 'node',
            pid,
            command: expect.stringContaining(`listen(${port}`),
            protected: false,
          }),
        },
      ],
      leases: [
        {
          id: leaseId,
          port,
          protocol: 'tcp',
          address: '127.0.0.1',
          since: expect.any(String),
          reason: 'wanted',
          range: 'test',
          service: { id: shop.id, name: 'shop' },
          endpoint: 'http',
          note: null,
        },
      ],
      claims: [
        {
          protocol: 'tcp',
          address: '127.0.0.1',
          container: { id: 'c0ffee', name: 'shop-web-1', image: 'shop/web:1', state: 'exited' },
        },
      ],
      clos: null,
      range: 'test',
      notes: [],
    });
  });

  it('is ready while it can read core.db and the listeners', async () => {
    expect(await client.module.readyz()).toEqual({
      module: 'resolver',
      ready: true,
      checks: [
        { name: 'core.db', ok: true, detail: 'at event 0' },
        { name: 'listeners', ok: true, detail: null },
      ],
    });
  });

  it('leaves nothing behind when it stops', async () => {
    await client.module.readyz();
    const [tcp = 0] = Object.values(running.ports);
    expect((await client.internal.describePort({ port: tcp })).listeners).toHaveLength(1);
    await running.stop();
    await expect(client.module.readyz()).rejects.toMatchObject({ code: 'MODULE_UNAVAILABLE' });
    // The port can be had again.
    await (await hold({ protocol: 'tcp', address: '127.0.0.1', port: tcp }))();
  });
});
