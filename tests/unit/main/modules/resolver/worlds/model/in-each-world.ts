import { describe } from 'vitest';
import { createWorldPlan, type WorldPlan } from '#tests/support/worlds/random-world.ts';
import { buildWorld, type ModelWorld } from './world.ts';

const worlds = 500;
const perBlock = 50;
const blocks = Array.from({ length: worlds / perBlock }, (_value, block) => [block]);

/** Describes something of 500 worlds, in blocks, so that a failure does not hide what is so in all others. */
export function describeWorlds(describeBlock: (each: (look: Look) => Promise<void>) => void): void {
  describe.each(blocks)('random worlds, block %i', (block) => {
    describeBlock(async (look) => {
      for (let seed = block * perBlock + 1; seed <= (block + 1) * perBlock; seed++) await inWorld(seed, look);
    });
  });
}

type Look = (world: ModelWorld, plan: WorldPlan) => Promise<void>;

/** Builds the world of a seed and looks at it; who sees red reads the seed. */
async function inWorld(seed: number, look: Look): Promise<void> {
  const plan = createWorldPlan(seed);
  const world = await buildWorld(plan);
  try {
    await look(world, plan);
  } catch (error) {
    throw new Error(`world ${seed}`, { cause: error });
  } finally {
    await world.system.close();
  }
}
