import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEntry } from '#shared/contract/audit.ts';
import { eventually } from '#tests/support/eventually.ts';
import { removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

let system: TestSystem;
const json = { 'content-type': 'application/json', 'user-agent': 'the-test/1' };
const script = 'setInterval(() => {}, 1000)';

beforeAll(async () => {
  system = await startSystem();
  const runtime = { type: 'process', command: ['node', '-e', script], cwd: system.home.root };
  const post = (path: string, body: object) =>
    system.request(path, { method: 'POST', headers: json, body: JSON.stringify(body) });
  await post('/api/v2/services', { name: 'web', runtime, env: { SAY: '=cmd' } });
  await post('/api/v2/services', { name: 'web', runtime });
  await post('/api/v2/services/web/start', {});
  await post('/api/v2/services/nobody/stop', {});
  await system.client.services.list();
});
afterAll(async () => {
  await system.client.services.delete({ id: 'web' }, { waitSeconds: 30 });
  await system.stop();
  removeHome(system.home);
});

const entries = () =>
  eventually(
    () => system.client.audit.list(),
    ({ items }) => items.length >= 4,
  );
const textOf = async (path: string) => {
  const response = await system.request(path);
  return { type: response.headers.get('content-type'), lines: (await response.text()).trimEnd().split(/\r?\n/) };
};

describe('the audit log', () => {
  it('says who asked for which change, from where and with what outcome, and nothing of who only read', async () => {
    const { items } = await entries();
    const owner = { type: 'key', id: expect.stringMatching(/^key_/), name: 'owner' };
    const source = { via: 'tcp', address: '127.0.0.1', agent: 'the-test/1' };
    const entry = (asked: Pick<AuditEntry, 'action' | 'subject' | 'path' | 'status' | 'code'>) => ({
      id: expect.stringMatching(/^aud_/),
      time: expect.any(String),
      actor: owner,
      method: 'POST',
      trace: expect.stringMatching(/^req_/),
      source,
      ms: expect.any(Number),
      ...asked,
    });
    const services = '/api/v2/services';
    expect(items).toEqual([
      entry({
        action: 'services.stop',
        subject: 'nobody',
        path: `${services}/nobody/stop`,
        status: 404,
        code: 'SERVICE_NOT_FOUND',
      }),
      entry({ action: 'services.start', subject: 'web', path: `${services}/web/start`, status: 200, code: null }),
      entry({ action: 'services.create', subject: null, path: services, status: 409, code: 'NAME_TAKEN' }),
      entry({ action: 'services.create', subject: null, path: services, status: 201, code: null }),
    ]);
  });

  it('leads to the events that followed', async () => {
    const { items } = await entries();
    const start = items.find(({ action }) => action === 'services.start');
    const events = (await system.client.events.list({ limit: 500 })).items.filter(
      ({ trace }) => trace === start?.trace,
    );
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['operation.started', 'service.status-changed', 'operation.finished']),
    );
  });

  it('is filtered and paged', async () => {
    await entries();
    const { client } = system;
    const actions = async (query: Parameters<typeof client.audit.list>[0]) =>
      (await client.audit.list(query)).items.map(({ action, status }) => `${action} ${status}`);
    expect(await actions({ outcome: 'refused' })).toEqual(['services.stop 404', 'services.create 409']);
    expect(await actions({ action: 'services.start' })).toEqual(['services.start 200']);
    expect(await actions({ actor: 'key_nobody' })).toEqual([]);
    const first = await client.audit.list({ limit: 3 });
    const second = await client.audit.list({ limit: 3, cursor: first.nextCursor ?? '' });
    expect([first.items.length, second.items.map(({ action }) => action), second.nextCursor]).toEqual([
      3,
      ['services.create'],
      null,
    ]);
  });

  it('is exported oldest first, as JSON Lines and as CSV', async () => {
    await entries();
    const lines = await textOf('/api/v2/audit/export');
    expect([lines.type, lines.lines.map((line) => JSON.parse(line).status)]).toEqual([
      'application/x-ndjson',
      [201, 409, 200, 404],
    ]);
    const csv = await textOf('/api/v2/audit/export?format=csv&outcome=done');
    expect([csv.type, csv.lines.length, csv.lines[0]?.split(',').slice(0, 5)]).toEqual([
      'text/csv; charset=utf-8; header=present',
      3,
      ['time', 'actor.type', 'actor.id', 'actor.name', 'action'],
    ]);
  });
});

describe('the history', () => {
  it('is exported in order, whole, as JSON Lines and as CSV', async () => {
    const { items } = await system.client.events.list({ limit: 500 });
    const { lines } = await textOf('/api/v2/events/export');
    expect(lines.slice(0, items.length).map((line) => JSON.parse(line))).toEqual(items);
    const csv = await textOf('/api/v2/events/export?format=csv&type=service.created');
    expect(csv.lines.map((line) => line.split(',')[2])).toEqual(['type', 'service.created']);
  });

  it('of operations too', async () => {
    const { lines } = await textOf('/api/v2/operations/export?format=csv');
    expect(lines.map((line) => line.split(',').slice(2, 4))).toEqual([
      ['type', 'status'],
      ['service.start', 'succeeded'],
    ]);
  });
});
