import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findHome, type Home } from '#shared/node/home.ts';
import { listBackups } from './database/backups.ts';
import { checkCore } from './database/check.ts';
import { openCoreDb } from './database/core-db.ts';
import { Damaged } from './database/damaged.ts';
import { type Lock, tryLock, waitForLock } from './database/lock.ts';
import { readMigrations } from './database/migrate.ts';
import { replaceDatabase } from './database/replace.ts';
import { recordRestored } from './database/restored.ts';
import { listServices } from './database/services.ts';
import { findPackageRoot } from './own-file.ts';
import { StartRefused } from './start-refused.ts';

/** `clos restore FILE|latest`: puts a backup in the place of the database, which is set aside. Only while CLOS does not run. */

/** An api whose supervisor was killed may still be ending. */
const predecessorMs = 10_000;

async function takeLocks(home: Home): Promise<Lock[]> {
  const supervisor = tryLock(home.lockFile);
  if (supervisor === null) throw new StartRefused(`CLOS runs for ${home.root}. Stop it, then restore.`);
  return [supervisor, await waitForLock(join(home.runDir, 'api.lock'), predecessorMs)];
}

/** The file that is meant: a path, the name of a backup, or the newest one. */
function findFile(home: Home, wanted: string, cwd: string): string {
  const backups = listBackups(home.backupsDir);
  if (wanted === 'latest') {
    const [newest] = backups;
    if (newest === undefined) throw new StartRefused(`There is no backup in ${home.backupsDir}.`);
    return newest.path;
  }
  const named = backups.find(({ name }) => name === wanted);
  const path = named?.path ?? resolve(cwd, wanted);
  if (!existsSync(path))
    throw new StartRefused(`There is no file ${path}, and no backup of that name. See: clos backups`);
  return path;
}

function checkFile(path: string, newestVersion: number): void {
  try {
    const { version } = checkCore(path, 'whole');
    if (version <= newestVersion) return;
    throw new StartRefused(
      `${path} has version ${version}, this CLOS knows up to ${newestVersion}. Restore it with the newer CLOS. Nothing was changed.`,
    );
  } catch (error) {
    if (error instanceof Damaged)
      throw new StartRefused(`${path} cannot be used: ${error.message}. Nothing was changed.`);
    throw error;
  }
}

async function restore(home: Home, wanted: string, cwd: string): Promise<void> {
  const migrationsDir = join(findPackageRoot(import.meta.url), 'migrations');
  const file = findFile(home, wanted, cwd);
  checkFile(file, readMigrations(migrationsDir).length);
  const setAside = replaceDatabase(home.coreDb, file, join(home.backupsDir, 'set-aside'));
  const db = openCoreDb({ path: home.coreDb, migrationsDir, backupsDir: home.backupsDir });
  const services = listServices(db.read).length;
  const actor = { type: 'outside', id: 'restore', name: 'clos restore' } as const;
  await db.commit((write) =>
    recordRestored(write, { backup: file, reason: 'it was restored by hand', setAside }, actor),
  );
  await db.close();
  process.stdout.write(`Restored ${file} with ${services} services.\nWhat was there before is in ${setAside}\n`);
}

const home = findHome();
try {
  const locks = await takeLocks(home);
  const [, , wanted = 'latest', cwd = process.cwd()] = process.argv;
  await restore(home, wanted, cwd);
  for (const lock of locks) lock.release();
} catch (error) {
  const text = error instanceof StartRefused ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`clos: ${text}\n`);
  process.exitCode = 1;
}
