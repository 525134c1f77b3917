import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backUp } from '#main/database/back-up.ts';
import { type Backup, listBackups } from '#main/database/backups.ts';
import { type CoreDb, openCoreDb } from '#main/database/core-db.ts';
import { findDamage } from '#main/database/damage.ts';
import { appendEvent, lastSeq } from '#main/database/events.ts';
import { readMigrations } from '#main/database/migrate.ts';
import { type Rescue, rescueCore } from '#main/database/rescue.ts';
import { readSeal, sealOf } from '#main/database/seal.ts';
import { thisModule } from '#main/modules/api/access/actors.ts';
import { findHome, type Home } from '#shared/node/home.ts';

const newest = readMigrations('migrations').length;
let home: Home;

beforeEach(() => {
  home = findHome({ CLOS_HOME: mkdtempSync(join(tmpdir(), 'clos-rescue-')) });
});
afterEach(() => rmSync(home.root, { recursive: true }));

const open = () =>
  openCoreDb({ path: home.coreDb, migrationsDir: 'migrations', backupsDir: home.backupsDir, durability: 'normal' });

/** Some events, so many pages. */
async function write(db: CoreDb, count: number): Promise<void> {
  await db.commit((each) => {
    for (let index = 0; index < count; index += 1) {
      appendEvent(each, {
        type: 'settings.changed',
        subject: { type: 'system', id: 'settings', name: null },
        actor: thisModule,
        cause: null,
        data: { name: 'conflicts' },
      });
    }
  });
}

async function backup(keep = 24): Promise<Backup> {
  const outcome = await backUp({ path: home.coreDb, backupsDir: home.backupsDir, keep }).done;
  if ('failure' in outcome) throw new Error(outcome.failure);
  return outcome.backup;
}

function seqOf(path: string): number {
  const db = new Database(path, { readonly: true });
  const seq = db.prepare('SELECT max(seq) FROM system_events').pluck().get();
  db.close();
  return Number(seq);
}

/** Rescues; what cannot be rescued is told by the words in which that is refused. */
async function rescue(): Promise<Rescue | string | null> {
  try {
    const damage = await findDamage(home);
    return damage === null ? null : rescueCore(home, { damage, newestVersion: newest });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

describe('a backup', () => {
  it('is made while others write, holds what was committed before, and only its owner can read it', async () => {
    const db = open();
    await write(db, 500);
    const making = backup();
    for (let round = 0; round < 20; round += 1) await write(db, 10);
    const made = await making;
    await db.close();

    expect(made).toEqual({
      name: expect.stringMatching(/^core-\d{12}-\d{8}T\d{6}Z\.db$/),
      path: join(home.backupsDir, made.name),
      seq: seqOf(made.path),
      version: newest,
      bytes: statSync(made.path).size,
      madeAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/),
      beforeMigration: null,
    });
    expect([made.seq >= 500, statSync(made.path).mode & 0o777, statSync(home.backupsDir).mode & 0o777]).toEqual([
      true,
      0o600,
      0o700,
    ]);
    expect(readdirSync(home.backupsDir)).toEqual([made.name]);
  });

  it('that fails leaves nothing behind and says why', async () => {
    writeFileSync(
      home.coreDb,
      'no database at all, but long enough to have a header of a hundred bytes, and then some more.',
    );
    const outcome = await backUp({ path: home.coreDb, backupsDir: home.backupsDir, keep: 1 }).done;

    expect(outcome).toEqual({ failure: 'file is not a database' });
    expect(listBackups(home.backupsDir)).toEqual([]);
    expect(readdirSync(home.backupsDir)).toEqual([]);
  });

  it('takes the place of the oldest, in the order of events and whatever the clock says', async () => {
    const db = open();
    const seqs: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      await write(db, 10);
      seqs.push((await backup(3)).seq);
    }
    await db.close();

    expect(listBackups(home.backupsDir).map(({ seq }) => seq)).toEqual(seqs.slice(1).reverse());
  });
});

describe('a database that is damaged', () => {
  it.each([
    ['is cut in half', () => truncateSync(home.coreDb, statSync(home.coreDb).size / 2), /./],
    ['is empty', () => truncateSync(home.coreDb, 0), /^the file is empty$/],
    ['is gone', () => rmSync(home.coreDb), /^the file is gone$/],
    ['is something else', () => writeFileSync(home.coreDb, 'x'.repeat(50_000)), /not a database/],
    ['has holes', () => holes(), /./],
  ])('%s: it goes into quarantine as it is, and the newest backup takes its place', async (_how, damage, reason) => {
    const db = open();
    await write(db, 300);
    await backup();
    await write(db, 300);
    const made = await backup();
    await write(db, 300);
    await db.close();
    // As after a crash: without the seal, the file has to speak for itself.
    rmSync(sealOf(home.coreDb));
    damage();
    const found = existsSync(home.coreDb) ? readFileSync(home.coreDb) : null;
    const saved = await rescue();

    expect(saved).toEqual({
      reason: expect.stringMatching(reason),
      source: made.path,
      setAside: expect.stringContaining(join(home.backupsDir, 'quarantine')),
    });
    const { setAside } = saved as Rescue;
    const kept = join(setAside, 'core.db');
    expect(existsSync(kept) ? readFileSync(kept) : null).toEqual(found);
    expect([await rescue(), seqOf(home.coreDb), statSync(home.coreDb).mode & 0o777]).toEqual([null, made.seq, 0o600]);
  });

  function holes(): void {
    const bytes = readFileSync(home.coreDb);
    for (let page = 3; page * 4096 < bytes.length; page += 2) bytes.fill(0, page * 4096, (page + 1) * 4096);
    writeFileSync(home.coreDb, bytes);
  }

  it('and whose newest backup is damaged too is restored from the one before', async () => {
    const db = open();
    await write(db, 300);
    const first = await backup();
    await write(db, 300);
    const second = await backup();
    await db.close();
    truncateSync(second.path, 20_000);
    truncateSync(home.coreDb, 20_000);

    expect(await rescue()).toMatchObject({ source: first.path });
    expect(seqOf(home.coreDb)).toBe(first.seq);
  });

  it('and has no backup is left as it is, and CLOS says what to do instead of starting', async () => {
    const db = open();
    await write(db, 300);
    await db.close();
    truncateSync(home.coreDb, 20_000);
    const before = readFileSync(home.coreDb);

    expect(await rescue()).toBe(
      `The database ${home.coreDb} is damaged (the file is not as CLOS wrote it), and there is no sound backup ` +
        `of it in ${home.backupsDir}. Nothing was changed. Put a copy of it back with: clos restore FILE. To begin with nothing ` +
        'instead, move core.db (and what begins with that name) and credentials.json out of that folder.',
    );
    expect(readFileSync(home.coreDb)).toEqual(before);
  });

  it('that is gone, in a home that has keys, is not begun anew', async () => {
    writeFileSync(home.credentialsFile, '{}');
    expect(await rescue()).toContain('is damaged (the file is gone), and there is no sound backup');
  });

  it('of a new home is none', async () => {
    expect(await rescue()).toBeNull();
  });
});

describe('a seal', () => {
  it('shows a letter of a name that is another one now, which SQLite cannot see', async () => {
    const db = open();
    await write(db, 300);
    await backup();
    await db.close();
    const sound = await rescue();
    const bytes = readFileSync(home.coreDb);
    bytes[bytes.lastIndexOf('settings.changed')] = 'x'.charCodeAt(0);
    writeFileSync(home.coreDb, bytes);

    expect([sound, await rescue()]).toEqual([
      null,
      expect.objectContaining({ reason: 'the file is not as CLOS wrote it' }),
    ]);
  });

  it('says whether the database was closed in order', async () => {
    const states: Array<string | undefined> = [];
    const look = () => states.push(readSeal(home.coreDb)?.state);
    const db = open();
    look();
    await write(db, 1);
    look();
    await db.close();
    look();

    expect([states, await rescue()]).toEqual([['open', 'open', 'closed'], null]);
  });
});

describe('a replacement that was cut off', () => {
  it('is ended at the next start where the old database was aside already', async () => {
    const db = open();
    await write(db, 10);
    await db.close();
    const { renameSync } = await import('node:fs');
    renameSync(home.coreDb, `${home.coreDb}.restored`);
    rmSync(sealOf(home.coreDb));
    writeFileSync(`${home.coreDb}-wal`, 'what the old one left');

    expect(await rescue()).toBeNull();
    const again = open();
    expect(lastSeq(again.read)).toBe(10);
    await again.close();
  });
});
