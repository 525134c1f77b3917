import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCoreDb } from '#main/database/core-db.ts';
import { findDamage } from '#main/database/damage.ts';
import { readMigrations } from '#main/database/migrate.ts';
import { rescueCore } from '#main/database/rescue.ts';
import { findHome, type Home } from '#shared/node/home.ts';
import { createRandom } from '#tests/support/random.ts';
import { killAtOnce, newHome, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

const flips = process.env.CLOS_LONG === '1' ? 500 : 60;
const migrationsDir = 'migrations';
const newestVersion = readMigrations(migrationsDir).length;

/** Homes as they were left: by an end in order, and by a `kill -9` with much still in the write-ahead log. */
let closed: Home;
let killed: Home;

const named = (index: number) => ({
  name: `service-${index}`,
  runtime: { type: 'process' as const, command: ['node', 'server.js'], cwd: '/srv' },
  endpoints: [{ name: 'http' }],
});

async function fill(system: TestSystem, from: number): Promise<void> {
  for (let index = from; index < from + 30; index += 1) await system.client.services.create(named(index));
}

/** What a home is made of, as far as its database goes. */
function keep(home: Home): Home {
  const copy = findHome({ CLOS_HOME: mkdtempSync(join(tmpdir(), 'clos-flip-')) });
  cpSync(home.root, copy.root, {
    recursive: true,
    filter: (path) => path === home.root || /core\.db|backups|credentials/.test(path),
  });
  return copy;
}

beforeAll(async () => {
  const home = newHome();
  let system = await startSystem({ home });
  await fill(system, 0);
  await system.client.backups.make();
  await fill(system, 30);
  await system.stop();
  closed = keep(home);
  system = await startSystem({ home });
  await fill(system, 60);
  await killAtOnce(system);
  killed = keep(home);
  removeHome(home);
});
afterAll(() => {
  for (const home of [closed, killed]) removeHome(home);
});

/** Every row of every table. */
function rowsOf(path: string): Record<string, unknown[]> {
  const db = new Database(path, { readonly: true });
  const tables = db.prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const rows = tables.map(({ name }) => [name, db.prepare(`SELECT * FROM "${name}"`).all()] as const);
  db.close();
  return Object.fromEntries(rows);
}

/** One byte of the file that is another one now. */
function flip(path: string, random: () => number): void {
  const bytes = readFileSync(path);
  const at = Math.floor(random() * bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ (1 + Math.floor(random() * 255));
  writeFileSync(path, bytes);
}

type Outcome = 'detected' | 'harmless' | 'another letter' | 'the last change is gone' | 'empty' | 'no backup';

/** What the start of CLOS makes of a home in which one byte of one file was changed. */
async function trial(base: Home, file: '' | '-wal', seed: number): Promise<Outcome> {
  const home = keep(base);
  try {
    flip(home.coreDb + file, createRandom(seed));
    const damage = await findDamage(home);
    const rescue = damage === null ? null : rescueCore(home, { damage, newestVersion });
    // What only the log has lost is read up to there, and that is checked below.
    if (rescue !== null && rescue.source !== home.coreDb) {
      const isBackup = JSON.stringify(rowsOf(home.coreDb)) === JSON.stringify(rowsOf(rescue.source));
      return isBackup ? 'detected' : 'no backup';
    }
    await openCoreDb({ path: home.coreDb, migrationsDir, backupsDir: home.backupsDir }).close();
    const [found, wanted] = [rowsOf(home.coreDb), rowsOf(base.coreDb)];
    const others = Object.keys(wanted).filter(
      (table) => JSON.stringify(found[table]) !== JSON.stringify(wanted[table]),
    );
    const lost = others.filter((table) => found[table]?.length !== wanted[table]?.length);
    if (rescue !== null) return found.services?.length === 0 ? 'empty' : 'detected';
    if (others.length === 0) return 'harmless';
    return lost.length === 0 ? 'another letter' : 'the last change is gone';
  } finally {
    removeHome(home);
  }
}

async function trials(base: Home, file: '' | '-wal'): Promise<Partial<Record<Outcome, number>>> {
  const counts: Partial<Record<Outcome, number>> = {};
  for (let seed = 1; seed <= flips; seed += 1) {
    const outcome = await trial(base, file, seed);
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}

describe(`a byte that is another one now, at ${flips} random places`, () => {
  it('of a database that was closed in order is detected, wherever it is', { timeout: flips * 2000 }, async () => {
    expect(await trials(closed, '')).toEqual({ detected: flips });
  });

  it('of one that was cut off is detected, or harmless since the log has what belongs there', {
    timeout: flips * 2000,
  }, async () => {
    const { detected = 0, harmless = 0, ...rest } = await trials(killed, '');
    process.stderr.write(`${detected} detected, ${harmless} harmless\n`);

    expect([detected + harmless, rest]).toEqual([flips, {}]);
  });

  it('of its log is detected; in the last change it cannot be told from one that was never finished', {
    timeout: flips * 2000,
  }, async () => {
    const { detected = 0, harmless = 0, 'the last change is gone': last = 0, ...rest } = await trials(killed, '-wal');
    process.stderr.write(`${detected} detected, ${harmless} harmless, ${last} in the last change\n`);

    expect([detected + harmless + last, rest]).toEqual([flips, {}]);
  });
});
