import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import type { Service } from '#shared/contract/services.ts';
import { type EngineGate, openEngineGate } from '#tests/support/engine-gate.ts';
import { engineCall } from '#tests/support/engine-http.ts';
import { eventually } from '#tests/support/eventually.ts';
import { newHome, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

const home = newHome();
let gate: EngineGate;
let system: TestSystem;

beforeAll(async () => {
  gate = await openEngineGate(inject('engine').socketPath, join(home.root, 'gate.sock'));
  system = await startSystem({ home, dockerHost: gate.dockerHost });
});
afterAll(async () => {
  const { items } = await system.client.services.list({ limit: 500 });
  for (const { id } of items) await system.client.services.delete({ id }, { waitSeconds: 30 });
  await system.stop();
  await gate.close();
  removeHome(home);
});

const containers = z.array(z.object({ State: z.string() }));

/** The containers of a service, as the engine itself tells. */
async function containersOf({ id }: Service): Promise<string[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`dev.candlefish.clos.service=${id}`] }));
  const body = await engineCall(inject('engine').socketPath, `/containers/json?all=1&filters=${filters}`);
  return containers.parse(JSON.parse(body)).map(({ State }) => State);
}

async function apiPid(): Promise<number> {
  const { modules } = await system.client.system.status();
  return modules.find(({ name }) => name === 'api')?.pid ?? 0;
}

describe('kill -9 of the api after the engine has done it, before we were told', () => {
  it.each([
    { what: 'a create', line: /^POST \S*\/containers\/create/, verb: 'start', settled: ['failed', 'stopped', []] },
    {
      what: 'a start',
      line: /^POST \S*\/containers\/\w+\/start/,
      verb: 'start',
      settled: ['succeeded', 'running', ['running']],
    },
    {
      what: 'a stop',
      line: /^POST \S*\/containers\/\w+\/stop/,
      verb: 'stop',
      settled: ['succeeded', 'stopped', ['exited']],
    },
  ] as const)('$what is settled by what is there, once, in the first answer after the restart', async (each) => {
    const name = each.what.replace(' ', '-');
    const runtime = { type: 'container' as const, image: 'clos-test/web:1', command: ['sleep', '1000'] };
    const service = await system.client.services.create({ name, runtime });
    if (each.verb === 'stop') await system.client.services.start({ id: name }, { waitSeconds: 30 });
    const pid = await apiPid();
    const held = gate.holdNext(each.line, 'answered');
    const answer = system.client.services[each.verb]({ id: name }, { waitSeconds: 60 }).catch(() => null);
    await held;
    process.kill(pid, 'SIGKILL');
    gate.letGo();
    await answer;
    const open = await eventually(
      () => system.client.operations.list({ status: 'running' }),
      () => true,
    );
    const [operation] = (await system.client.operations.list({ subject: service.id })).items;
    const { status } = await system.client.services.get({ id: name });

    expect(open.items).toEqual([]);
    expect([operation?.status, status, await containersOf(service)]).toEqual(each.settled);
    expect(await apiPid()).not.toBe(pid);
    await system.client.services.start({ id: name }, { waitSeconds: 30 });
    expect(await containersOf(service)).toEqual(['running']);
  });
});
