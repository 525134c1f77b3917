import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ServiceSpecInput } from '#shared/contract/service-spec.ts';
import type { Service } from '#shared/contract/services.ts';
import { startEngine } from '#tests/support/engine.ts';
import { type EngineGate, openEngineGate } from '#tests/support/engine-gate.ts';
import { engineCall } from '#tests/support/engine-http.ts';
import { eventually } from '#tests/support/eventually.ts';
import { containerOf } from '#tests/support/observed.ts';
import { freePort } from '#tests/support/ports.ts';
import { newHome, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';
import type { TestEngine } from '#tests/support/test-engine.ts';

const image = 'clos-test/web:1';
const home = newHome();
let engine: TestEngine;
let gate: EngineGate;
let system: TestSystem;

beforeAll(async () => {
  engine = await startEngine();
  gate = await openEngineGate(engine.socketPath, join(home.root, 'gate.sock'));
  system = await startSystem({ home, dockerHost: gate.dockerHost });
});
afterAll(async () => {
  await system.stop();
  await gate.close();
  await engine.stop();
  removeHome(home);
});

async function run(
  name: string,
  more: Partial<ServiceSpecInput> & { command?: string[] } = {},
): Promise<{ service: Service; containerId: string }> {
  const { command, ...spec } = more;
  await system.client.services.create({
    name,
    runtime: { type: 'container', image, ...(command === undefined ? {} : { command }) },
    ...spec,
  });
  await system.client.services.start({ id: name }, { waitSeconds: 30 });
  const service = await system.client.services.get({ id: name });
  return { service, containerId: containerOf(service)?.containerId ?? '' };
}

const until = (name: string, right: (service: Service) => boolean) =>
  eventually(() => system.client.services.get({ id: name }), right);

/** The newest change of a service's status, with who did it. */
async function lastChange(service: Service) {
  const { items } = await system.client.events.list({
    subject: service.id,
    type: 'service.status-changed',
    limit: 500,
  });
  const last = items.at(-1);
  return { actor: last?.actor.type, ...last?.data };
}

const containers = z.array(z.object({ Id: z.string(), Names: z.array(z.string()), State: z.string() }));

/** The containers of a service, as the engine itself tells. */
async function containersOf(service: Service): Promise<string[]> {
  const filters = JSON.stringify({ label: [`dev.candlefish.clos.service=${service.id}`] });
  const body = await engineCall(engine.socketPath, `/containers/json?all=1&filters=${encodeURIComponent(filters)}`);
  return containers.parse(JSON.parse(body)).map(({ State }) => State);
}

const post = (path: string) => engineCall(engine.socketPath, path, { method: 'POST' });

describe('what happens to a container outside CLOS', () => {
  it('a stop by hand makes the service stopped, and says that CLOS did not do it', async () => {
    const { service, containerId } = await run('by-hand');
    await post(`/containers/${containerId}/stop?t=1`);
    const after = await until('by-hand', ({ status }) => status !== 'running');

    expect([after.status, after.statusReason, after.desired]).toEqual(['stopped', 'stopped outside CLOS', 'stopped']);
    expect(await lastChange(service)).toMatchObject({ actor: 'outside', from: 'running', to: 'stopped' });
  });

  it('a program that ends with an exit code makes the service failed, with that code', async () => {
    const { service } = await run('exits', { command: ['sh', '-c', 'exit 3'] });
    const after = await until('exits', ({ status }) => status === 'failed');

    expect([after.statusReason, containerOf(after)?.exit?.code]).toEqual(['exit 3', 3]);
    expect(await lastChange(service)).toMatchObject({ actor: 'outside', to: 'failed', reason: 'exit 3', exitCode: 3 });
  });

  it('a program that is killed from within makes the service failed', async () => {
    const { service } = await run('killed', { command: ['sh', '-c', 'kill -9 $$'] });
    const after = await until('killed', ({ status }) => status === 'failed');

    expect([after.statusReason, await lastChange(service)]).toMatchObject([
      'exit 137',
      { actor: 'outside', to: 'failed', exitCode: 137 },
    ]);
  });

  it('a removal by hand makes the service stopped, and it can be started again', async () => {
    const { service, containerId } = await run('removed');
    await engineCall(engine.socketPath, `/containers/${containerId}?force=1`, { method: 'DELETE' });
    const after = await until('removed', ({ runtime }) => runtime.observed === null);
    const said = await until('removed', ({ status, statusReason }) => status === 'stopped' && statusReason !== null);
    await system.client.services.start({ id: 'removed' }, { waitSeconds: 30 });

    expect(after.desired).toBe('stopped');
    expect(said.statusReason).toMatch(/outside CLOS$/);
    expect(await containersOf(service)).toEqual(['running']);
  });

  it('the restart policy on-failure starts what failed again, in its own name', async () => {
    const { service } = await run('again', {
      command: ['sh', '-c', 'test -e /tmp/once && exec sleep 1000; touch /tmp/once; echo > /tmp/once; exit 4'],
      restart: { policy: 'on-failure', maxRetries: 3 },
    });
    await until('again', ({ status }) => status === 'failed');
    await until('again', ({ status }) => status === 'running');
    const { items } = await system.client.operations.list({ subject: service.id });

    expect(items.map(({ type, actor, status }) => [type, actor.type, status])).toEqual([
      ['service.start', 'policy', 'succeeded'],
      ['service.start', 'key', 'succeeded'],
    ]);
    expect(await containersOf(service)).toEqual(['running']);
  });
});

describe('kill -9 of the engine', () => {
  it('makes its services unknown, never missing; the rest answers; it is back within seconds and nothing is doubled', async () => {
    const port = await freePort();
    const { service } = await run('shop', {
      endpoints: [{ containerPort: 80, hostPort: port }],
      restart: { policy: 'on-failure', maxRetries: 5 },
    });
    const before = await system.client.services.list();
    await engine.kill();
    const away = await until('shop', ({ status }) => status === 'unknown');
    const during = await system.client.services.list();
    const status = await system.client.system.status();
    const start = await system.client.services.start({ id: 'by-hand' }, { waitSeconds: 10 }).catch((error) => error);
    const made = await system.client.services.create({ name: 'meanwhile', runtime: { type: 'container', image } });

    expect(during.items.map(({ name }) => name)).toEqual(before.items.map(({ name }) => name));
    expect([away.statusReason, away.endpoints[0]?.lease, containerOf(away)?.containerId]).toEqual([
      'the container engine is away',
      service.endpoints[0]?.lease,
      containerOf(service)?.containerId,
    ]);
    expect([status.engine.state, start.code, made.status]).toEqual(['unavailable', 'ENGINE_UNAVAILABLE', 'created']);

    await engine.restart();
    const back = performance.now();
    await eventually(
      () => system.client.system.status(),
      ({ engine: { state } }) => state === 'available',
    );
    const known = await until('shop', ({ status: now }) => now !== 'unknown');
    const settledMs = performance.now() - back;
    await until('shop', ({ status: now }) => now === 'running');

    expect(['running', 'starting', 'failed']).toContain(known.status);
    expect(settledMs).toBeLessThan(8000);
    expect(await containersOf(service)).toEqual(['running']);
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
    const all = await system.client.services.list();
    expect(all.items.filter((item) => item.status === 'unknown')).toEqual([]);
  });

  it.each([
    ['before the create arrived', /^POST \S*\/containers\/create/, 'asked'],
    ['after the create, whose answer was lost', /^POST \S*\/containers\/create/, 'answered'],
    ['before the container was started', /^POST \S*\/containers\/\w+\/start/, 'asked'],
    ['after the container was started, whose answer was lost', /^POST \S*\/containers\/\w+\/start/, 'answered'],
  ] as const)('during a start, %s: the operation fails and nothing half-made stays', async (_when, line, point) => {
    const name = `torn-${_when.replace(/[^a-z]/g, '').slice(0, 30)}`;
    const made = await system.client.services.create({ name, runtime: { type: 'container', image } });
    const held = gate.holdNext(line, point);
    const answer = system.client.services.start({ id: name }, { waitSeconds: 60 }).catch((error) => error);
    await held;
    await engine.kill();
    const failure = await answer;
    const operation = await system.client.operations.get({ id: failure.extra.operationId });
    const away = await system.client.services.get({ id: name });
    await engine.restart();
    await eventually(
      () => system.client.system.status(),
      ({ engine: { state } }) => state === 'available',
    );
    await eventually(
      () => containersOf(made),
      (states) => states.length === 0,
    );
    const after = await until(name, ({ runtime }) => runtime.observed === null);
    await system.client.services.start({ id: name }, { waitSeconds: 30 });

    expect([failure.code, operation.status, operation.error?.code]).toEqual([
      expect.stringMatching(/^ENGINE_/),
      'failed',
      failure.code,
    ]);
    expect([away.status, after.status, after.desired, after.runtime.observed]).toEqual([
      'created',
      'created',
      'stopped',
      null,
    ]);
    expect(await containersOf(made)).toEqual(['running']);
  });
});
