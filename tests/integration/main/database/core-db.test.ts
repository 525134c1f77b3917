import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CoreDb, openCoreDb } from '#main/database/core-db.ts';
import { appendEvent } from '#main/database/events.ts';
import { openForReading, type WriteDb } from '#main/database/handle.ts';
import { tryLock } from '#main/database/lock.ts';
import { MigrationError } from '#main/database/migrate.ts';

let folder: string;
let commits: number;
/** What was heard of commits, in order. */
let heard: string[];
let db: CoreDb;

function open(): CoreDb {
  return openCoreDb({
    path: join(folder, 'core.db'),
    migrationsDir: 'migrations',
    backupsDir: join(folder, 'backups'),
    onCommitted: (stale) => {
      commits += 1;
      heard.push(...stale);
    },
  });
}

function setting(name: string): unknown {
  return db.read.get('SELECT value FROM settings WHERE name = @name', { name });
}

const put = 'INSERT INTO settings (name, value) VALUES (@name, @value)';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clos-db-'));
  commits = 0;
  heard = [];
  db = open();
});
afterEach(() => db.close());

describe('commit', () => {
  it('stores what calls of one turn write under one COMMIT', async () => {
    await Promise.all(
      Array.from({ length: 50 }, (_value, index) =>
        db.commit((write) => write.run(put, { name: `n${index}`, value: '1' })),
      ),
    );

    expect(commits).toBe(1);
    expect(db.read.get('SELECT count(*) AS n FROM settings')).toEqual({ n: 50 });
  });

  it('keeps nothing of a call that throws and everything of its neighbours', async () => {
    const results = await Promise.allSettled([
      db.commit((write) => write.run(put, { name: 'before', value: '1' })),
      db.commit((write) => {
        write.run(put, { name: 'half', value: '1' });
        throw new Error('changed my mind');
      }),
      db.commit((write) => write.run(put, { name: 'after', value: '1' })),
    ]);

    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect([setting('before'), setting('half'), setting('after')]).toEqual([{ value: '1' }, undefined, { value: '1' }]);
  });

  it('says what it has made old before anyone is answered, and nothing of a call that failed', async () => {
    const event = { actor: { type: 'module', id: 'api', name: 'api' }, cause: null } as const;
    const append = (write: WriteDb) =>
      appendEvent(write, {
        ...event,
        type: 'settings.changed',
        subject: { type: 'system', id: 'conflicts', name: null },
        data: { name: 'conflicts' },
      });
    const failed = db
      .commit((write) => {
        appendEvent(write, {
          ...event,
          type: 'ranges.changed',
          subject: { type: 'system', id: 'ranges', name: null },
          data: { ranges: [] },
        });
        throw new Error('changed my mind');
      })
      .catch(() => undefined);
    await Promise.all([failed, db.commit(append).then(() => heard.push('answered'))]);

    expect(heard).toEqual(['settings.conflicts', 'answered']);
  });

  it('is on disk for another process when the promise resolves', async () => {
    await db.commit((write) => write.run(put, { name: 'a', value: '"b"' }));
    const other = openForReading(join(folder, 'core.db'));

    expect(other.get('SELECT value FROM settings WHERE name = @name', { name: 'a' })).toEqual({ value: '"b"' });
    other.close();
  });

  it('finishes what was handed in before it closes, and refuses what comes later', async () => {
    const last = db.commit((write) => write.run(put, { name: 'last', value: '1' }));
    await db.close();

    await expect(last).resolves.toEqual({ changes: 1, lastInsertRowid: expect.any(Number) });
    await expect(db.commit(() => 1)).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    db = open();
    expect(setting('last')).toEqual({ value: '1' });
  });
});

describe('core.db', () => {
  it('refuses writes on a read handle, by SQLite itself', () => {
    expect(() => db.read.all('DELETE FROM settings RETURNING name')).toThrow(/readonly|query_only/i);
  });

  it('refuses to change an event', async () => {
    await db.commit((write) =>
      write.run(
        `INSERT INTO system_events (type, version, subject_type, subject_id, actor, time, data)
         VALUES ('t', 1, 'system', 's', '{}', '2026-01-01T00:00:00.000Z', '{}')`,
      ),
    );

    await expect(db.commit((write) => write.run("UPDATE system_events SET type = 'other'"))).rejects.toThrow(
      /an event never changes/,
    );
  });

  it('leaves a database from the future untouched and says what to do', async () => {
    await db.close();
    const path = join(folder, 'core.db');
    const raw = new Database(path);
    const version = raw.pragma('user_version', { simple: true });
    raw.pragma('user_version = 99');
    raw.close();

    expect(open).toThrow(MigrationError);
    const after = new Database(path);
    expect(after.pragma('user_version', { simple: true })).toBe(99);
    after.pragma(`user_version = ${version}`);
    after.close();
    db = open();
  });
});

describe('the lock of a home', () => {
  it('is held by one at a time and free again when it is let go', () => {
    const path = join(folder, 'run', 'supervisor.lock');
    const first = tryLock(path);
    const second = tryLock(path);
    first?.release();
    const third = tryLock(path);
    third?.release();

    expect([first === null, second === null, third === null]).toEqual([false, true, false]);
  });
});
