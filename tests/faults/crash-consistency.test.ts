import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { openForReading } from '#main/database/handle.ts';
import { isClosError } from '#shared/contract/clos-error.ts';
import type { Service } from '#shared/contract/services.ts';
import { engineCall } from '#tests/support/engine-http.ts';
import { eventually } from '#tests/support/eventually.ts';
import { createRandom } from '#tests/support/random.ts';
import { killAtOnce, newHome, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

const kills = Number(process.env.CLOS_KILLS ?? (process.env.CLOS_LONG === '1' ? 300 : 8));
const image = 'clos-test/web:1';
const home = newHome();
/** Modules are killed more often than a supervisor would put up with. */
const env = { CLOS_RESTART_GIVE_UP_AFTER: '1000', CLOS_RESTART_MAX_DELAY_MS: '1000' };
const start = () => startSystem({ home, dockerHost: inject('engine').dockerHost, env });
let system: TestSystem;

beforeAll(async () => {
  system = await start();
});
afterAll(async () => {
  for (const { id } of await allServices()) await system.client.services.delete({ id }, { waitSeconds: 30 });
  await system.stop();
  removeHome(home);
});

const random = createRandom(20_261_123);
/** What was acknowledged: the key of each create, and the id that it got. */
const acknowledged = new Map<string, { key: string; id: string }>();

const body = (name: string) => ({
  name,
  runtime: { type: 'container' as const, image, command: ['sleep', '1000'] },
});

async function create(name: string): Promise<void> {
  const { id } = await system.client.services.create(body(name), { idempotencyKey: `key-${name}` });
  acknowledged.set(name, { key: `key-${name}`, id });
}

/** Creates, starts and stops at once; returns when all have their answer, or none. */
async function load(round: number): Promise<void> {
  const known = [...acknowledged.keys()];
  const pick = () => known[Math.floor(random() * known.length)] ?? 'none';
  const work = [
    ...Array.from({ length: 8 }, (_value, index) => create(`s${round}-${index}`)),
    ...Array.from({ length: 3 }, () => system.client.services.start({ id: pick() }, { waitSeconds: 5 })),
    ...Array.from({ length: 2 }, () => system.client.services.stop({ id: pick() }, { waitSeconds: 5 })),
  ];
  await Promise.allSettled(work);
}

/** All services, page by page. */
async function allServices(): Promise<Service[]> {
  const services: Service[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await system.client.services.list({ limit: 500, ...(cursor === undefined ? {} : { cursor }) });
    services.push(...page.items);
    cursor = page.nextCursor;
  }
  return services;
}

const victims = ['api', 'worker', 'everything'] as const;

/** `kill -9`, of the api, the worker or everything; resolves when CLOS answers again, with how long that took. */
async function killAndWait(round: number): Promise<number> {
  const victim = victims[round % 3] ?? 'everything';
  const { modules } = await system.client.system.status();
  const killedName = victim === 'everything' ? 'api' : victim;
  const pid = modules.find(({ name }) => name === killedName)?.pid ?? 0;
  await delay(random() * 250);
  const killed = performance.now();
  if (victim === 'everything') {
    await killAtOnce(system);
    system = await start();
  } else {
    process.kill(pid, 'SIGKILL');
  }
  await eventually(
    () => system.client.system.status(),
    (status) =>
      status.modules.some(({ name, state, pid: now }) => name === killedName && state === 'ready' && now !== pid),
  );
  return performance.now() - killed;
}

const labelled = z.array(z.object({ Labels: z.record(z.string(), z.string()), State: z.string() }));

/** How many containers each service has, as the engine tells. */
async function containerCounts(services: readonly Service[]): Promise<Map<string, number>> {
  const list = labelled.parse(JSON.parse(await engineCall(inject('engine').socketPath, '/containers/json?all=1')));
  const count = (id: string) => list.filter(({ Labels }) => Labels['dev.candlefish.clos.service'] === id).length;
  return new Map(services.map(({ id, name }) => [name, count(id)]));
}

function integrity(): unknown {
  const db = openForReading(home.coreDb);
  try {
    return db.get('PRAGMA integrity_check');
  } finally {
    db.close();
  }
}

describe(`${kills} kills at random points under load`, () => {
  it('lose nothing that was acknowledged, do nothing twice, leave nothing open', {
    timeout: kills * 30_000,
  }, async () => {
    for (const name of ['a', 'b', 'c']) await create(name);
    const waits: number[] = [];
    for (let round = 0; round < kills; round += 1) {
      const loaded = load(round);
      waits.push(await killAndWait(round));
      await loaded;

      const items = await allServices();
      const present = new Map(items.map(({ name, id }) => [name, id]));
      const lost = [...acknowledged].filter(([name, { id }]) => present.get(name) !== id);
      const open = await eventually(
        () => system.client.operations.list({ status: 'running' }),
        (page) => page.items.length === 0,
      );
      const counts = await containerCounts(items);
      const doubled = [...counts].filter(([, count]) => count > 1);

      expect({ round, lost, open: open.items, doubled, integrity: integrity() }).toEqual({
        round,
        lost: [],
        open: [],
        doubled: [],
        integrity: { integrity_check: 'ok' },
      });
      await eventually(allServices, (services) =>
        services.every(({ status }) => !['starting', 'stopping', 'unknown'].includes(status)),
      );
    }

    expect(waits.filter((ms) => ms > 10_000)).toEqual([]);
  });

  it('give the first answer again to a create that is repeated under its key', async () => {
    for (const [name, { key, id }] of [...acknowledged].slice(-5)) {
      const again = await system.client.services.create(body(name), { idempotencyKey: key });
      expect(again.id).toBe(id);
    }
  });

  it('leave a create whose answer was lost done once or not at all', async () => {
    const names = Array.from({ length: kills }, (_value, round) => `s${round}-0`).filter(
      (name) => !acknowledged.has(name),
    );
    for (const name of names) {
      await create(name).catch((error: unknown) => {
        if (!isClosError(error, 'NAME_TAKEN')) throw error;
      });
    }
    const items = await allServices();

    expect(names.filter((name) => items.filter((item) => item.name === name).length !== 1)).toEqual([]);
  });

  it('leave every service able to start', async () => {
    for (const name of ['a', 'b', 'c']) await system.client.services.start({ id: name }, { waitSeconds: 30 });
    const items = await allServices();
    const counts = await containerCounts(items);

    expect(['a', 'b', 'c'].map((name) => counts.get(name))).toEqual([1, 1, 1]);
    expect(['a', 'b', 'c'].map((name) => items.find((item) => item.name === name)?.status)).toEqual([
      'running',
      'running',
      'running',
    ]);
  });
});
