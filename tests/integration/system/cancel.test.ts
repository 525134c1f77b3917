import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type EngineGate, openEngineGate } from '#tests/support/engine-gate.ts';
import { engineCall } from '#tests/support/engine-http.ts';
import { eventually } from '#tests/support/eventually.ts';
import { removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';
import { webImage } from '#tests/support/web-image.ts';

let system: TestSystem;
let gate: EngineGate;
let folder: string;
const patient = { waitSeconds: 30 };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'clos-cancel-'));
  gate = await openEngineGate(inject('engine').socketPath, join(folder, 'gate.sock'));
  system = await startSystem({ dockerHost: gate.dockerHost });
});
afterAll(async () => {
  await system.client.services.delete({ id: 'web' }, patient);
  await system.stop();
  await gate.close();
  rmSync(folder, { recursive: true, force: true });
  removeHome(system.home);
});

async function containers(): Promise<string[]> {
  const all = JSON.parse(await engineCall(inject('engine').socketPath, '/containers/json?all=1'));
  return all.flatMap(({ Names }: { Names: string[] }) => Names).filter((name: string) => name.startsWith('/clos-web-'));
}

async function refusal(id: string): Promise<[number, string]> {
  const response = await system.request(`/api/v2/operations/${id}/cancel`, { method: 'POST' });
  return [response.status, (await response.json()).code];
}

describe('an operation that is cancelled', () => {
  it('ends before its next step, and nothing half-made stays', async () => {
    const { client } = system;
    await client.services.create({
      name: 'web',
      runtime: { type: 'container', image: webImage },
      endpoints: [{ containerPort: 80, hostPort: 'auto' }],
    });
    const created = gate.holdNext(/^POST .*\/containers\/create/, 'answered');
    const begun = await client.services.start({ id: 'web' }, { waitSeconds: 0 });
    await created;
    const cancelled = await client.operations.cancel({ id: begun.id });
    gate.letGo();
    const ended = await eventually(
      () => client.operations.get({ id: begun.id }),
      ({ finishedAt }) => finishedAt !== null,
    );

    expect([cancelled.id, cancelled.status]).toEqual([begun.id, 'running']);
    expect({ status: ended.status, error: ended.error, steps: ended.steps }).toEqual({
      status: 'cancelled',
      error: { code: 'OPERATION_CANCELLED', detail: 'Cancelled by owner.' },
      steps: [
        { name: 'Check the ports', status: 'succeeded', detail: null },
        { name: 'Create the container', status: 'succeeded', detail: null },
      ],
    });
    expect(await eventually(containers, (names) => names.length === 0)).toEqual([]);
    const { status, desired } = await client.services.get({ id: 'web' });
    expect([status, desired]).toEqual(['created', 'stopped']);
  });

  it('is told so to whoever waits for it', async () => {
    const { client } = system;
    const created = gate.holdNext(/^POST .*\/containers\/create/, 'answered');
    const answer = system.request('/api/v2/services/web/start', { method: 'POST', headers: { prefer: 'wait=30' } });
    await created;
    const { items } = await client.operations.list({ status: 'running' });
    await client.operations.cancel({ id: items[0]?.id ?? '' });
    gate.letGo();
    const response = await answer;
    expect([response.status, (await response.json()).code]).toEqual([409, 'OPERATION_CANCELLED']);
  });

  it('can be done again at once', async () => {
    const { client } = system;
    const operation = await client.services.start({ id: 'web' }, patient);
    expect([operation.status, (await client.services.get({ id: 'web' })).status]).toEqual(['succeeded', 'running']);
    expect(await refusal(operation.id)).toEqual([409, 'NOT_CANCELLABLE']);
    expect(await refusal('op_none')).toEqual([404, 'OPERATION_NOT_FOUND']);
  });
});
