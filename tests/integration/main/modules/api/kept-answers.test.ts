import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configSchema } from '#main/config/config.ts';
import { createApi } from '#main/modules/api/api.ts';
import type { RunningModule } from '#main/supervisor/module.ts';
import type { Client } from '#shared/client/client.ts';
import type { Service } from '#shared/contract/services.ts';
import { createModuleWorld, type ModuleWorld } from '#tests/support/module-context.ts';
import { createRandom } from '#tests/support/random.ts';
import { detected } from '../../database/samples.ts';

let world: ModuleWorld;
let running: RunningModule;
let client: Client;

beforeEach(async () => {
  world = createModuleWorld();
  // Not the profile of tests, in which each kept answer is made anew and compared: here it is the callers who compare.
  const config = configSchema.parse({ profile: 'production', logLevel: 'silent' });
  running = await createApi().start(world.contextOf('api', { config }));
  client = world.contextOf('worker').sibling('api');
});
afterEach(async () => {
  await running.stop();
  world.dispose();
});

const specOf = (name: string) => ({
  name,
  runtime: { type: 'process' as const, command: ['sleep', '1000'], cwd: '/' },
  endpoints: [{ name: 'http' }],
});

/** What a service is known by to whoever has just been told of it. */
const mark = ({ name, revision }: Pick<Service, 'name' | 'revision'>) => `${name} ${revision}`;

/** Does one random thing to the service of this name, and returns what the list must say of it from then on. */
async function change(name: string, last: Service | null, random: () => number): Promise<Service | null> {
  if (last === null) return await client.services.create(specOf(name));
  if (random() < 0.2) {
    await client.services.delete({ id: last.id }, { waitSeconds: 30 });
    return null;
  }
  const env = { CHANCE: String(random()) };
  return await client.services.update({ id: last.id, env }, { ifMatch: last.revision });
}

describe('a kept list', () => {
  it('is never older than what its reader was told, whatever others do meanwhile', async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = createRandom(seed);
    const queries = [{}, { limit: 500 }, { sort: '-name' as const }];
    let reads = 0;

    /** Each has one service, and is the only one who changes it; all read the same lists. */
    async function person(name: string): Promise<void> {
      let last: Service | null = null;
      for (let step = 0; step < 40; step += 1) {
        if (random() < 0.4) last = await change(name, last, random);
        const { items } = await client.services.list(queries[Math.floor(random() * queries.length)] ?? {});
        const mine = items.filter((service) => service.name === name).map(mark);
        expect(mine, `seed ${seed}, step ${step}`).toEqual(last === null ? [] : [mark(last)]);
        reads += 1;
      }
    }
    await Promise.all(['ada', 'bob', 'cleo', 'dan', 'eve', 'fay'].map(person));

    expect(reads).toBe(240);
  });

  it('of leases has each reservation as soon as it was answered, and not after it was given back', async () => {
    const ports = async () => (await client.ports.leases()).items.map(({ port }) => port);
    for (const port of [34_001, 34_002, 34_003]) {
      const { id } = await client.ports.lease({ port, note: 'mine' });
      expect(await ports()).toEqual([port]);
      await client.ports.release({ id });
      expect(await ports()).toEqual([]);
    }
  });

  it('of conflicts has each as soon as it was reported, and none after it has cleared', async () => {
    const service = await client.services.create(specOf('web'));
    const open = async () => (await client.conflicts.list({ state: 'open' })).items.map(({ wanted }) => wanted.service);
    const report = async (conflicts: ReturnType<typeof detected>[]) => {
      const { seq } = await client.system.status();
      const sighting = { serviceId: service.id, asOf: seq, conflicts, answering: null };
      expect(await client.internal.reportSightings({ sightings: [sighting] })).toEqual({ stale: [] });
    };

    expect(await open()).toEqual([]);
    await report([detected({ serviceId: service.id, service: 'web' })]);
    expect(await open()).toEqual(['web']);
    await report([]);
    expect(await open()).toEqual([]);
  });
});
