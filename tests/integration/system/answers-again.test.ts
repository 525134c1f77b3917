import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allOperations } from '#shared/contract/contract.ts';
import { isCacheable } from '#shared/contract/operation-definition.ts';
import { removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

let system: TestSystem;
const patient = { waitSeconds: 30 };

beforeAll(async () => {
  system = await startSystem();
  for (const name of ['web', 'api', 'db', 'mail', 'queue']) {
    await system.client.services.create({
      name,
      runtime: { type: 'process', command: ['sleep', '1000'], cwd: '/' },
      endpoints: [{ name: 'http' }],
    });
  }
});
afterAll(async () => {
  await system.client.services.stop({ id: 'web' }, patient);
  await system.stop();
  removeHome(system.home);
});

const get = (path: string, headers: Record<string, string> = {}) => system.request(path, { headers });
const tagOf = async (path: string) => (await get(path)).headers.get('etag') ?? '';
const statusFor = async (path: string, tag: string) => (await get(path, { 'if-none-match': tag })).status;

describe('an answer that the caller has already', () => {
  it('is not sent again, by every read that can be stored', async () => {
    const { items } = await system.client.operations.list();
    const webhook = await system.client.webhooks.create({ url: 'http://127.0.0.1:9/', enabled: false });
    const [route] = (await system.client.routes.list()).items;
    const ids: Record<string, string> = {
      services: 'web',
      routes: route?.id ?? 'none',
      conflicts: 'none',
      operations: items[0]?.id ?? 'none',
      webhooks: webhook.id,
    };
    const reads = allOperations.filter((one) => isCacheable(one) && 'permission' in one.access);
    const answers = await Promise.all(
      reads.map(async ({ id, path }) => {
        const place = path.replace('{id}', ids[id.split('.')[0] ?? ''] ?? '');
        const first = await get(place);
        const tag = first.headers.get('etag');
        if (first.status === 404) return [id, 'nothing there'];
        return [id, first.headers.get('cache-control'), await statusFor(place, tag ?? '')];
      }),
    );

    expect(answers).toEqual(
      reads.map(({ id }) =>
        /^(conflicts|operations).get/.test(id) ? [id, 'nothing there'] : [id, 'private, no-cache', 304],
      ),
    );
  });

  it('is known by a tag among others, weakly, and by any; and by no tag of another answer', async () => {
    const tag = await tagOf('/api/v2/services');

    expect(tag).toMatch(/^"[\w-]{22}"$/);
    expect(await statusFor('/api/v2/services', `"other", W/${tag}`)).toBe(304);
    expect(await statusFor('/api/v2/services', '*')).toBe(304);
    expect(await statusFor('/api/v2/services?limit=1', tag)).toBe(200);
    expect(await statusFor('/api/v2/services', tag.slice(0, -2))).toBe(200);
  });

  it('has another tag as soon as anything in it is another, a status without a revision too', async () => {
    const before = await tagOf('/api/v2/services/web');
    await system.client.services.start({ id: 'web' }, patient);
    const after = await get('/api/v2/services/web', { 'if-none-match': before });
    const now = after.headers.get('etag') ?? '';

    expect([after.status, (await after.json()).status]).toEqual([200, 'running']);
    expect([before, now]).toEqual([expect.stringMatching(/^"1-[\w-]{22}"$/), expect.stringMatching(/^"1-[\w-]{22}"$/)]);
    // What If-Match names is the revision.
    await system.client.services.update({ id: 'web', env: { A: '1' } }, { ifMatch: before });
    await expect(system.client.services.update({ id: 'web', env: {} }, { ifMatch: now })).rejects.toMatchObject({
      code: 'PRECONDITION_FAILED',
    });
  });

  it('is never stored by anyone where it tells of this very moment', async () => {
    const answers = await Promise.all(['/readyz', '/api/v2/ports/listeners'].map((path) => get(path)));

    expect(answers.map(({ headers }) => [headers.get('etag'), headers.get('cache-control')])).toEqual([
      [null, 'no-store'],
      [null, 'no-store'],
    ]);
  });
});

describe('a long answer', () => {
  it('is compressed as the caller asks, with tags of its own', async () => {
    await system.client.services.create({
      name: 'wordy',
      runtime: { type: 'process', command: ['sleep', '1000'], cwd: '/' },
      env: Object.fromEntries(Array.from({ length: 20 }, (_value, index) => [`TEXT_${index}`, 'words '.repeat(600)])),
    });
    const path = '/api/v2/services';
    const answers = await Promise.all(
      ['identity', 'gzip', 'br', 'zstd', 'gzip;q=0'].map((asked) => get(path, { 'accept-encoding': asked })),
    );
    const told = await Promise.all(answers.map((answer) => answer.json()));
    const tags = answers.map(({ headers }) => headers.get('etag') ?? '');
    const again = await Promise.all(
      tags.map(async (tag, index) => {
        const asked = ['identity', 'gzip', 'br', 'zstd', 'gzip'][index] ?? '';
        return (await get(path, { 'accept-encoding': asked, 'if-none-match': tag })).status;
      }),
    );

    expect(answers.map(({ headers }) => headers.get('content-encoding'))).toEqual([null, 'gzip', 'br', 'zstd', null]);
    expect(new Set(told.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(told[0].items).toHaveLength(6);
    expect(again).toEqual([304, 304, 304, 304, 200]);
    expect(answers[0]?.headers.get('vary')).toBe('Authorization, Accept-Encoding');
  });

  it('is sent as it comes where it is a stream', async () => {
    const logs = await get('/api/v2/services/web/logs', { 'accept-encoding': 'gzip' });

    expect([logs.status, logs.headers.get('content-encoding'), logs.headers.get('cache-control')]).toEqual([
      200,
      null,
      'no-store',
    ]);
  });
});
