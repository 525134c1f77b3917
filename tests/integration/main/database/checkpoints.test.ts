import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkSeal } from '#main/database/check-seal.ts';
import { checkWal } from '#main/database/check-wal.ts';
import { type Checkpoints, createCheckpoints } from '#main/database/checkpoints.ts';
import { openRaw } from '#main/database/handle.ts';
import { markSeal, readSeal, sealOf, sumPages, writeSeal } from '#main/database/seal.ts';
import { createRandom } from '#tests/support/random.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clos-seal-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** So few frames between two checkpoints that there are many. */
const every = 20;

interface Opened {
  path: string;
  db: Database.Database;
  checkpoints: Checkpoints;
}

function open(path: string): Opened {
  let sums = readSeal(path)?.sums;
  if (sums === undefined) {
    openRaw(path, 'normal').close();
    sums = sumPages(path);
    writeSeal(path, { state: 'open', sums });
  }
  markSeal(path, 'open');
  const db = openRaw(path, 'normal');
  // So small that a larger transaction has to be spilled into the log before its end.
  db.pragma('cache_size = 10');
  db.pragma('busy_timeout = 20');
  const checkpoints = createCheckpoints(db, sums, every);
  db.exec('CREATE TABLE IF NOT EXISTS things (id INTEGER PRIMARY KEY, body BLOB)');
  checkpoints.afterCommit();
  return { path, db, checkpoints };
}

/** The database as somebody finds it for whom everything else ended now. */
function asLeft(path: string, name: string): string {
  const copy = join(folder, name);
  for (const [from, to] of [path, `${path}-wal`, sealOf(path)].map(
    (file) => [file, file.replace(path, copy)] as const,
  )) {
    rmSync(to, { force: true });
    if (existsSync(from)) copyFileSync(from, to);
  }
  rmSync(`${copy}-shm`, { force: true });
  return copy;
}

function contentOf(path: string): unknown {
  const db = new Database(path);
  try {
    return [db.pragma('integrity_check', { simple: true }), db.prepare('SELECT id, hex(body) FROM things').raw().all()];
  } catch {
    return 'unreadable';
  } finally {
    db.close();
  }
}

function change(db: Database.Database, random: () => number): void {
  const body = () => Buffer.alloc(Math.floor(random() ** 4 * 20_000), Math.floor(random() * 256));
  const insert = db.prepare('INSERT INTO things (body) VALUES (?)');
  db.exec('BEGIN IMMEDIATE');
  const rows = Math.ceil(random() ** 3 * 60);
  for (let row = 0; row < rows; row += 1) insert.run(body());
  if (random() < 0.3) {
    // What was spilled of it lies in the log, and is written over by what comes next.
    db.exec('SAVEPOINT call');
    for (let row = 0; row < 100; row += 1) insert.run(body());
    db.exec('ROLLBACK TO call; RELEASE call');
  }
  if (random() < 0.5) db.prepare('DELETE FROM things WHERE abs(random()) % 3 = 0').run();
  if (random() < 0.3) db.prepare('UPDATE things SET body = ? WHERE id % 7 = 0').run(body());
  db.exec(random() < 0.15 ? 'ROLLBACK' : 'COMMIT');
}

describe('checkpoints', () => {
  it.each([1, 2, 3, 4])(
    'keep the seal true after every commit, whatever is written, read and cut off (world %i)',
    (seed) => {
      const random = createRandom(seed);
      let opened = open(join(folder, 'core.db'));
      let reader: Database.Database | null = null;
      const seals = new Set<string>();
      for (let step = 0; step < 120; step += 1) {
        const { path, db, checkpoints } = opened;
        if (random() < 0.1) {
          reader?.close();
          reader = random() < 0.5 ? null : new Database(path, { readonly: true });
          reader?.exec('BEGIN; SELECT count(*) FROM things');
        }
        change(db, random);
        checkpoints.afterCommit();
        const left = asLeft(path, 'left.db');
        seals.add(readFileSync(sealOf(left)).toString('base64'));
        checkWal(left);
        expect([step, checkSeal(left)]).toEqual([step, 'whole']);

        const next = random();
        if (next < 0.05) {
          // All that ran is gone, and somebody goes on with what is there.
          const again = asLeft(path, `after-${step}.db`);
          reader?.close();
          reader = null;
          checkpoints.close();
          opened = open(again);
        } else if (next < 0.08) {
          checkpoints.close();
          expect([step, readSeal(path)?.state ?? 'none', checkSeal(path)]).toEqual([
            step,
            reader === null ? 'closed' : expect.any(String),
            reader === null ? 'whole' : expect.stringMatching(/none|whole/),
          ]);
          reader?.close();
          reader = null;
          opened = open(path);
        }
      }
      reader?.close();
      opened.checkpoints.close();

      expect(seals.size).toBeGreaterThan(20);
      expect([contentOf(opened.path), checkSeal(opened.path)]).toEqual([['ok', expect.any(Array)], 'whole']);
    },
  );

  it('leave nothing unseen: a byte that is another one now is told, or is of no effect', () => {
    const random = createRandom(5);
    const { path, db, checkpoints } = open(join(folder, 'core.db'));
    for (let step = 0; step < 60; step += 1) {
      change(db, random);
      checkpoints.afterCommit();
    }
    const wanted = contentOf(asLeft(path, 'left.db'));
    const outcomes = { told: 0, harmless: 0 };
    for (let flip = 0; flip < 150; flip += 1) {
      const left = asLeft(path, 'left.db');
      const bytes = readFileSync(left);
      const at = Math.floor(random() * bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 + Math.floor(random() * 255));
      writeFileSync(left, bytes);
      if (checkSeal(left) === 'broken') outcomes.told += 1;
      else if (JSON.stringify(contentOf(left)) === JSON.stringify(wanted)) outcomes.harmless += 1;
    }
    checkpoints.close();

    expect(outcomes).toEqual({ told: expect.any(Number), harmless: 150 - outcomes.told });
    expect(outcomes.told).toBeGreaterThan(50);
  });

  it('cannot tell once another tool has brought the log into the database', () => {
    const { path, db, checkpoints } = open(join(folder, 'core.db'));
    db.exec('INSERT INTO things (body) VALUES (zeroblob(9000))');
    checkpoints.afterCommit();
    const left = asLeft(path, 'left.db');
    contentOf(left);
    checkpoints.close();

    expect([existsSync(`${left}-wal`), checkSeal(left)]).toEqual([false, 'none']);
  });

  it('take the seal away where it cannot be written', () => {
    const { path, db, checkpoints } = open(join(folder, 'core.db'));
    // In the way of the file in which the next seal is written first.
    const { mkdirSync } = process.getBuiltinModule('node:fs');
    mkdirSync(`${sealOf(path)}.tmp`);
    for (let step = 0; step < 30; step += 1) {
      db.exec('INSERT INTO things (body) VALUES (zeroblob(9000))');
      checkpoints.afterCommit();
    }
    const meanwhile = checkSeal(asLeft(path, 'left.db'));
    rmSync(`${sealOf(path)}.tmp`, { recursive: true });
    checkpoints.close();

    expect([meanwhile, checkSeal(path), readSeal(path)?.state]).toEqual(['none', 'whole', 'closed']);
  });
});
