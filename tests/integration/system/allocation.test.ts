import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Range } from '#shared/contract/ports.ts';
import type { ServiceSpecInput } from '#shared/contract/service-spec.ts';
import type { Service } from '#shared/contract/services.ts';
import { eventually } from '#tests/support/eventually.ts';
import { freeBlock, holdPort } from '#tests/support/ports.ts';
import { newHome, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

const home = newHome();
const start = () => startSystem({ home });
let system: TestSystem;
let usual: Range[];

beforeAll(async () => {
  system = await start();
  usual = (await system.client.ports.ranges()).items;
});
afterAll(async () => {
  const { items } = await system.client.services.list({ limit: 500 });
  await Promise.all(items.map(({ id }) => system.client.services.delete({ id }, { waitSeconds: 60 })));
  await system.stop();
  removeHome(home);
}, 180_000);

/** A tiny web server on the port that it is given. */
const runtime: ServiceSpecInput['runtime'] = {
  type: 'process',
  command: ['busybox', 'httpd', '-f', '-p', '127.0.0.1:${endpoints.http.port}', '-h', tmpdir()],
  cwd: tmpdir(),
};

const added: Range[] = [];

/** Adds a range of so many free ports to those that there are. */
async function addRange(name: string, size: number): Promise<Range> {
  const first = await freeBlock(size);
  const range = { name, first, last: first + size - 1 };
  added.push(range);
  await system.client.ports.putRanges({ items: [...usual, ...added] });
  return range;
}

const create = (name: string, range: string, more: Partial<ServiceSpecInput> = {}) =>
  system.client.services.create({ name, runtime, endpoints: [{ range }], ...more });

/** What a call came to: its error's code and text instead of a value. */
async function outcome<T>(call: Promise<T>): Promise<T | string> {
  return await call.catch((error: { code?: string; message?: string }) => `${error.code}: ${error.message}`);
}

const portOf = ({ endpoints }: Service): number | null => endpoints[0]?.lease?.port ?? null;
const service = (id: string) => system.client.services.get({ id });
const ascending = (first: number, count: number) => Array.from({ length: count }, (_value, index) => first + index);
const sorted = (ports: ReadonlyArray<number | null>) => [...ports].sort((a, b) => (a ?? 0) - (b ?? 0));

async function startAndWait(id: string): Promise<Service> {
  await system.client.services.start({ id }, { waitSeconds: 60 });
  return await eventually(
    () => service(id),
    ({ status }) => status !== 'starting',
  );
}

describe('many starts at once in one small range', () => {
  it('give each service a port of its own, and the one too many the name of the range', {
    timeout: 180_000,
  }, async () => {
    const range = await addRange('crowd', 64);
    const names = Array.from({ length: 64 }, (_value, index) => `crowd-${index}`);
    for (const name of names) await create(name, 'crowd');
    const started = await Promise.all(names.map((name) => outcome(startAndWait(name))));
    const failed = started.filter((one) => typeof one === 'string');
    const running = started.filter((one) => typeof one !== 'string');

    expect(failed).toEqual([]);
    expect(running.filter(({ status }) => status !== 'running')).toEqual([]);
    expect(sorted(running.map(portOf))).toEqual(ascending(range.first, 64));
    const pages = await Promise.all(
      running.map(async ({ endpoints }) => (await fetch(endpoints[0]?.url ?? '')).status),
    );
    expect(pages).toEqual(pages.map(() => 404));

    await create('one-too-many', 'crowd');
    expect(await outcome(startAndWait('one-too-many'))).toBe(
      'RANGE_EXHAUSTED: The range "crowd" has no free port left for http.',
    );
    expect((await service('one-too-many')).status).toBe('created');
  });
});

describe('reservations, moves and starts at once', () => {
  it('never give a port twice', { timeout: 120_000 }, async () => {
    const range = await addRange('mixed', 30);
    const names = Array.from({ length: 20 }, (_value, index) => `mixed-${index}`);
    for (const name of names) await create(name, 'mixed');
    const { client } = system;
    const given = await Promise.all([
      ...ascending(0, 10).map((index) =>
        outcome(client.ports.lease({ port: 'auto', range: 'mixed', note: `kept ${index}` }).then(({ port }) => port)),
      ),
      ...names.slice(0, 10).map((name) => outcome(client.ports.lease({ service: name }).then(({ port }) => port))),
      ...names.slice(10).map((name) => outcome(startAndWait(name).then(portOf))),
    ]);

    expect(given.filter((port) => typeof port === 'string')).toEqual([]);
    expect(sorted(given.map(Number))).toEqual(ascending(range.first, 30));
    expect(await outcome(client.ports.lease({ port: 'auto', range: 'mixed' }))).toBe(
      'RANGE_EXHAUSTED: The range "mixed" has no free port left.',
    );
    expect(await outcome(client.ports.lease({ service: 'mixed-0', port: 'auto' }))).toBe(
      'RANGE_EXHAUSTED: The range "mixed" has no free port left for http.',
    );
  });

  it('of those who ask for one port by number one gets it, and the others hear who has it', async () => {
    const range = await addRange('wanted', 2);
    const names = Array.from({ length: 5 }, (_value, index) => `wanted-${index}`);
    for (const name of names) await create(name, 'wanted');
    const answers = await Promise.all([
      ...names.map((name) => outcome(system.client.ports.lease({ service: name, port: range.first }))),
      ...ascending(0, 5).map(() => outcome(system.client.ports.lease({ port: range.first, note: 'kept' }))),
    ]);
    const { items } = await system.client.ports.leases({ limit: 500 });
    const [lease, ...more] = items.filter(({ port }) => port === range.first);
    const had = answers.filter((answer) => typeof answer !== 'string');
    const refused = answers.filter((answer) => typeof answer === 'string');

    expect([had, more]).toEqual([[lease], []]);
    expect(refused).toEqual(
      Array.from({ length: 9 }, () => expect.stringMatching(`^PORT_CONFLICT: .*:${range.first} is .*`)),
    );
    expect(refused.filter((answer) => !answer.includes(lease?.service?.name ?? 'kept'))).toEqual([]);
  });

  it('that are reassigned by policy from one wanted port all get another one', { timeout: 120_000 }, async () => {
    const range = await addRange('moved', 12);
    const names = Array.from({ length: 12 }, (_value, index) => `moved-${index}`);
    const endpoints = [{ hostPort: range.first, range: 'moved' }];
    for (const name of names) await create(name, 'moved', { endpoints, onConflict: 'reassign' });
    const given = await Promise.all(names.map((name) => outcome(startAndWait(name).then(portOf))));

    expect(given.filter((port) => typeof port === 'string')).toEqual([]);
    expect(sorted(given.map(Number))).toEqual(ascending(range.first, 12));
  });
});

describe('a port that was given', () => {
  it('stays over stop, start, restart and a restart of CLOS, with its reason', async () => {
    const range = await addRange('sticky', 5);
    await system.client.ports.lease({ port: range.first, note: 'for the printer' });
    await create('sticky', 'sticky');
    const first = (await startAndWait('sticky')).endpoints[0]?.lease;
    await system.client.services.stop({ id: 'sticky' }, { waitSeconds: 60 });
    const stopped = (await service('sticky')).endpoints[0]?.lease;
    // What was free before is free again, and would be the better choice for a newcomer.
    const reservation = (await system.client.ports.leases({ limit: 500 })).items.find(
      ({ port }) => port === range.first,
    );
    await system.client.ports.release({ id: reservation?.id ?? '' });
    const again = (await startAndWait('sticky')).endpoints[0]?.lease;
    await system.client.services.restart({ id: 'sticky' }, { waitSeconds: 60 });
    const restarted = (await service('sticky')).endpoints[0]?.lease;
    await system.stop();
    system = await start();
    const afterwards = (await service('sticky')).endpoints[0]?.lease;

    expect(first).toMatchObject({
      port: range.first + 1,
      reason: `${range.first + 1} is the first free port of sticky (${range.first}-${range.last}): ${range.first} is reserved (for the printer).`,
    });
    expect([stopped, again, restarted, afterwards]).toEqual([first, first, first, first]);
  });

  it('is not one that somebody else holds, and the reason says whose it is', async () => {
    const range = await addRange('held', 5);
    const holder = await holdPort(range.first);
    await create('beside', 'held');
    await create('behind', 'held');
    const lease = await system.client.ports.lease({ service: 'beside' });
    const next = await system.client.ports.lease({ service: 'behind' });
    await holder.release();

    expect([lease.port, lease.reason]).toEqual([
      range.first + 1,
      `${range.first + 1} is the first free port of held (${range.first}-${range.last}): ${range.first} is in use.`,
    ]);
    expect([next.port, next.reason]).toEqual([
      range.first + 2,
      `${range.first + 2} is the first free port of held (${range.first}-${range.last}): ${range.first} is in use, ${range.first + 1} is leased to beside.`,
    ]);
  });
});

describe.runIf(process.platform === 'linux')('ports that the system may give away itself', () => {
  const [from = 0, to = 0] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/).map(Number);

  it('come last, with a word of warning', async () => {
    const range = { name: 'edge', first: to - 3, last: to + 1 };
    added.push(range);
    await system.client.ports.putRanges({ items: [...usual, ...added] });
    await create('safe', 'edge');
    await create('unsafe', 'edge');
    const safe = await system.client.ports.lease({ service: 'safe' });
    const unsafe = await system.client.ports.lease({ service: 'unsafe' });

    expect([safe.port, safe.reason]).toEqual([
      to + 1,
      expect.stringMatching(
        `^${to + 1} is the first free port of edge \\(${to - 3}-${to + 1}\\): ${to - 3} is in the ephemeral range ${from}-${to}, .* and 2 more are left out\\.$`,
      ),
    ]);
    expect(unsafe.port).toBeGreaterThanOrEqual(to - 3);
    expect(unsafe.port).toBeLessThanOrEqual(to);
    expect(unsafe.reason).toMatch(new RegExp(`Nothing better is left: it is in the ephemeral range ${from}-${to}\\.$`));
  });
});

describe('ranges that are edited', () => {
  it('leave leases where they are, and new ones go to the new place', async () => {
    const range = await addRange('edited', 3);
    await create('early', 'edited');
    await create('late', 'edited');
    const early = await system.client.ports.lease({ service: 'early' });
    const elsewhere = await freeBlock(3);
    const edited = { name: 'edited', first: elsewhere, last: elsewhere + 2 };
    added[added.findIndex(({ name }) => name === 'edited')] = edited;
    await system.client.ports.putRanges({ items: [...usual, ...added] });
    const late = await system.client.ports.lease({ service: 'late' });
    const { items } = await system.client.ports.leases({ limit: 500 });
    const started = await startAndWait('early');

    expect([early.port, late.port]).toEqual([range.first, elsewhere]);
    expect(items.find(({ id }) => id === early.id)).toEqual(early);
    expect([started.status, portOf(started)]).toEqual(['running', range.first]);
  });

  it('cannot lose one that endpoints take their ports from', async () => {
    const before = await system.client.ports.ranges();
    const without = [...usual, ...added].filter(({ name }) => name !== 'edited');
    expect(await outcome(system.client.ports.putRanges({ items: without }))).toBe(
      'RANGE_IN_USE: Endpoints take their ports from edited. Move them first.',
    );
    expect(await system.client.ports.ranges()).toEqual(before);
  });
});

describe('what is free near a port', () => {
  it('is the port itself, then the next ones, without what is leased, reserved or held', async () => {
    const range = await addRange('near', 8);
    const { first } = range;
    const holder = await holdPort(first + 1);
    await system.client.ports.lease({ port: first + 2, note: 'kept' });
    await create('neighbour', 'near');
    await system.client.ports.lease({ service: 'neighbour', port: first + 4 });
    const near = await system.client.ports.suggest({ near: first, count: 3 });
    const taken = await system.client.ports.suggest({ near: first + 1, count: 1 });
    await holder.release();

    expect(near.items.map(({ port }) => port)).toEqual([first, first + 3, first + 5]);
    expect(near.items[0]?.reason).toBe(`${first} is free in 1024-65535.`);
    expect(near.items[1]?.reason).toMatch(`${first + 3} is free in 1024-65535 as well`);
    expect(taken.items).toEqual([
      {
        port: first + 3,
        range: null,
        reason: `${first + 3} is the next free port of 1024-65535 after ${first + 1}: ${first + 1} is in use, ${first + 2} is reserved (kept).`,
      },
    ]);
  });

  it('near 3000 is at or above 3000, three unless more are asked for', async () => {
    const { items } = await system.client.ports.suggest({ near: 3000 });
    const more = await system.client.ports.suggest({ near: 3000, count: 20 });
    const { conflicts } = await system.client.ports.check({ endpoints: more.items.map(({ port }) => ({ port })) });
    const ports = more.items.map(({ port }) => port);

    expect(items).toEqual(more.items.slice(0, 3));
    expect(ports.every((port) => port >= 3000)).toBe(true);
    expect(ports).toEqual(sorted([...new Set(ports)]));
    expect(conflicts).toEqual([]);
  });
});
