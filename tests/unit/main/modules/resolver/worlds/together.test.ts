import { expect, it } from 'vitest';
import type { StoredService } from '#main/database/services.ts';
import { planStartMany, startMany } from '#main/modules/api/services/start-many.ts';
import type { OperationStep } from '#shared/contract/operations.ts';
import { claimsOf, neighboursOf } from '#tests/support/worlds/oracle.ts';
import { describeWorlds } from './model/in-each-world.ts';
import { sceneOf, snapshotOf } from './model/scene.ts';
import { attempt, caller, type ModelWorld, person } from './model/world.ts';

/** What becomes of a service: its ports, in the order of its endpoints, or why it does not run. */
type Fate = readonly number[] | 'waits' | 'is refused';

/** What a plan says will become of the services that it starts. */
function foretold(steps: readonly OperationStep[]): Record<string, Fate> {
  const fates: Record<string, Fate> = {};
  let own: OperationStep[] = [];
  for (const step of steps) {
    const name = /^Start (\w+)(:| from )/.exec(step.name)?.[1];
    if (name === undefined) {
      own.push(step);
      continue;
    }
    const waits = own.some((one) => one.name.includes(' waits for '));
    const ports = own.map((one) => Number(/(?:^Lease :| on )(\d+)/.exec(one.name)?.[1]));
    fates[name] = own.some(({ status }) => status === 'failed') ? 'is refused' : waits ? 'waits' : ports;
    own = [];
  }
  return fates;
}

function fateOf({ status, waits, endpoints }: StoredService): Fate {
  if (status === 'running') return endpoints.map(({ lease }) => lease?.port ?? 0);
  return waits ? 'waits' : 'is refused';
}

/** A place that an endpoint has or wants, and whether nobody but another service that is asked for as well is in its way. */
interface Wish {
  service: string;
  endpoint: string | null;
  place: string;
  port: number;
  open: boolean;
}

function wishesIn(world: ModelWorld): Wish[] {
  const scene = sceneOf(world);
  return world.services().flatMap((service) =>
    claimsOf(service).map(({ endpoint, protocol, address, port }) => ({
      service: service.name,
      endpoint,
      place: `${protocol} ${port}`,
      port,
      open: neighboursOf(scene, service, { protocol, address, port }).blocking.size === 0,
    })),
  );
}

const placesOf = (wishes: readonly Wish[]) => [...new Set(wishes.map(({ place }) => place))].sort();

function isGranted(world: ModelWorld, { service, endpoint, port }: Wish): boolean {
  return world.service(service).endpoints.find(({ name }) => name === endpoint)?.lease?.port === port;
}

describeWorlds((inEach) => {
  it('all start together with the fewest changes, as the plan has said', { timeout: 120_000 }, async () => {
    await inEach(async (world, { seed, wide }) => {
      const { api } = world.system;
      const before = snapshotOf(world);
      const wishes = wishesIn(world);
      const { steps } = await planStartMany(api, world.services(), person);
      expect({ seed, world: snapshotOf(world) }).toEqual({ seed, world: before });

      const refusal = await attempt(() => startMany(api, world.services(), caller));

      const plan = foretold(steps);
      const planned = world.services().filter(({ name }) => name in plan);
      const fates = Object.fromEntries(planned.map((service) => [service.name, fateOf(service)]));
      expect({ seed, fates }).toEqual({ seed, fates: plan });
      if (!wide) return;
      expect({ seed, refusal }).toEqual({ seed, refusal: null });
      // Of all who want one place at most one can have it, so that one of them has to stay.
      const granted = placesOf(wishes.filter((wish) => isGranted(world, wish)));
      const open = placesOf(wishes.filter((wish) => wish.open));
      expect({ seed, granted }).toEqual({ seed, granted: expect.arrayContaining(open) });
    });
  });
});
