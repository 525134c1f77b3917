import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditQuery } from '#main/database/audit.ts';
import { conflictsQuery } from '#main/database/conflicts.ts';
import { type CoreDb, openCoreDb } from '#main/database/core-db.ts';
import { eventsQuery } from '#main/database/events.ts';
import type { ReadDb } from '#main/database/handle.ts';
import { firstKeptSeq, seqAt, seqBefore, stateAt } from '#main/database/history.ts';
import { findCredential } from '#main/database/keys.ts';
import { operationsQuery } from '#main/database/operations.ts';
import { readRouting } from '#main/database/routing.ts';
import { everKnownAs, findService } from '#main/database/services.ts';

let folder: string;
let db: CoreDb;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'clos-plans-'));
  db = openCoreDb({ path: join(folder, 'core.db'), migrationsDir: 'migrations', backupsDir: folder });
});
afterAll(async () => {
  await db.close();
  rmSync(folder, { recursive: true });
});

function planOf(sql: string): string[] {
  const named = Object.fromEntries([...sql.matchAll(/@(\w+)/g)].map(([, name]) => [name, 1]));
  return db.read.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, named).map(({ detail }) => detail);
}

/** The plans of all that a function asks of the database. */
function plansOf(ask: (read: ReadDb) => unknown): string[] {
  const asked: string[] = [];
  const listening: ReadDb = {
    get: (sql) => {
      asked.push(sql);
      return undefined;
    },
    all: (sql) => {
      asked.push(sql);
      return [];
    },
    close: () => undefined,
  };
  ask(listening);
  return asked.flatMap(planOf);
}

const both = ['asc', 'desc'] as const;
const page = { limit: 101 };

describe('events are read along one index, in the order of the answer', () => {
  it.each([
    [{}, 'SEARCH system_events USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)'],
    [
      { types: ['service.created'] },
      'SEARCH system_events USING INDEX system_events_type (type=? AND seq>? AND seq<?)',
    ],
    [{ subject: 'svc_1' }, 'SEARCH system_events USING INDEX system_events_subject (subject_id=? AND seq>? AND seq<?)'],
    [{ actor: 'key_1' }, 'SEARCH system_events USING INDEX system_events_actor (<expr>=? AND seq>? AND seq<?)'],
    [
      { subject: 'svc_1', types: ['a', 'b'], actor: 'key_1' },
      'SEARCH system_events USING INDEX system_events_subject (subject_id=? AND seq>? AND seq<?)',
    ],
    [
      { types: ['a', 'b'], actor: 'key_1' },
      'SEARCH system_events USING INDEX system_events_actor (<expr>=? AND seq>? AND seq<?)',
    ],
  ])('%j', (filter, plan) => {
    for (const order of both) expect(planOf(eventsQuery({ ...page, order, ...filter }).sql)).toEqual([plan]);
  });

  it('of several types, each by its own walk', () => {
    for (const order of both) {
      const plan = planOf(eventsQuery({ ...page, order, types: ['a', 'b', 'c'] }).sql);
      expect(plan.filter((line) => line.includes('system_events_type'))).toHaveLength(3);
      expect(plan.filter((line) => line.startsWith('SCAN system_events') || line.includes('TEMP B-TREE'))).toEqual([]);
    }
  });
});

describe('operations and conflicts are read along one index, in the order of the answer', () => {
  it.each([
    [{}, /^SCAN service_operations USING INDEX sqlite_autoindex_service_operations_1$/],
    [{ from: 'op_1' }, /USING INDEX sqlite_autoindex_service_operations_1 \(id[<>]\?\)$/],
    [{ subject: 'svc_1' }, /USING INDEX service_operations_subject \(subject_id=\?\)$/],
    [
      { actor: 'key_1', status: 'failed', from: 'op_1' },
      /USING INDEX service_operations_actor \(<expr>=\? AND id[<>]\?\)$/,
    ],
    [{ type: 'service.start', status: 'failed' }, /USING INDEX service_operations_type \(type=\?\)$/],
    [{ status: 'failed' }, /USING INDEX service_operations_status \(status=\?\)$/],
  ] as const)('operations: %j', (filter, plan) => {
    for (const order of both) {
      const { sql } = operationsQuery({ ...page, order, ...filter });
      expect(planOf(sql)).toEqual([expect.stringMatching(plan)]);
    }
  });

  it.each([
    [{}, /^SCAN audit$/],
    [{ from: 'aud_1', outcome: 'failed' }, /^SEARCH audit USING PRIMARY KEY \(id[<>]\?\)$/],
    [{ actor: 'key_1', action: 'services.start' }, /USING INDEX audit_actor \(<expr>=\?\)$/],
    [{ trace: 'req_1' }, /USING INDEX audit_trace \(trace=\?\)$/],
  ] as const)('audit: %j', (filter, plan) => {
    for (const order of both) {
      const { sql } = auditQuery({ ...page, order, ...filter });
      expect(planOf(sql)).toEqual([expect.stringMatching(plan)]);
    }
  });

  it.each([
    [{}, /^SCAN port_conflicts USING INDEX sqlite_autoindex_port_conflicts_1$/],
    [{ state: 'open', from: 'cfl_1' }, /USING INDEX port_conflicts_state \(state=\? AND id[<>]\?\)$/],
    [{ service: 'svc_1', state: 'open', kind: 'process' }, /USING INDEX port_conflicts_service \(service_id=\?\)$/],
  ] as const)('conflicts: %j', (filter, plan) => {
    for (const order of both) {
      const { sql } = conflictsQuery({ ...page, order, ...filter });
      expect(planOf(sql)).toEqual([expect.stringMatching(plan)]);
    }
  });
});

describe('what every request, start or look at the past asks', () => {
  it.each<[string, (read: ReadDb) => unknown]>([
    ['a credential', (read) => findCredential(read, 'hash')],
    ['a service', (read) => findService(read, 'web')],
    ['all that a name has meant', (read) => everKnownAs(read, 'web')],
    ['the event of a time', (read) => [seqAt(read, ''), seqBefore(read, ''), firstKeptSeq(read)]],
    ['a state of the past', (read) => stateAt(read, 'svc_1', 1)],
  ])('%s is found without reading a whole table', (_what, ask) => {
    const plans = plansOf(ask);

    expect(plans.filter((line) => line.startsWith('SCAN'))).toEqual([]);
    expect(plans.length).toBeGreaterThan(0);
  });

  it('all routes are read by one walk of each table that has a part of them, and of no other', () => {
    const scanned = plansOf(readRouting).flatMap((line) => /^SCAN (\w+)/.exec(line)?.[1] ?? []);

    expect(scanned).toEqual(['e', 'route_targets', 'routes']);
  });
});
