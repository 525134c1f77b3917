import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { Service } from '#shared/contract/services.ts';
import { claimsOf, conflictsOf, outlineOf } from '#tests/support/worlds/oracle.ts';
import { createWorldPlan } from '#tests/support/worlds/random-world.ts';
import { harmless, honest, judge, type Refusal, type Verdict } from '#tests/support/worlds/verdict.ts';
import { isFree, type Matrix, openMatrix } from '../conflict-matrix/matrix.ts';
import { answerAt } from '../conflict-matrix/programs.ts';
import { buildRealWorld, command, type RealWorld } from './real-world.ts';

let matrix: Matrix;
beforeAll(async () => {
  matrix = await openMatrix();
});
afterAll(() => matrix.close());

/** Every refusal names whoever is in the way, and nobody else; without one, nobody is. */
async function expectFound(world: RealWorld, name: string, refusal: Refusal | null): Promise<void> {
  if (refusal?.code === 'RANGE_EXHAUSTED') return;
  const service = await world.service(name);
  const expected = conflictsOf(await world.scene(), service, claimsOf(service));
  const found = (refusal?.conflicts ?? []).map(outlineOf).sort();
  expect(found).toEqual(expected.filter((outline) => outline.endsWith(' blocks')).sort());
}

/** Asks for a service, and answers each refusal with what is recommended. */
async function askFor(world: RealWorld, name: string): Promise<Refusal | null> {
  let refusal = await command(matrix, `/services/${name}/start`);
  for (;;) {
    await expectFound(world, name, refusal);
    const [answer] = (refusal?.conflicts ?? []).flatMap((conflict) => {
      const option = harmless(conflict);
      return option === undefined ? [] : [{ id: conflict.id, option: option.id }];
    });
    if (answer === undefined) return refusal;
    refusal = await command(matrix, `/conflicts/${answer.id}/resolve`, { option: answer.option });
  }
}

/** What answers at the ports of a service, as far as it says something. */
async function answersOf({ runtime, endpoints }: Service): Promise<string[]> {
  const places = endpoints
    .map(({ protocol, address, lease }) => ({ protocol, address, port: lease?.port ?? 0 }))
    // In a container somebody serves a page at the first port only.
    .filter(({ protocol }, index) => runtime.type === 'process' || (protocol === 'tcp' && index === 0));
  return await Promise.all(places.map(answerAt));
}

/** Worlds of the model too; in these there is much to quarrel about. */
const seeds = Array.from({ length: 20 }, (_value, index) => 21 + index);

it.each(seeds)(
  'random world %i: all conflicts are found, all that was asked for runs, strangers stay as they are',
  async (seed) => {
    const plan = createWorldPlan(seed);
    const world = await buildRealWorld(matrix, plan);
    onTestFinished(world.close);
    const strangers = () => Promise.all(world.strangers.map(({ state }) => state()));
    const before = await strangers();
    const verdicts: Record<string, Verdict> = {};
    for (const { name } of plan.services) {
      const refusal = await askFor(world, name);
      const [scene, services] = [await world.scene(), await world.services()];
      const service = await world.service(name);
      verdicts[name] = judge(scene, { service, refusal, range: world.range, services });
    }
    const right = plan.wide ? 'runs' : expect.stringMatching(honest);
    expect(verdicts).toEqual(Object.fromEntries(plan.services.map(({ name }) => [name, right])));
    expect(await strangers()).toEqual(before);
    for (const service of await world.services()) {
      if (service.status !== 'running') continue;
      const said = service.runtime.type === 'process' ? service.name : expect.stringContaining('It works.');
      const answers = await answersOf(service);
      expect([service.name, answers]).toEqual([service.name, answers.map(() => said)]);
    }
    await world.close();
    const { first, last } = world.range;
    const ports = Array.from({ length: last - first + 1 }, (_value, index) => first + index);
    expect(await Promise.all(ports.map(isFree))).toEqual(ports.map(() => true));
  },
);
