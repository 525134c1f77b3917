import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listServices } from '#main/database/services.ts';
import { planStartMany, startMany } from '#main/modules/api/services/start-many.ts';
import type { ConflictPolicy } from '#shared/contract/service-spec.ts';
import { type ModelSystem, openModelSystem } from '../../resolver/worlds/model/system.ts';
import { attempt, caller, person } from '../../resolver/worlds/model/world.ts';

let system: ModelSystem;
beforeEach(async () => {
  system = await openModelSystem({ range: { name: 'few', first: 3000, last: 3003 }, ownPorts: [] });
});
afterEach(() => system.close());

const local = { protocol: 'tcp', address: '127.0.0.1' } as const;

async function add(name: string, hostPort: number | 'auto', onConflict: ConflictPolicy = 'ask'): Promise<void> {
  const runtime = { type: 'process' as const, command: ['node', 'server.js'], cwd: '/' };
  await system.addService({ name, runtime, onConflict, endpoints: [{ ...local, hostPort, range: 'few' }] });
}

function hold(port: number): void {
  system.machine.run([{ ...local, port, v6only: false }]);
}

/** Starts all services together: where each is then, and what the plan had said. */
async function startAll() {
  const services = () => listServices(system.api.db.read);
  const { steps } = await planStartMany(system.api, services(), person);
  const refusal = await attempt(() => startMany(system.api, services(), caller));
  return {
    plan: steps.map(({ name }) => name).filter((name) => !name.startsWith('Start ')),
    ports: services()
      .map(({ name, status, endpoints }) => `${name} ${status} ${endpoints[0]?.lease?.port ?? '-'}`)
      .sort(),
    refusal: refusal?.message ?? null,
  };
}

describe('of several services that start together', () => {
  it('one that has to move does not take the port that another one asks for', async () => {
    hold(3000);
    await add('api', 3000);
    await add('web', 3001);
    expect(await startAll()).toEqual({
      plan: ['Run api on 3002', 'Lease :3001 to web/http'],
      ports: ['api running 3002', 'web running 3001'],
      refusal: null,
    });
  });

  it('one that takes any port comes after one that asks for the first free one', async () => {
    await add('api', 'auto');
    await add('web', 3000);
    expect(await startAll()).toEqual({
      plan: ['Lease :3001 to api/http', 'Lease :3000 to web/http'],
      ports: ['api running 3001', 'web running 3000'],
      refusal: null,
    });
  });

  it('none makes room for another, whatever its policy is', async () => {
    await add('api', 3000);
    await add('web', 3000, 'takeover');
    expect(await startAll()).toEqual({
      plan: ['Lease :3000 to api/http', 'Run web on 3001'],
      ports: ['api running 3000', 'web running 3001'],
      refusal: null,
    });
  });

  it('one for which no port is left is named in the plan, and the others start', async () => {
    for (const port of [3000, 3001, 3002]) hold(port);
    await add('api', 'auto');
    await add('web', 'auto');
    expect(await startAll()).toEqual({
      plan: ['Lease :3003 to api/http', 'Choose the ports of web'],
      ports: ['api running 3003', 'web created -'],
      refusal: '1 of 2 did not start (web). The range "few" has no free port left for http.',
    });
  });
});
