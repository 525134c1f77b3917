import { expect, it } from 'vitest';
import { findConflict, openConflictsOf } from '#main/database/conflicts.ts';
import { harmless, honest, judge, type Verdict } from '#tests/support/worlds/verdict.ts';
import { askFor } from './model/asking.ts';
import { describeWorlds } from './model/in-each-world.ts';
import { type Snapshot, sceneOf, snapshotOf } from './model/scene.ts';
import type { ModelWorld } from './model/world.ts';

/** The services that had to make room because another one is set to take its ports. */
function robbedIn({ services }: Snapshot): Set<string> {
  const reasons = services.flatMap(({ endpoints }) => endpoints.map(({ lease }) => lease?.reason ?? ''));
  return new Set(reasons.flatMap((reason) => /^taken over from (.*)$/.exec(reason)?.[1] ?? []));
}

/** The sockets that a world should show, by what its services lease while they run. */
function leasedSeats({ services }: ModelWorld): string[] {
  return services()
    .filter(({ status }) => status === 'running')
    .flatMap(({ name, endpoints }) =>
      endpoints.map(({ protocol, address, lease }) => `service ${name} ${protocol} ${address} ${lease?.port}`),
    )
    .sort();
}

const isOurs = (seat: string) => seat.startsWith('service ');

/** Whatever CLOS does not own. */
function strangersIn({ strangers, sockets }: Snapshot) {
  return { containers: strangers, sockets: sockets.filter((seat) => !isOurs(seat)) };
}

/** Asks for all services, one after the other, and answers each refusal with what is recommended. */
async function askForAll(world: ModelWorld, names: readonly string[]) {
  const verdicts: Record<string, Verdict> = {};
  const resolved: string[] = [];
  for (const name of names) {
    const done = await askFor(world, name, harmless);
    const refusal = done.at(-1)?.refusal ?? null;
    const { range } = world;
    const services = world.services();
    verdicts[name] = judge(sceneOf(world), { service: world.service(name), refusal, range, services });
    resolved.push(
      ...done.flatMap(({ operation: { type, subject } }) => (type === 'conflict.resolve' ? [subject.id] : [])),
    );
  }
  return { verdicts, resolved };
}

describeWorlds((inEach) => {
  it('what was asked for runs with the recommended options, and nobody else notices', {
    timeout: 120_000,
  }, async () => {
    await inEach(async (world, { seed, wide, services }) => {
      const names = services.map(({ name }) => name);
      const before = snapshotOf(world);
      const { verdicts, resolved } = await askForAll(world, names);
      const after = snapshotOf(world);

      const right = wide ? 'runs' : expect.stringMatching(honest);
      expect({ seed, verdicts }).toEqual({ seed, verdicts: Object.fromEntries(names.map((name) => [name, right])) });
      const robbed = robbedIn(after);
      const steady = names.filter((name) => verdicts[name] === 'runs' && !robbed.has(name));
      const running = after.services.filter(({ up }) => up).map(({ name }) => name);
      expect({ seed, running }).toEqual({ seed, running: expect.arrayContaining(steady) });
      expect({ seed, seats: after.sockets.filter(isOurs) }).toEqual({ seed, seats: leasedSeats(world) });

      expect({ seed, ...strangersIn(after) }).toEqual({ seed, ...strangersIn(before) });
      const undisturbed = before.services.filter(({ name, up }) => up && !robbed.has(name));
      expect({ seed, services: after.services }).toEqual({ seed, services: expect.arrayContaining(undisturbed) });

      const { read } = world.system.api.db;
      expect(resolved.map((id) => findConflict(read, id)?.state)).toEqual(resolved.map(() => 'resolved'));
      const open = world
        .services()
        .filter(({ status }) => status === 'running')
        .flatMap(({ id }) => openConflictsOf(read, id));
      expect({ seed, open }).toEqual({ seed, open: [] });
    });
  });
});
