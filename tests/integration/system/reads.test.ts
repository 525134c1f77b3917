import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClosEvent } from '#shared/contract/events.ts';
import type { Page } from '#shared/contract/primitives.ts';
import { freePort } from '#tests/support/ports.ts';
import { removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

let system: TestSystem;

beforeAll(async () => {
  system = await startSystem();
});
afterAll(async () => {
  await system.stop();
  removeHome(system.home);
});

const create = (name: string) =>
  system.client.services.create({
    name,
    runtime: { type: 'process', command: ['sleep', '1000'], cwd: '/' },
    endpoints: [{ name: 'http' }],
  });

/** All pages of a list; `between` runs after each, as others would. */
async function walk<T>(
  list: (input: { limit: number; cursor?: string }) => Promise<Page<T>>,
  between: () => Promise<unknown> = async () => undefined,
): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<T> = await list({ limit: 2, ...(cursor === null ? {} : { cursor }) });
    items.push(...page.items);
    cursor = page.nextCursor;
    await between();
  } while (cursor !== null);
  return items;
}

const seqs = (events: readonly ClosEvent[]) => events.map(({ seq }) => seq);
const problem = { code: 'INVALID_INPUT' };

describe('the history in pages', () => {
  it('is told newest first without a gap or a double while more of it happens', async () => {
    for (const name of ['first', 'second', 'third']) await create(name);
    const { seq } = await system.client.system.status();
    let made = 0;
    const { client } = system;
    const told = await walk(
      (page) => client.events.list({ ...page, order: 'desc' }),
      async () => made < 2 && create(`later-${made++}`),
    );

    expect(seqs(told)).toEqual(Array.from({ length: seq }, (_value, index) => seq - index));
    expect(seqs(await walk((page) => client.events.list({ ...page, until: seq })))).toEqual(seqs(told).toReversed());
  });

  it('is told by type, by who did it, by subject and by time, in both orders', async () => {
    const { client } = system;
    const all = (await client.events.list({ limit: 500 })).items;
    const subject = (await client.services.get({ id: 'second' })).id;
    const made = all.filter(({ type }) => type === 'service.created');
    const since = made[1]?.time ?? '';
    const until = made.at(-1)?.time ?? '';
    const actor = made[0]?.actor.id ?? '';
    const types = 'module.state-changed,service.created';
    const filters: Array<[Parameters<typeof client.events.list>[0], (event: ClosEvent) => boolean]> = [
      [{ type: 'service.created' }, (event) => event.type === 'service.created'],
      [{ type: types }, ({ type }) => types.includes(type)],
      [{ subject }, (event) => event.subject.id === subject],
      [{ actor }, (event) => event.actor.id === actor],
      [{ actor: 'supervisor', type: types }, (event) => event.actor.id === 'supervisor' && types.includes(event.type)],
      [{ since }, ({ time }) => time >= since],
      [{ until }, ({ time }) => time <= until],
      [{ since, until, type: types }, ({ time, type }) => time >= since && time <= until && types.includes(type)],
      [{ after: 3, until: 5 }, ({ seq }) => seq === 4 || seq === 5],
    ];

    for (const [filter, wanted] of filters) {
      const expected = all.filter(wanted);
      expect(expected.length).toBeGreaterThan(0);
      expect(await walk((page) => client.events.list({ ...page, ...filter }))).toEqual(expected);
      expect(await walk((page) => client.events.list({ ...page, ...filter, order: 'desc' }))).toEqual(
        expected.toReversed(),
      );
    }
    // Longer than a page that is read at once: what the threads answer is the same.
    expect((await client.events.list({ limit: 500, order: 'desc' })).items).toEqual(all.toReversed());
  });

  it('refuses a cursor of another order, and one that is none', async () => {
    const { client } = system;
    const { nextCursor } = await client.events.list({ limit: 1 });
    const cursor = nextCursor ?? '';

    await expect(client.events.list({ cursor, order: 'desc' })).rejects.toMatchObject({
      ...problem,
      errors: [{ path: 'cursor', message: 'is of a list in another order' }],
    });
    await expect(client.events.list({ cursor: 'MTI' })).rejects.toMatchObject({
      ...problem,
      errors: [{ path: 'cursor', message: 'must be the nextCursor of a page' }],
    });
  });
});

describe('other lists in pages', () => {
  it('tell each service once, though others come and go meanwhile', async () => {
    const { client } = system;
    const before = (await client.services.list({ limit: 500 })).items.map(({ name }) => name);
    let turn = 0;
    const told = await walk(
      (page) => client.services.list({ ...page, sort: '-name' }),
      async () => {
        if (turn === 0) await create('aaa');
        else if (turn === 1) await create('zzz');
        else if (turn === 2) await client.services.delete({ id: 'zzz' }, { waitSeconds: 30 });
        turn += 1;
      },
    );

    expect(told.map(({ name }) => name)).toEqual(['aaa', ...before.toSorted()].toReversed());
  });

  it('tell services and leases by what is asked of them', async () => {
    const { client } = system;
    const [one, other] = [await freePort(), await freePort()].toSorted((a, b) => a - b);
    await client.ports.lease({ port: one ?? 0, note: 'low' });
    await client.ports.lease({ port: other ?? 0, protocol: 'udp', note: 'high' });
    const named = async (input: Parameters<typeof client.services.list>[0]) =>
      (await client.services.list(input)).items.map(({ name }) => name);
    const noted = async (input: Parameters<typeof client.ports.leases>[0]) =>
      (await client.ports.leases(input)).items.map(({ note }) => note);

    expect(await named({ q: 'irst' })).toEqual(['first']);
    expect(await named({ runtime: 'container' })).toEqual([]);
    expect(await named({ q: 'ir', health: 'none', status: 'created', sort: '-createdAt' })).toEqual(['third', 'first']);
    expect(await noted({})).toEqual(['low', 'high']);
    expect(await noted({ sort: '-port' })).toEqual(['high', 'low']);
    expect(await noted({ protocol: 'udp' })).toEqual(['high']);
    expect(await noted({ range: 'none' })).toEqual([]);
    expect(await walk((page) => client.ports.leases({ ...page, limit: 1, sort: '-since' }))).toEqual(
      (await client.ports.leases({ sort: '-since' })).items,
    );
  });

  it('tell operations by type, status, subject and actor, in both orders', async () => {
    const { client } = system;
    await client.services.delete({ id: 'third' }, { waitSeconds: 30 });
    const all = (await client.operations.list({ limit: 500 })).items;
    const [newest] = all;

    expect(all.map(({ type }) => type)).toEqual(['service.delete', 'service.delete']);
    expect(await walk((page) => client.operations.list({ ...page, limit: 1, order: 'asc' }))).toEqual(all.toReversed());
    expect((await client.operations.list({ subject: newest?.subject.id ?? '' })).items).toEqual([newest]);
    expect((await client.operations.list({ type: 'service.delete', actor: newest?.actor.id ?? '' })).items).toEqual(
      all,
    );
    expect((await client.operations.list({ type: 'service.start' })).items).toEqual([]);
    expect((await client.operations.list({ status: 'failed' })).items).toEqual([]);
  });
});

describe('a part of an answer', () => {
  it('holds the fields that were asked for', async () => {
    const { client } = system;
    const [first] = (await client.services.list({ fields: ['name', 'status'], q: 'first' })).items;
    const one = await client.services.get({ id: 'first', fields: ['id', 'name'] });
    const then = (await client.services.list({ at: 10_000, fields: ['name'], q: 'first' })).items;
    const long = (await client.events.list({ limit: 500, fields: ['seq'] })).items;

    expect(first).toEqual({ name: 'first', status: 'created' });
    expect(one).toEqual({ id: expect.stringMatching(/^svc_/), name: 'first' });
    expect(then).toEqual([{ name: 'first' }]);
    expect(long[0]).toEqual({ seq: 1 });
  });

  it('is refused where there is no such field, with those that there are', async () => {
    const answer = await system.request('/api/v2/ports/leases?fields=port,colour');
    const known = 'id, port, protocol, address, since, reason, range, service, endpoint, note';

    expect([answer.status, (await answer.json()).errors]).toEqual([
      400,
      [{ path: 'fields', message: `"colour" is no field; there are ${known}` }],
    ]);
  });
});
