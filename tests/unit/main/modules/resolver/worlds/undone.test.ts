import { expect, it } from 'vitest';
import { startService } from '#main/modules/api/services/start-service.ts';
import type { Conflict, ConflictOption } from '#shared/contract/conflicts.ts';
import { createRandom } from '#tests/support/random.ts';
import { askFor, type Done, takeBack } from './model/asking.ts';
import { describeWorlds } from './model/in-each-world.ts';
import { snapshotOf } from './model/scene.ts';
import { attempt, caller } from './model/world.ts';

/** What a model of a machine can have done to it: its programs are no processes that a signal could reach. */
const possible: ReadonlySet<ConflictOption['strategy']> = new Set([
  'reassign',
  'stop-service',
  'stop-container',
  'wait',
  'change-address',
]);

describeWorlds((inEach) => {
  it('whatever option was applied, undone in reverse order nothing is left of it', { timeout: 120_000 }, async () => {
    await inEach(async (world, { seed, services }) => {
      const random = createRandom(seed);
      const any = ({ options }: Conflict) => {
        const offered = options.filter(({ strategy }) => possible.has(strategy));
        return offered[Math.floor(random() * offered.length)];
      };
      for (const { name } of services) {
        await attempt(() => startService(world.system.api, world.service(name), caller));
      }
      const done: Done[] = [];
      for (const { name } of services) {
        const { status, waits } = world.service(name);
        if (status !== 'running' && !waits) done.push(...(await askFor(world, name, any)));
      }
      // An option does what it says; only what comes then, the start, may meet another conflict, and names it.
      const hollow = done.filter(({ refusal }) => refusal?.code === 'PORT_CONFLICT' && refusal.conflicts.length === 0);
      expect({ seed, hollow }).toEqual({ seed, hollow: [] });
      for (const one of done.reverse()) {
        if (!(await takeBack(world, one))) return;
        const { type, steps } = one.operation;
        expect({ seed, type, steps, world: snapshotOf(world) }).toEqual({ seed, type, steps, world: one.before });
      }
    });
  });
});
