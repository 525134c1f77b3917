import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openCoreDb } from '#main/database/core-db.ts';
import { listEvents, listEventTexts } from '#main/database/events.ts';
import { openRaw } from '#main/database/handle.ts';
import { stateAt } from '#main/database/history.ts';
import { listLeases } from '#main/database/leases.ts';
import { migrate } from '#main/database/migrate.ts';
import { findService, updateLife } from '#main/database/services.ts';
import { serviceAt } from '#main/modules/api/reads/past.ts';
import { serviceSchema } from '#shared/contract/services.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clos-migrate-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A database as the first so many migrations leave it. */
function openAt(version: number): Database.Database {
  const migrationsDir = join(folder, `to-${version}`);
  mkdirSync(migrationsDir);
  for (const name of readdirSync('migrations').sort().slice(0, version)) {
    cpSync(join('migrations', name), join(migrationsDir, name));
  }
  const db = openRaw(join(folder, 'core.db'), 'normal');
  migrate(db, { migrationsDir, backupsDir: join(folder, 'backups') });
  return db;
}

const openNow = () =>
  openCoreDb({ path: join(folder, 'core.db'), migrationsDir: 'migrations', backupsDir: join(folder, 'backups') });

it('0002 keeps endpoints with their leases, though their tables are made anew', async () => {
  const old = openAt(1);
  old.exec(`
    INSERT INTO instances VALUES ('ins_1', 'main', '2026-01-01T00:00:00.000Z');
    INSERT INTO services (id, instance_id, name, runtime, env, restart, limits, on_conflict, desired, status, status_since,
                          health, revision, created_at, updated_at)
      VALUES ('svc_1', 'ins_1', 'web', '{"type":"container","image":"web","mounts":[],"init":true,"pull":"missing"}', '{}',
              '{"policy":"no","maxRetries":5}', '{}', 'ask', 'running', 'running', '2026-01-01T00:00:00.000Z', 'none', 1,
              '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z');
    INSERT INTO endpoints VALUES ('ept_1', 'svc_1', 'ins_1', 0, 'http', 'tcp', '127.0.0.1', 80, 3000, 'candlefish');
    INSERT INTO leases VALUES ('lse_1', 'ept_1', 'ins_1', 'tcp', '127.0.0.1', 3000, '2026-01-01T00:00:00.000Z', 'wanted');
  `);
  old.close();

  const db = openNow();
  const web = findService(db.read, 'web');
  const leases = listLeases(db.read);
  const plan = db.read.all<{ detail: string }>(
    "EXPLAIN QUERY PLAN SELECT * FROM leases WHERE protocol = 'tcp' AND port = 1",
  );
  await db.commit((write) => write.run("DELETE FROM endpoints WHERE id = 'ept_1'"));
  const left = db.read.get('SELECT count(*) AS n FROM leases');
  await db.close();

  expect([web?.status, web?.waits, web?.adoptedContainer, web?.onConflict]).toEqual(['running', false, null, 'ask']);
  expect(web?.endpoints).toEqual([
    {
      id: 'ept_1',
      name: 'http',
      protocol: 'tcp',
      scheme: 'auto',
      address: '127.0.0.1',
      containerPort: 80,
      hostPort: 3000,
      range: 'candlefish',
      lease: {
        id: 'lse_1',
        port: 3000,
        protocol: 'tcp',
        address: '127.0.0.1',
        since: '2026-01-01T00:00:00.000Z',
        reason: 'wanted',
      },
      url: 'http://127.0.0.1:3000',
    },
  ]);
  expect(leases.map(({ service, note }) => [service, note])).toEqual([[{ id: 'svc_1', name: 'web' }, null]]);
  expect(plan.map(({ detail }) => detail)).toEqual([expect.stringContaining('USING INDEX sqlite_autoindex_leases')]);
  // What refers to an endpoint still goes with it: foreign keys are on again.
  expect(left).toEqual({ n: 0 });
  expect(readdirSync(join(folder, 'backups'))).toEqual([
    expect.stringMatching(/^core-000000000000-\d{8}T\d{6}Z-before-0002\.db$/),
  ]);
});

it('0003 begins the history of what was there already, and reads events as they were written then', async () => {
  const old = openAt(2);
  old.exec(`
    INSERT INTO instances VALUES ('ins_1', 'main', '2026-01-01T00:00:00.000Z');
    INSERT INTO services (id, instance_id, name, runtime, env, restart, limits, on_conflict, desired, status, status_since,
                          health, revision, created_at, updated_at)
      VALUES ('svc_1', 'ins_1', 'web', '{"type":"external"}', '{}', '{"policy":"no","maxRetries":5}', '{}', 'ask', 'stopped',
              'stopped', '2026-01-01T00:00:00.000Z', 'none', 2, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z');
    INSERT INTO system_events (type, version, subject_type, subject_id, subject_name, actor, cause, time, data)
      VALUES ('service.created', 1, 'service', 'svc_1', 'web', '{"type":"key","id":"key_1","name":"ada"}', NULL,
              '2026-01-01T00:00:00.000Z', '{"revision":1}'),
             ('service.updated', 1, 'service', 'svc_1', 'web', '{"type":"key","id":"key_1","name":"ada"}', NULL,
              '2026-01-01T00:00:01.000Z', '{"revision":2,"changed":["env","limits"]}');
  `);
  old.close();

  const db = openNow();
  await db.commit((write) => updateLife(write, 'svc_1', { desired: 'running' }));
  const [before, now] = [stateAt(db.read, 'svc_1', 2), stateAt(db.read, 'svc_1', 3)];
  const events = listEvents(db.read, { after: 1, limit: 10 });
  const texts = listEventTexts(db.read, { after: 1, limit: 10 }).map(({ json }) => JSON.parse(String(json)));
  await db.close();

  expect([before?.state.desired, before?.state.name, now?.state.desired]).toEqual(['stopped', 'web', 'running']);
  expect(events.map(({ type, version, data }) => [type, version, data])).toEqual([
    [
      'service.updated',
      2,
      {
        revision: 2,
        changed: [
          { field: 'env', from: null, to: null },
          { field: 'limits', from: null, to: null },
        ],
      },
    ],
    ['service.changed', 1, { changed: ['desired'] }],
  ]);
  expect(texts).toEqual(events);
});

it('0007 answers what a service was before its endpoints had a scheme, and what it is since', async () => {
  const old = openAt(6);
  const endpoint = { id: 'ept_1', name: 'db', protocol: 'tcp', address: '127.0.0.1', containerPort: null };
  const state = {
    ...{
      id: 'svc_1',
      instanceId: 'ins_1',
      instance: 'main',
      name: 'web',
      runtime: { type: 'external' },
      observed: null,
    },
    ...{ status: 'created', statusReason: null, statusSince: '2026-01-01T00:00:00.000Z', health: 'none' },
    ...{ desired: 'stopped', waits: false, env: {}, dependsOn: [], healthCheck: null, limits: {}, onConflict: 'ask' },
    endpoints: [{ ...endpoint, hostPort: 5432, range: 'core', lease: null, url: null }],
    ...{ restart: { policy: 'no', maxRetries: 5 }, revision: 1, applied: null, adoptedContainer: null },
    ...{ createdAt: '2026-01-01T00:00:00.000Z', updatedAt: '2026-01-01T00:00:00.000Z' },
  };
  old.exec(`
    INSERT INTO instances VALUES ('ins_1', 'main', '2026-01-01T00:00:00.000Z');
    INSERT INTO services (id, instance_id, name, runtime, env, restart, limits, on_conflict, desired, status, status_since,
                          health, revision, created_at, updated_at)
      VALUES ('svc_1', 'ins_1', 'web', '{"type":"external"}', '{}', '{"policy":"no","maxRetries":5}', '{}', 'ask', 'stopped',
              'created', '2026-01-01T00:00:00.000Z', 'none', 1, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z');
    INSERT INTO endpoints VALUES ('ept_1', 'svc_1', 'ins_1', 0, 'db', 'tcp', '127.0.0.1', NULL, 5432, 'core');
    INSERT INTO system_events (type, version, subject_type, subject_id, subject_name, actor, cause, time, data)
      VALUES ('service.created', 1, 'service', 'svc_1', 'web', '{"type":"key","id":"key_1","name":"ada"}', NULL,
              '2026-01-01T00:00:00.000Z', '{"revision":1}');
    INSERT INTO snapshots VALUES ('svc_1', 'service', 1, '2026-01-01T00:00:00.000Z', 1, '${JSON.stringify(state)}');
    INSERT INTO states VALUES ('svc_1', 'service', 1, 0, '${JSON.stringify(state)}');
  `);
  old.close();

  const db = openNow();
  const before = serviceAt(db.read, 'web', 1);
  await db.commit((write) => updateLife(write, 'svc_1', { desired: 'running' }));
  const since = serviceAt(db.read, 'web', 2);
  const stored = findService(db.read, 'web');
  await db.close();

  const spoken = { startOnVisit: false, endpoints: [{ ...state.endpoints[0], scheme: 'auto' }] };
  expect(before).toMatchObject({ ...spoken, desired: 'stopped' });
  expect(since).toMatchObject({ ...spoken, desired: 'running' });
  expect(stored).toMatchObject({ ...spoken, desired: 'running' });
  for (const told of [before, since]) expect(serviceSchema.safeParse(told).error).toBeUndefined();
});
