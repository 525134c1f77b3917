import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Service } from '#shared/contract/services.ts';
import { freePort } from '#tests/support/ports.ts';
import { removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

let system: TestSystem;
let past: Array<{ seq: number; service: Service }>;
const patient = { waitSeconds: 30 };
const script = `require('node:net').createServer().listen(process.env.PORT, '127.0.0.1')`;

/** When a runtime was looked at is no part of the history. */
function asKept({ runtime, ...service }: Service) {
  const { observed, ...asked } = runtime;
  return { ...service, runtime: { ...asked, observed: observed === null ? null : { ...observed, observedAt: null } } };
}

async function remember(): Promise<void> {
  const { client } = system;
  const service = await client.services.get({ id: 'web' });
  const { seq } = await client.system.status();
  past.push({ seq, service });
}

beforeAll(async () => {
  system = await startSystem();
  const { client } = system;
  past = [];
  const port = await freePort();
  await client.services.create({
    name: 'web',
    runtime: { type: 'process', command: ['node', '-e', script], cwd: system.home.root },
    endpoints: [{ name: 'http', hostPort: port }],
  });
  await remember();
  await client.services.start({ id: 'web' }, patient);
  await remember();
  await client.services.stop({ id: 'web' }, patient);
  await remember();
  const { revision } = await client.services.get({ id: 'web' });
  await client.services.update({ id: 'web', env: { COLOUR: 'red' } }, { ifMatch: revision });
  await remember();
  await client.services.delete({ id: 'web' }, patient);
}, 60_000);
afterAll(async () => {
  await system.stop();
  removeHome(system.home);
});

describe('a service that is gone', () => {
  it('is shown as it was after any event of its life', async () => {
    for (const { seq, service } of past) {
      const then = await system.client.services.get({ id: 'web', at: seq });
      expect(asKept(then)).toEqual(asKept(service));
    }
    expect(past.map(({ service }) => service.status)).toEqual(['created', 'running', 'stopped', 'stopped']);
  });

  it('is shown as it was at a time, and in the list of that time', async () => {
    const { client } = system;
    const { items } = await client.events.list({ limit: 500 });
    const running = items.find(({ type, data }) => type === 'service.status-changed' && data.to === 'running');
    const at = running?.time ?? '';
    expect((await client.services.get({ id: 'web', at })).status).toBe('running');
    expect((await client.services.list({ at })).items.map(({ name, status }) => [name, status])).toEqual([
      ['web', 'running'],
    ]);
    expect((await client.services.list({})).items).toEqual([]);
  });

  it('was not there before it was created, nor after it was removed', async () => {
    const get = async (at: string) => {
      const response = await system.request(`/api/v2/services/web?at=${at}`);
      return [response.status, (await response.json()).code];
    };
    expect(await get('2020-01-01T00:00:00.000Z')).toEqual([404, 'SERVICE_NOT_FOUND']);
    expect(await get('2120-01-01T00:00:00.000Z')).toEqual([404, 'SERVICE_NOT_FOUND']);
    expect(await get('yesterday')).toEqual([400, 'INVALID_INPUT']);
  });

  it('has a history in which everything that followed from one request names it', async () => {
    const { items } = await system.client.events.list({ limit: 500 });
    const starts = items.filter(({ type, data }) => type === 'service.status-changed' && data.to === 'starting');
    const { trace } = starts[0] ?? {};
    expect(trace).toMatch(/^req_/);
    const traced = items.filter((event) => event.trace === trace);
    expect(traced.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['operation.started', 'lease.granted', 'service.status-changed', 'operation.finished']),
    );
  });

  it('tells what was changed of it, but not what a variable holds', async () => {
    const { items } = await system.client.events.list({ type: 'service.updated' });
    expect(items.map(({ version, data }) => [version, data])).toEqual([
      [2, { revision: 2, changed: [{ field: 'env.COLOUR', from: null, to: null }] }],
    ]);
  });
});
