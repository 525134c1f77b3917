import { describe, expect, it } from 'vitest';
import { createWorldPlan } from '#tests/support/random-world.ts';
import { conflictsOf, outlineOf } from './model/oracle.ts';
import { buildWorld, claimsOf, type ModelWorld } from './model/world.ts';

const worlds = 500;
const perTest = 50;

const seedsOf = (block: number) => Array.from({ length: perTest }, (_value, index) => block * perTest + index + 1);

/** Builds the world of each seed and looks at it; who sees red reads the seed. */
async function inEachWorld(seeds: readonly number[], look: (world: ModelWorld, seed: number) => Promise<void>) {
  for (const seed of seeds) {
    const world = await buildWorld(createWorldPlan(seed));
    try {
      await look(world, seed);
    } catch (error) {
      throw new Error(`world ${seed}`, { cause: error });
    } finally {
      await world.system.close();
    }
  }
}

describe.each(Array.from({ length: worlds / perTest }, (_value, block) => [block]))(
  'random worlds, block %i',
  (block) => {
    it('every conflict is found and none is invented', { timeout: 120_000 }, async () => {
      await inEachWorld(seedsOf(block), async (world, seed) => {
        for (const service of world.services()) {
          const claims = claimsOf(service);
          const found = await world.system.check(claims);
          expect({ seed, service: service.name, found: found.map(outlineOf).sort() }).toEqual({
            seed,
            service: service.name,
            found: conflictsOf(world, service, claims).sort(),
          });
        }
      });
    });
  },
);
