import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

let system: TestSystem;

beforeAll(async () => {
  system = await startSystem({ dockerHost: inject('engine').dockerHost });
});
afterAll(async () => {
  await system.stop();
  removeHome(system.home);
});

const container = { type: 'container', image: 'clos-test/web:1' };
const json = { 'content-type': 'application/json' };

async function post(
  body: string,
  headers: Record<string, string> = json,
): Promise<{ status: number; code: string; paths: string[] }> {
  const response = await system.request('/api/v2/services', { method: 'POST', headers, body });
  const problem = await response.json();
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(problem.requestId).toBe(response.headers.get('x-request-id'));
  return {
    status: response.status,
    code: problem.code,
    paths: (problem.errors ?? []).map(({ path }: { path: string }) => path),
  };
}

describe('bad input', () => {
  it.each([
    ['an unknown field', { name: 'a', runtime: container, colour: 'red' }, ['colour']],
    [
      'port 70000',
      { name: 'a', runtime: container, endpoints: [{ containerPort: 70000 }] },
      ['endpoints.0.containerPort'],
    ],
    ['a name with ../', { name: '../etc', runtime: container }, ['name']],
    ['a runtime that does not exist', { name: 'a', runtime: { type: 'vm' } }, ['runtime.type']],
    [
      'an endpoint name twice',
      { name: 'a', runtime: container, endpoints: [{ containerPort: 1 }, { containerPort: 2 }] },
      ['endpoints.1.name'],
    ],
    [
      'a range that does not exist',
      { name: 'a', runtime: container, endpoints: [{ containerPort: 1, range: 'moon' }] },
      ['endpoints.0.range'],
    ],
    [
      'a host name as address',
      { name: 'a', runtime: container, endpoints: [{ containerPort: 1, address: 'localhost' }] },
      ['endpoints.0.address'],
    ],
    [
      'a wrong duration',
      { name: 'a', runtime: container, healthCheck: { type: 'tcp', interval: 'soon' } },
      ['healthCheck.interval'],
    ],
    ['a wrong size', { name: 'a', runtime: container, limits: { memory: 'lots' } }, ['limits.memory']],
    ['no body fields at all', {}, ['name', 'runtime']],
  ])('%s is refused with its path', async (_what, body, paths) => {
    expect(await post(JSON.stringify(body))).toEqual({ status: 400, code: 'INVALID_INPUT', paths });
  });

  it('broken JSON is refused', async () => {
    expect(await post('{"name":')).toEqual({ status: 400, code: 'MALFORMED_BODY', paths: [] });
  });

  it('a body of another type is refused', async () => {
    expect(await post('name=a', { 'content-type': 'application/x-www-form-urlencoded' })).toEqual({
      status: 415,
      code: 'UNSUPPORTED_MEDIA_TYPE',
      paths: [],
    });
  });

  it('a body of 10 MB is refused', async () => {
    expect(await post(JSON.stringify({ name: 'a'.repeat(10_000_000) }))).toEqual({
      status: 413,
      code: 'BODY_TOO_LARGE',
      paths: [],
    });
  });

  it('the refusal of a body that is still being sent always arrives, on every port', async () => {
    const body = JSON.stringify({ name: 'a'.repeat(10_000_000) });
    const headers = { ...json, authorization: `Bearer ${system.apiKey}` };
    for (const name of ['gateway', 'dashboard', 'api'] as const) {
      const url = `${system.discovery[name].url}/api/v2/services`;
      for (let round = 0; round < 10; round += 1) {
        const response = await fetch(url, { method: 'POST', headers, body });
        expect([name, response.status, (await response.json()).code]).toEqual([name, 413, 'BODY_TOO_LARGE']);
      }
    }
  });

  it.each([['/', '/etc', '/var/run/docker.sock', '/home/../etc', '/proc//self'].map((source) => source)])(
    'dangerous host paths are refused by the policy',
    async (...sources) => {
      for (const source of sources) {
        const body = { name: 'a', runtime: { ...container, mounts: [{ type: 'bind', source, target: '/x' }] } };
        expect(await post(JSON.stringify(body))).toEqual({
          status: 403,
          code: 'CONTAINER_POLICY',
          paths: ['runtime.mounts.0.source'],
        });
      }
    },
  );

  it('an image that does not exist fails the start, and nothing half-made stays', async () => {
    await system.client.services.create({
      name: 'ghost',
      runtime: { type: 'container', image: 'clos-test/ghost:1', pull: 'never' },
      endpoints: [{ containerPort: 80 }],
    });
    await expect(system.client.services.start({ id: 'ghost' }, { waitSeconds: 30 })).rejects.toMatchObject({
      code: 'IMAGE_NOT_FOUND',
    });
    const ghost = await system.client.services.get({ id: 'ghost' });

    expect([ghost.status, ghost.runtime.observed]).toEqual(['failed', null]);
    await system.client.services.delete({ id: 'ghost' });
  });

  it('left nothing behind', async () => {
    expect(await system.client.services.list()).toEqual({ items: [], nextCursor: null });
  });

  it('an unknown path is 404 for the owner and says nothing to a stranger', async () => {
    const owner = await system.request('/api/v2/nothing');
    const stranger = await fetch(`${system.discovery.gateway.url}/api/v2/nothing`);

    expect([owner.status, (await owner.json()).code]).toEqual([404, 'ROUTE_NOT_FOUND']);
    expect([stranger.status, (await stranger.json()).code]).toEqual([401, 'NOT_SIGNED_IN']);
  });

  it('a change needs the revision that it was made on', async () => {
    const made = await system.client.services.create({
      name: 'rev',
      runtime: { type: 'container', image: 'clos-test/web:1' },
    });
    await expect(system.client.services.update({ id: 'rev', env: { A: '1' } })).rejects.toMatchObject({
      code: 'PRECONDITION_REQUIRED',
    });
    const updated = await system.client.services.update({ id: 'rev', env: { A: '1' } }, { ifMatch: made.revision });
    await expect(
      system.client.services.update({ id: 'rev', env: { A: '2' } }, { ifMatch: made.revision }),
    ).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' });

    expect([updated.revision, updated.env]).toEqual([2, { A: '1' }]);
    const read = await system.request('/api/v2/services/rev');
    const again = await system.request('/api/v2/services/rev', {
      headers: { 'if-none-match': read.headers.get('etag') ?? '' },
    });
    expect([read.headers.get('etag'), again.status]).toEqual([expect.stringMatching(/^"2-/), 304]);
    await system.client.services.delete({ id: 'rev' });
  });

  it('a command under one Idempotency-Key is done once', async () => {
    const body = JSON.stringify({ name: 'once', runtime: container });
    const send = (text: string) =>
      system.request('/api/v2/services', { method: 'POST', headers: { ...json, 'idempotency-key': 'k1' }, body: text });
    const first = await send(body);
    const second = await send(body);
    const other = await send(body.replace('once', 'twice'));

    expect([first.status, second.status, second.headers.get('idempotency-replayed'), other.status]).toEqual([
      201,
      201,
      'true',
      422,
    ]);
    expect(await second.json()).toEqual(await first.json());
    await system.client.services.delete({ id: 'once' });
  });
});

describe('without an engine', () => {
  it('everything but containers works, and says what is missing', async () => {
    const alone = await startSystem();
    await alone.client.services.create({
      name: 'web',
      runtime: { type: 'container', image: 'clos-test/web:1' },
      endpoints: [{ containerPort: 80 }],
    });
    const failure = await alone.client.services
      .start({ id: 'web' }, { waitSeconds: 30 })
      .catch((error: unknown) => error);
    const web = await alone.client.services.get({ id: 'web' });
    const status = await alone.client.system.status();
    await alone.stop();
    removeHome(alone.home);

    expect(failure).toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
    expect(web.status).toBe('created');
    expect(status.engine.state).not.toBe('available');
    expect(status.engine.reason).toMatch(/no-engine\.sock|engine/);
  });
});
