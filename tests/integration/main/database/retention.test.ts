import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configSchema } from '#main/config/config.ts';
import { insertAudit, listAudit } from '#main/database/audit.ts';
import { closeConflict, putConflict } from '#main/database/conflicts.ts';
import { type CoreDb, openCoreDb } from '#main/database/core-db.ts';
import { appendEvent, lastSeq, listEvents } from '#main/database/events.ts';
import { recordFact } from '#main/database/facts.ts';
import { firstKeptSeq, stateAt } from '#main/database/history.ts';
import { claimIdempotencyKey } from '#main/database/idempotency.ts';
import { ensureMainInstance } from '#main/database/instances.ts';
import { putOperation, setUndo } from '#main/database/operations.ts';
import { recordRestored } from '#main/database/restored.ts';
import { sweep } from '#main/database/retention.ts';
import { findService } from '#main/database/services.ts';
import type { State } from '#main/database/states.ts';
import { thisModule } from '#main/modules/api/access/actors.ts';
import { servicesAt } from '#main/modules/api/reads/past.ts';
import { newId } from '#shared/base/ids.ts';
import type { AuditEntry } from '#shared/contract/audit.ts';
import type { Operation } from '#shared/contract/operations.ts';
import { createService, liveThrough } from './random-history.ts';
import { detected } from './samples.ts';

let folder: string;
let db: CoreDb;
let instanceId: string;
const who = { actor: thisModule, cause: null };
const dayMs = 24 * 3_600_000;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'clos-retention-'));
  db = openCoreDb({
    path: join(folder, 'core.db'),
    migrationsDir: 'migrations',
    backupsDir: folder,
    durability: 'normal',
  });
  instanceId = await db.commit(ensureMainInstance);
});
afterEach(async () => {
  await db.close();
  rmSync(folder, { recursive: true });
});

type Rules = Partial<
  Record<'events' | 'operations' | 'conflicts' | 'audit', { maxAgeDays?: number; maxCount?: number; always?: number }>
>;
const run = (rules: Rules) => sweep(db, configSchema.parse({ history: rules }).history, new AbortController().signal);

const count = (table: string) => db.read.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)?.n;

function addEvents(howMany: number, time?: string): Promise<void> {
  return db.commit((write) => {
    for (let index = 0; index < howMany; index += 1) {
      const subject = { type: 'system' as const, id: 'settings', name: null };
      appendEvent(write, { type: 'settings.changed', subject, ...who, data: { name: 'conflicts' } });
      const event = write.pending.events.at(-1);
      if (event !== undefined && time !== undefined) event.time = time;
    }
  });
}

const daysAgo = (days: number) => new Date(Date.now() - days * dayMs).toISOString();

describe('events that are too many', () => {
  it.each([1, 2])('go, and each state from there on is still what it was, seed %i', async (seed) => {
    const seen = await liveThrough(db, { seed, steps: 400, instanceId });
    const ids = new Set(seen.flatMap(({ all }) => [...all.keys()]));
    const last = lastSeq(db.read);
    for (const maxCount of [300, 299, 150, 20]) {
      const cut = last - maxCount + 1;
      const trimmed = await run({ events: { maxCount, always: 1 } });
      expect([trimmed.keptFrom, firstKeptSeq(db.read), listEvents(db.read, { after: 0, limit: 1 })[0]?.seq]).toEqual([
        cut,
        cut,
        cut,
      ]);
      const answered: Array<[number, string, State | null]> = [];
      const expected: typeof answered = [];
      for (const { seq, all } of seen.filter((each) => each.seq >= cut - 1)) {
        for (const id of ids) {
          answered.push([seq, id, stateAt(db.read, id, seq)?.state ?? null]);
          expected.push([seq, id, all.get(id) ?? null]);
        }
      }
      expect(answered).toEqual(expected);
    }
    // Nothing is kept of what cannot be asked for any more.
    const kept = db.read.all<{ id: string }>('SELECT DISTINCT subject_id AS id FROM snapshots').map(({ id }) => id);
    const asked = new Set(seen.filter(({ seq }) => seq >= last - 20).flatMap(({ all }) => [...all.keys()]));
    expect(kept.filter((id) => !asked.has(id))).toEqual([]);
  });

  it('go without a moment before being answered wrongly', async () => {
    await db.commit((write) => createService(write, { name: 'web', instanceId }));
    await addEvents(20);
    await run({ events: { maxCount: 10, always: 1 } });
    const cut = firstKeptSeq(db.read);

    expect(() => servicesAt(db.read, cut - 2)).toThrow(/no longer kept/);
    expect(servicesAt(db.read, cut - 1).map(({ name }) => name)).toEqual(['web']);
  });

  it('are counted without the numbers that a restore has skipped', async () => {
    await addEvents(50);
    const restored = { backup: 'a', reason: 'b', setAside: 'c' };
    await db.commit((write) => recordRestored(write, restored, thisModule));
    await addEvents(9);
    await run({ events: { maxCount: 30, always: 1 } });

    expect(count('system_events')).toBe(30);
  });
});

describe('events that are too old', () => {
  it('go, from the oldest on', async () => {
    await addEvents(100, daysAgo(10));
    await addEvents(50, daysAgo(3));
    const trimmed = await run({ events: { maxAgeDays: 5, always: 1 } });

    expect([trimmed.events, trimmed.keptFrom, count('system_events')]).toEqual([100, 101, 50]);
  });

  it('stay where nothing else would be left, so that a clock that jumps does not empty the history', async () => {
    await addEvents(100, daysAgo(3650));
    await run({ events: { maxAgeDays: 5, always: 40 } });
    expect(count('system_events')).toBe(40);
    await run({ events: { maxAgeDays: 5, always: 0 } });
    expect(count('system_events')).toBe(1);
  });
});

function operation(finishedAt: string | null): Operation {
  return {
    id: newId('op'),
    type: 'service.start',
    subject: { type: 'service', id: 'svc_1', name: 'web' },
    actor: thisModule,
    status: finishedAt === null ? 'running' : 'succeeded',
    dryRun: false,
    progress: 1,
    steps: [],
    conflicts: [],
    error: null,
    startedAt: daysAgo(200),
    finishedAt,
    undoable: false,
  };
}

describe('operations and conflicts', () => {
  it('go when they are over and too old; what still runs stays', async () => {
    const made = [200, null, 150, 2, 1].map((age) => operation(age === null ? null : daysAgo(age)));
    await db.commit((write) => {
      for (const each of made) putOperation(write, each);
      setUndo(write, made[3]?.id ?? '', [{ type: 'forget-service', serviceId: 'svc_1', name: 'web' }]);
    });
    const trimmed = await run({ operations: { always: 0 } });
    const left = db.read.all('SELECT id, undo FROM service_operations ORDER BY id');

    expect(trimmed.operations).toBe(2);
    expect(left).toEqual([made[1], made[3], made[4]].map((each) => ({ id: each?.id, undo: null })));
  });

  it('are not more than as many as are kept', async () => {
    await db.commit((write) => {
      for (let index = 0; index < 50; index += 1) putOperation(write, operation(daysAgo(0)));
    });
    await run({ operations: { always: 0, maxCount: 7 } });
    expect(count('service_operations')).toBe(7);
  });

  it('a conflict that was removed can be asked for as long as its events are there, and then leaves nothing', async () => {
    await db.commit((write) => createService(write, { name: 'web', instanceId }));
    const service = findService(db.read, 'web');
    const wanted = { serviceId: service?.id ?? '', service: 'web' };
    const conflict = await db.commit((write) => {
      const put = putConflict(write, detected(wanted), null);
      const subject = { type: 'conflict' as const, id: put.id, name: 'web' };
      appendEvent(write, { type: 'conflict.detected', subject, ...who, data: { conflict: put } });
      return put;
    });
    const open = lastSeq(db.read);
    await db.commit((write) => {
      closeConflict(write, conflict.id, 'cleared');
      const subject = { type: 'conflict' as const, id: conflict.id, name: 'web' };
      appendEvent(write, { type: 'conflict.cleared', subject, ...who, data: { reason: 'gone' } });
    });
    const closed = lastSeq(db.read);
    await addEvents(20);
    await db.commit((write) => write.run('UPDATE port_conflicts SET closed_at = @old', { old: daysAgo(200) }));
    const trimmed = await run({ conflicts: { always: 0 } });
    const [was, is] = [stateAt(db.read, conflict.id, open), stateAt(db.read, conflict.id, closed)];
    await run({ events: { maxCount: 10, always: 1 } });

    expect([trimmed.conflicts, was?.state.state, is?.state.state]).toEqual([1, 'open', 'cleared']);
    expect([count('port_conflicts'), stateAt(db.read, conflict.id, lastSeq(db.read))]).toEqual([0, null]);
    expect(db.read.all('SELECT subject_type FROM snapshots')).toEqual([{ subject_type: 'service' }]);
  });
});

describe('the audit log', () => {
  it('is not longer than is kept, nor older; the newest requests stay', async () => {
    const entry = (age: number): AuditEntry => ({
      id: newId('aud'),
      time: daysAgo(age),
      actor: thisModule,
      action: 'services.start',
      subject: 'web',
      method: 'POST',
      path: '/api/v2/services/web/start',
      status: 200,
      code: null,
      trace: newId('req'),
      source: { via: 'socket', address: null, agent: null },
      ms: 1,
    });
    const made = [200, 150, 3, 2, 1].map(entry);
    await db.commit((write) => {
      for (const each of made) insertAudit(write, each);
    });
    const old = await run({ audit: { always: 0 } });
    expect([old.requests, listAudit(db.read, { limit: 9, order: 'asc' })]).toEqual([2, made.slice(2)]);
    const many = await run({ audit: { always: 0, maxCount: 1 } });
    expect([many.requests, listAudit(db.read, { limit: 9 })]).toEqual([2, made.slice(4)]);
  });
});

describe('what a repetition is recognised by', () => {
  it('goes after a day, and when it is from a time when the clock was wrong', async () => {
    await db.commit((write) => {
      for (const id of ['fct_1', 'fct_2', 'fct_3']) recordFact(write, id);
      for (const key of ['1', '2', '3']) claimIdempotencyKey(write, { principal: 'p', key, fingerprint: 'f' });
      for (const [last, seen] of [
        ['1', daysAgo(2)],
        ['2', daysAgo(-400)],
      ] as const) {
        write.run('UPDATE facts SET seen = @seen WHERE id = @id', { id: `fct_${last}`, seen });
        write.run('UPDATE idempotency_keys SET created_at = @seen WHERE key = @key', { key: last, seen });
      }
    });
    await run({});

    expect(db.read.all('SELECT id FROM facts')).toEqual([{ id: 'fct_3' }]);
    expect(db.read.all('SELECT key FROM idempotency_keys')).toEqual([{ key: '3' }]);
  });
});

describe('a sweep', () => {
  it('lets others have the loop: it never holds it for long', async () => {
    await liveThrough(db, { seed: 5, steps: 300, instanceId });
    await addEvents(20_000);
    let longest = 0;
    let last = performance.now();
    let over = false;
    const watch = (): void => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
      if (!over) setImmediate(watch);
    };
    setImmediate(watch);
    await run({ events: { maxCount: 100, always: 1 } });
    over = true;

    expect(count('system_events')).toBe(100);
    // Our own slices are of some milliseconds; what else this machine does is not ours.
    expect(longest).toBeLessThan(250);
  });

  it('that was cut off has done a part, and the next one goes on', async () => {
    await addEvents(5000);
    const end = new AbortController();
    const { history } = configSchema.parse({ history: { events: { maxCount: 100, always: 1 } } });
    const cut = sweep(db, history, end.signal);
    await db.commit(() => undefined);
    end.abort();
    const part = await cut;
    const rest = await run({ events: { maxCount: 100, always: 1 } });

    expect([part.events > 0, part.events < 4900, part.events + rest.events]).toEqual([true, true, 4900]);
  });
});
