import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CoreDb, openCoreDb } from '#main/database/core-db.ts';
import { lastSeq, listEvents } from '#main/database/events.ts';
import type { WriteDb } from '#main/database/handle.ts';
import { seqAt, stateAt } from '#main/database/history.ts';
import { ensureMainInstance } from '#main/database/instances.ts';
import { putObservedProcess } from '#main/database/observed-processes.ts';
import { findService, type StoredService, updateLife } from '#main/database/services.ts';
import { thisModule } from '#main/modules/api/access/actors.ts';
import { changeStatus } from '#main/modules/api/state/life.ts';
import { withTrace } from '#main/trace.ts';
import { createService, everything, liveThrough } from './random-history.ts';

let folder: string;
let db: CoreDb;
let instanceId: string;
const who = { actor: thisModule, cause: null };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'clos-history-'));
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

const create = (write: WriteDb, name: string) => createService(write, { name, instanceId });

/** The service with this name, which must be there. */
function named(name: string): StoredService {
  const service = findService(db.read, name);
  if (service === null) throw new Error(`There is no ${name}`);
  return service;
}

describe('the state of a subject', () => {
  it.each([1, 2, 3])('is put together again as it was after each of 400 changes, seed %i', async (seed) => {
    const seen = await liveThrough(db, { seed, steps: 400, instanceId });
    const ids = new Set(seen.flatMap(({ all }) => [...all.keys()]));
    expect(db.read.get<{ n: number }>('SELECT count(*) AS n FROM snapshots')?.n).toBeGreaterThan(0);
    for (const { seq, all } of seen) {
      for (const id of ids) {
        expect({ seq, id, state: stateAt(db.read, id, seq)?.state ?? null }).toEqual({
          seq,
          id,
          state: all.get(id) ?? null,
        });
      }
    }
    // What the log says is what the tables say, on an open and on a new connection.
    const stored = db.read.all<{ id: string; state: string }>('SELECT subject_id AS id, state FROM states');
    expect(new Map(stored.map(({ id, state }) => [id, JSON.parse(state)]))).toEqual(everything(db.read));
  });

  it('is not touched by a call that failed', async () => {
    await db.commit((write) => create(write, 'web'));
    const before = [lastSeq(db.read), everything(db.read)];
    await expect(
      db.commit((write) => {
        changeStatus(write, named('web'), { to: 'failed', ...who });
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect([lastSeq(db.read), everything(db.read)]).toEqual(before);
  });

  it('is not another one because it was looked at', async () => {
    await db.commit((write) => create(write, 'web'));
    const seen = {
      pid: 7,
      state: 'running' as const,
      startedAt: '2026-01-02T03:04:05.000Z',
      exit: null,
      adopted: false,
    };
    const look = (observedAt: string) =>
      db.commit((write) => putObservedProcess(write, named('web').id, { ...seen, observedAt }));
    await look('2026-01-02T03:04:06.000Z');
    const seq = lastSeq(db.read);
    await look('2026-01-02T03:04:07.000Z');
    expect([lastSeq(db.read), listEvents(db.read, { after: seq - 1, limit: 9 }).map(({ data }) => data)]).toEqual([
      seq,
      [{ changed: ['observed'] }],
    ]);
  });
});

describe('an event', () => {
  it('names the request that it followed from, also where that goes on later', async () => {
    await withTrace('req_1', async () => {
      await db.commit((write) => create(write, 'web'));
      await new Promise(setImmediate);
      await db.commit((write) => updateLife(write, named('web').id, { desired: 'running' }));
    });
    await db.commit((write) => changeStatus(write, named('web'), { to: 'failed', ...who }));
    expect(listEvents(db.read, { after: 0, limit: 9 }).map(({ type, trace }) => [type, trace])).toEqual([
      ['service.created', 'req_1'],
      ['service.changed', 'req_1'],
      ['service.status-changed', null],
    ]);
  });

  it('is found by the time at which it had happened', async () => {
    await db.commit((write) => create(write, 'web'));
    await db.commit((write) => changeStatus(write, named('web'), { to: 'failed', ...who }));
    const [first, second] = listEvents(db.read, { after: 0, limit: 9 }).map(({ time }) => time);
    expect(seqAt(db.read, '2020-01-01T00:00:00.000Z')).toBe(0);
    expect(seqAt(db.read, '2120-01-01T00:00:00.000Z')).toBe(2);
    expect([1, 2]).toContain(seqAt(db.read, first ?? ''));
    expect(seqAt(db.read, second ?? '')).toBe(2);
  });
});
