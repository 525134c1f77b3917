import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { allOperations } from '#shared/contract/contract.ts';
import { eventually } from '#tests/support/eventually.ts';
import { connectLive } from '#tests/support/live-client.ts';
import { freePort } from '#tests/support/ports.ts';
import { type ContractRecorder, createContractRecorder } from '#tests/support/recorder.ts';
import { removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

const image = 'clos-test/web:1';
let system: TestSystem;
let recorder: ContractRecorder;
let document: unknown;

beforeAll(async () => {
  system = await startSystem({ dockerHost: inject('engine').dockerHost });
  document = await (await fetchAs('/api/v2/openapi.json')).json();
  recorder = createContractRecorder(document);
});
afterAll(async () => {
  await system.stop();
  removeHome(system.home);
});

const fetchAs = (path: string, init: RequestInit = {}) =>
  fetch(system.discovery.gateway.url + path, {
    ...init,
    headers: { authorization: `Bearer ${system.apiKey}`, ...init.headers },
  });

/** Asks, and says what of the answer the served document does not allow. */
async function ask(method: string, path: string, more: { body?: unknown; headers?: Record<string, string> } = {}) {
  const { body, headers = {} } = more;
  const response = await fetchAs(path, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const contentType = response.headers.get('content-type');
  const wrong = recorder.check({ method, path, status: response.status, contentType, body: text });
  expect(wrong).toBeNull();
  return {
    status: response.status,
    headers: response.headers,
    json: contentType?.includes('ndjson') !== true && text.startsWith('{') ? JSON.parse(text) : text,
  };
}

const spec = (name: string, port: number) => ({
  name,
  runtime: { type: 'container', image },
  endpoints: [{ containerPort: 80, hostPort: port }],
  healthCheck: { type: 'http' },
  limits: { memory: '64MiB' },
  env: { A: '1' },
});
const wait = { prefer: 'wait=30' };
const v2 = '/api/v2';

describe('what is answered, held against the document that is served', () => {
  it('services, their lives and their logs', async () => {
    const port = await freePort();
    const made = await ask('POST', `${v2}/services`, { body: spec('web', port) });
    const second = await ask('POST', `${v2}/services`, { body: spec('api', port) });
    const taken = await ask('POST', `${v2}/services`, { body: spec('web', port) });
    const bad = await ask('POST', `${v2}/services`, { body: { name: 'No' } });
    const plan = await ask('POST', `${v2}/services/web/start?dryRun=true`);
    const started = await ask('POST', `${v2}/services/web/start`, { headers: wait });
    const conflict = await ask('POST', `${v2}/services/api/start`, { headers: wait });
    // Until its health is known it may be another answer each time.
    const read = await eventually(
      () => ask('GET', `${v2}/services/web`),
      ({ json }) => json.health === 'healthy',
    );
    const same = await ask('GET', `${v2}/services/web`, {
      headers: { 'if-none-match': String(read.headers.get('etag')) },
    });
    const listed = await ask('GET', `${v2}/services?limit=1&sort=-name`);
    const badList = await ask('GET', `${v2}/services?limit=0`);
    const patched = await ask('PATCH', `${v2}/services/web`, {
      body: { env: {} },
      headers: { 'if-match': String(read.headers.get('etag')) },
    });
    const blind = await ask('PATCH', `${v2}/services/web`, { body: { env: {} } });
    const stale = await ask('PATCH', `${v2}/services/web`, { body: { env: {} }, headers: { 'if-match': '"1"' } });
    const logs = await ask('GET', `${v2}/services/web/logs?tail=10`);
    const noLogs = await ask('GET', `${v2}/services/api/logs`);
    const restarted = await ask('POST', `${v2}/services/web/restart`, { headers: wait });
    const soon = await ask('POST', `${v2}/services/web/stop`, { headers: { prefer: 'wait=0' } });
    const unknown = [];
    for (const [method, path] of [
      ['GET', '/none'],
      ['DELETE', '/none'],
      ['POST', '/none/start'],
      ['POST', '/none/stop'],
      ['POST', '/none/restart'],
      ['GET', '/none/logs'],
    ] as const) {
      unknown.push((await ask(method, `${v2}/services${path}`)).status);
    }

    expect([made, second, taken, bad].map(({ status }) => status)).toEqual([201, 201, 409, 400]);
    expect([plan, started, conflict, read, same].map(({ status }) => status)).toEqual([200, 200, 409, 200, 304]);
    expect([listed, badList, patched, blind, stale].map(({ status }) => status)).toEqual([200, 400, 200, 428, 412]);
    expect([logs, noLogs, restarted].map(({ status }) => status)).toEqual([200, 409, 200]);
    expect([200, 202]).toContain(soon.status);
    expect(unknown).toEqual(unknown.map(() => 404));
  });

  it('ports', async () => {
    const answers = [];
    for (const path of [
      'leases',
      'leases?limit=x',
      'ranges',
      'ranges?x=1',
      'suggest?near=4000',
      'suggest',
      '4000',
      '0',
    ]) {
      answers.push((await ask('GET', `${v2}/ports/${path}`)).status);
    }
    const endpoints = [{ port: Number(new URL(system.discovery.gateway.url).port) }];
    const check = await ask('POST', `${v2}/ports/check`, { body: { endpoints } });
    const badCheck = await ask('POST', `${v2}/ports/check`, { body: { endpoints: [] } });

    expect(answers).toEqual([200, 400, 200, 400, 200, 400, 200, 400]);
    expect([check.status, badCheck.status]).toEqual([200, 400]);
  });

  it('live connections', async () => {
    const url = `${system.discovery.gateway.url.replace('http', 'ws')}/ws`;
    const client = await connectLive(url, { authorization: `Bearer ${system.apiKey}` });
    const listed = await ask('GET', `${v2}/connections`);
    const badList = await ask('GET', `${v2}/connections?cursor=x`);
    const closed = await ask('DELETE', `${v2}/connections/${listed.json.items[0].id}`);
    const none = await ask('DELETE', `${v2}/connections/con_none`);

    expect([listed, badList, closed, none].map(({ status }) => status)).toEqual([200, 400, 204, 404]);
    expect((await client.closed).code).toBe(4410);
  });

  it('leases, ranges, listeners and the map', async () => {
    const reserved = await ask('POST', `${v2}/ports/leases`, { body: { port: await freePort(), note: 'for a demo' } });
    const nobodys = await ask('POST', `${v2}/ports/leases`, { body: { service: 'none' } });
    const misplaced = await ask('POST', `${v2}/ports/leases`, { body: { service: 'web', note: 'x' } });
    const moved = await ask('POST', `${v2}/ports/leases`, { body: { service: 'api', port: 'auto' } });
    const released = await ask('DELETE', `${v2}/ports/leases/${reserved.json.id}`);
    const again = await ask('DELETE', `${v2}/ports/leases/${reserved.json.id}`);
    const { items } = (await ask('GET', `${v2}/ports/ranges`)).json;
    const put = await ask('PUT', `${v2}/ports/ranges`, { body: { items } });
    const missing = await ask('PUT', `${v2}/ports/ranges`, { body: { items: [{ name: 'x', first: 1, last: 2 }] } });
    const shared = await ask('PUT', `${v2}/ports/ranges`, { body: { items: [...items, { ...items[0], name: 'x' }] } });
    const read = [];
    for (const path of ['listeners', 'listeners?port=0', 'map', 'map?x=1']) {
      read.push((await ask('GET', `${v2}/ports/${path}`)).status);
    }

    expect([reserved, nobodys, misplaced, moved].map(({ status }) => status)).toEqual([201, 404, 400, 201]);
    expect([released.status, again.status]).toEqual([204, 404]);
    expect([put, missing, shared].map(({ status }) => status)).toEqual([200, 409, 400]);
    expect(shared.json.errors).toEqual([
      { path: 'items.5.first', message: `shares ports with "${items[0].name}" (${items[0].first}-${items[0].last})` },
    ]);
    expect(read).toEqual([200, 400, 200, 400]);
  });

  it('processes: starts of several, adoption, undo and settings', async () => {
    const port = await freePort();
    const script = `require('http').createServer((_, answer) => answer.end('hello')).listen(process.env.PORT, '127.0.0.1')`;
    const runtime = { type: 'process', command: [process.execPath, '-e', script], cwd: '/' };
    const made = await ask('POST', `${v2}/services`, {
      body: { name: 'program', runtime, endpoints: [{ hostPort: port }] },
    });
    const inside = await ask('POST', `${v2}/services`, {
      body: { name: 'inside', runtime, endpoints: [{ containerPort: 80 }] },
    });
    const relative = await ask('POST', `${v2}/services`, {
      body: { name: 'relative', runtime: { ...runtime, cwd: '.' } },
    });
    const watched = await ask('POST', `${v2}/services`, {
      body: { name: 'watched', runtime: { type: 'external' }, endpoints: [{ hostPort: await freePort() }] },
    });
    const driven = await ask('POST', `${v2}/services/watched/start`);
    const plan = await ask('POST', `${v2}/services/start`, { body: { services: ['program'], dryRun: true } });
    const started = await ask('POST', `${v2}/services/start`, { body: { services: ['program'] }, headers: wait });
    const nobody = await ask('POST', `${v2}/services/start`, { body: { services: ['none'] } });
    const read = await ask('GET', `${v2}/services/program`);
    const logs = await ask('GET', `${v2}/services/program/logs`);
    const stopped = await ask('POST', `${v2}/services/program/stop`, { headers: wait });

    const child = spawn(process.execPath, ['-e', script], {
      env: { PORT: String(port) },
      stdio: 'ignore',
      detached: true,
    });
    const gone = once(child, 'exit');
    await eventually(
      () => ask('GET', `${v2}/ports/${port}`),
      ({ json }) => json.listeners.length > 0,
    );
    const conflict = await ask('POST', `${v2}/services/program/start`, { headers: wait });
    const { id } = conflict.json.conflicts[0];
    const resolved = await ask('POST', `${v2}/conflicts/${id}/resolve`, {
      body: { option: 'reassign' },
      headers: wait,
    });
    const operation = resolved.json.id;
    const undoPlan = await ask('POST', `${v2}/operations/${operation}/undo`, { body: { dryRun: true } });
    const undone = await ask('POST', `${v2}/operations/${operation}/undo`, { body: {}, headers: wait });
    const twice = await ask('POST', `${v2}/operations/${operation}/undo`, { body: {} });
    const leased = await ask('POST', `${v2}/services/adopt`, { body: { port } });
    await ask('DELETE', `${v2}/services/program`, { headers: wait });
    const adoptPlan = await ask('POST', `${v2}/services/adopt`, { body: { port, dryRun: true } });
    const adopted = await ask('POST', `${v2}/services/adopt`, { body: { port, name: 'found' }, headers: wait });
    const nothing = await ask('POST', `${v2}/services/adopt`, { body: { port: await freePort() } });
    const both = await ask('POST', `${v2}/services/adopt`, { body: { port, pid: 42 } });
    for (const name of ['found', 'watched']) await ask('DELETE', `${v2}/services/${name}`, { headers: wait });
    await gone;
    const settings = await ask('GET', `${v2}/settings/conflicts`);
    const changed = await ask('PUT', `${v2}/settings/conflicts`, { body: { ...settings.json, onConflict: 'ask' } });
    const odd = await ask('PUT', `${v2}/settings/conflicts`, { body: { onConflict: 'odd' } });
    const oddRead = await ask('GET', `${v2}/settings/conflicts?x=1`);

    expect([made, inside, relative, watched, driven].map(({ status }) => status)).toEqual([201, 400, 400, 201, 409]);
    expect([plan, started, nobody, read, logs, stopped].map(({ status }) => status)).toEqual([
      200, 200, 404, 200, 200, 200,
    ]);
    expect([conflict, resolved, undoPlan, undone, twice].map(({ status }) => status)).toEqual([
      409, 200, 200, 200, 409,
    ]);
    expect([leased, adoptPlan, adopted, nothing, both].map(({ status }) => status)).toEqual([409, 200, 200, 404, 400]);
    expect([settings, changed, odd, oddRead].map(({ status }) => status)).toEqual([200, 200, 400, 400]);
  });

  it('conflicts, operations and events', async () => {
    const { items: services } = (await ask('GET', `${v2}/services?q=web`)).json;
    const taken = services[0].endpoints[0].lease.port;
    await ask('POST', `${v2}/services`, { body: spec('late', taken) });
    await ask('POST', `${v2}/services/late/start`, { headers: wait });
    const conflicts = await ask('GET', `${v2}/conflicts?state=open`);
    const id = conflicts.json.items[0]?.id;
    const one = await ask('GET', `${v2}/conflicts/${id}`);
    const wrong = await ask('POST', `${v2}/conflicts/${id}/resolve`, { body: { option: 'none' } });
    const plan = await ask('POST', `${v2}/conflicts/${id}/resolve`, { body: { option: 'reassign', dryRun: true } });
    const none = await ask('GET', `${v2}/conflicts/none`);
    const badConflicts = await ask('GET', `${v2}/conflicts?state=odd`);
    const operations = await ask('GET', `${v2}/operations`);
    const operation = await ask('GET', `${v2}/operations/${operations.json.items[0]?.id}`);
    const noOperation = await ask('GET', `${v2}/operations/none`);
    const badOperations = await ask('GET', `${v2}/operations?status=odd`);
    const events = await ask('GET', `${v2}/events?limit=500`);
    const badEvents = await ask('GET', `${v2}/events?after=-1`);

    expect([conflicts, one, none, badConflicts].map(({ status }) => status)).toEqual([200, 200, 404, 400]);
    expect([wrong.status, plan.status]).toEqual([404, 200]);
    expect([operations, operation, noOperation, badOperations].map(({ status }) => status)).toEqual([
      200, 200, 404, 400,
    ]);
    expect([events.status, badEvents.status]).toEqual([200, 400]);
  });

  it('what is cancelled, exported, audited and backed up', async () => {
    await ask('POST', `${v2}/services`, { body: spec('brief', await freePort()) });
    const begun = await ask('POST', `${v2}/services/brief/start`, { headers: { prefer: 'wait=0' } });
    const cancelled = await ask('POST', `${v2}/operations/${begun.json.id}/cancel`);
    await eventually(
      () => ask('GET', `${v2}/operations/${begun.json.id}`),
      ({ json }) => json.finishedAt !== null,
    );
    const late = await ask('POST', `${v2}/operations/${begun.json.id}/cancel`);
    const deleted = await ask('DELETE', `${v2}/services/brief`, { headers: wait });
    expect([begun, cancelled, late, deleted].map(({ status }) => status)).toEqual([202, 200, 409, 200]);

    const answers = [];
    for (const what of ['events', 'operations', 'audit']) {
      for (const query of ['', '?format=csv', '?format=odd']) {
        answers.push((await ask('GET', `${v2}/${what}/export${query}`)).status);
      }
    }
    expect(answers).toEqual([200, 200, 400, 200, 200, 400, 200, 200, 400]);
    const audit = [await ask('GET', `${v2}/audit`), await ask('GET', `${v2}/audit?outcome=odd`)];
    expect(audit.map(({ status }) => status)).toEqual([200, 400]);
    const backups = [
      await ask('POST', `${v2}/backups`),
      await ask('POST', `${v2}/backups?x=1`),
      await ask('GET', `${v2}/backups`),
      await ask('GET', `${v2}/backups?limit=0`),
    ];
    expect(backups.map(({ status }) => status)).toEqual([201, 400, 200, 400]);
  });

  it('CLOS itself, and signing in', async () => {
    const answers = [];
    for (const path of ['/livez', '/livez?nonce=x', '/readyz', '/readyz?x=1', '/health', '/health?x=1']) {
      answers.push((await ask('GET', path)).status);
    }
    for (const path of [
      '/system/status',
      '/system/status?x=1',
      '/openapi.json',
      '/openapi.json?x=1',
      '/me',
      '/me?x=1',
    ]) {
      answers.push((await ask('GET', v2 + path)).status);
    }
    const link = await ask('POST', `${v2}/sign-in-links`);
    const code = /signin=(.+)$/.exec(link.json.url)?.[1] ?? '';
    const session = await ask('POST', `${v2}/sessions`, { body: { code } });
    const again = await ask('POST', `${v2}/sessions`, { body: { code } });
    const ticket = await ask('POST', `${v2}/ws-tickets`);
    const authorization = `Bearer ${session.json.token}`;
    const out = await ask('DELETE', `${v2}/sessions/current`, { headers: { authorization } });
    const gone = await ask('GET', `${v2}/me`, { headers: { authorization } });
    const backup = await ask('POST', `${v2}/backups`);
    const backups = await ask('GET', `${v2}/backups?limit=1`);
    const badBackups = await ask('GET', `${v2}/backups?cursor=x`);
    const strange = { headers: { authorization: 'Bearer none' } };
    const refused = [];
    for (const path of ['/sign-in-links', '/ws-tickets', '/backups'])
      refused.push((await ask('POST', v2 + path, strange)).status);
    refused.push((await ask('DELETE', `${v2}/sessions/current`, strange)).status);

    expect(answers).toEqual([200, 200, 200, 400, 200, 400, 200, 400, 200, 400, 200, 400]);
    expect([link, session, again, ticket, out, gone].map(({ status }) => status)).toEqual([
      201, 201, 401, 201, 204, 401,
    ]);
    expect([backup, backups, badBackups].map(({ status }) => status)).toEqual([201, 200, 400]);
    expect(refused).toEqual([401, 401, 401, 401]);
  });

  it('webhooks', async () => {
    const webhooks = `${v2}/webhooks`;
    const made = await ask('POST', webhooks, { body: { url: 'http://127.0.0.1:9/', types: ['port.reserved'] } });
    const one = `${webhooks}/${made.json.id}`;
    const none = `${webhooks}/whk_none`;
    const answers = [
      made,
      await ask('POST', webhooks, { body: { url: 'http://169.254.169.254/' } }),
      await ask('GET', webhooks),
      await ask('GET', `${webhooks}?limit=0`),
      await ask('GET', one),
      await ask('GET', none),
      await ask('PATCH', one, { body: { types: null, enabled: false } }),
      await ask('PATCH', none, { body: {} }),
      await ask('POST', `${one}/test`),
      await ask('POST', `${none}/test`),
      await ask('GET', `${one}/deliveries`),
      await ask('GET', `${none}/deliveries`),
      await ask('DELETE', one),
      await ask('DELETE', none),
    ];

    expect(answers.map(({ status }) => status)).toEqual([
      201, 400, 200, 400, 200, 404, 200, 404, 200, 404, 200, 404, 204, 404,
    ]);
  });

  it('routes', async () => {
    const routes = `${v2}/routes`;
    const targets = [{ service: 'web' }];
    const made = await ask('POST', routes, { body: { name: 'shop', targets } });
    const one = `${routes}/${made.json.id}`;
    const none = `${routes}/rte_none`;
    const { items } = (await ask('GET', `${routes}?service=web`)).json;
    const automatic = `${routes}/${items.find(({ kind }: { kind: string }) => kind === 'automatic').id}`;
    const answers = [
      made,
      await ask('POST', routes, { body: { name: 'shop', targets } }),
      await ask('POST', routes, { body: { name: 'other', targets: [{ service: 'web', endpoint: 'none' }] } }),
      await ask('POST', routes, { body: { name: 'clos', targets } }),
      await ask('GET', `${routes}?service=none`),
      await ask('GET', one),
      await ask('GET', none),
      await ask('PATCH', one, { body: { rateLimit: { requestsPerSecond: 1, burst: 1 } } }),
      await ask('PATCH', automatic, { body: { stripPath: true } }),
      await ask('PATCH', none, { body: {} }),
      await ask('DELETE', one),
      await ask('DELETE', automatic),
      await ask('DELETE', none),
      await ask('GET', `${routes}/traffic`),
      await ask('GET', `${routes}/traffic?x=1`),
      await ask('GET', `${routes}/requests`),
      await ask('GET', `${routes}/requests?limit=0`),
    ];

    expect(answers.map(({ status }) => status)).toEqual([
      ...[201, 409, 404, 400, 404, 200, 404, 200, 409, 404, 204, 409, 404],
      ...[200, 400, 200, 400],
    ]);
  });

  it('deleting', async () => {
    const web = await ask('DELETE', `${v2}/services/web`, { headers: wait });
    const api = await ask('DELETE', `${v2}/services/api`, { headers: wait });
    const late = await ask('DELETE', `${v2}/services/late`, { headers: wait });

    expect([web.status, api.status, late.status]).toEqual([200, 200, 200]);
  });

  it('walked every public operation, each with a success and a failure', () => {
    const open = allOperations.filter(({ access }) => !('audience' in access && access.audience === 'module'));
    const seen = (id: string, from: number, to: number) =>
      [...recorder.seen].some((what) => {
        const [name, status] = what.split(' ');
        return name === id && Number(status) >= from && Number(status) < to;
      });

    expect(open.filter(({ id }) => !seen(id, 200, 300)).map(({ id }) => id)).toEqual([]);
    // A wrong nonce is no reason for /livez to fail.
    expect(open.filter(({ id }) => !seen(id, 400, 500)).map(({ id }) => id)).toEqual(['module.livez']);
  });

  it('sees an answer that is off', () => {
    const exchange = { method: 'GET', path: '/api/v2/me', status: 200, contentType: 'application/json', body: '{}' };

    expect(recorder.check(exchange)).toContain("auth.me 200: data must have required property 'type'");
    expect(recorder.check({ ...exchange, status: 418 })).toBe('auth.me 418: the status is not documented');
    expect(recorder.check({ ...exchange, contentType: 'text/html' })).toContain('text/html is not documented');
  });
});
