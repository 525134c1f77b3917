import { expect, it } from 'vitest';
import { claimsOf, conflictsOf, outlineOf } from '#tests/support/worlds/oracle.ts';
import { describeWorlds } from './model/in-each-world.ts';
import { sceneOf } from './model/scene.ts';

describeWorlds((inEach) => {
  it('every conflict is found and none is invented', { timeout: 120_000 }, async () => {
    await inEach(async (world, { seed }) => {
      const scene = sceneOf(world);
      for (const service of world.services()) {
        const claims = claimsOf(service);
        const found = await world.system.check(claims);
        expect({ seed, service: service.name, found: found.map(outlineOf).sort() }).toEqual({
          seed,
          service: service.name,
          found: conflictsOf(scene, service, claims).sort(),
        });
      }
    });
  });
});
