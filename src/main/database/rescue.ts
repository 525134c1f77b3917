import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from '#shared/node/home.ts';
import { StartRefused } from '../start-refused.ts';
import { listBackups } from './backups.ts';
import { checkCore, Damaged } from './check.ts';
import { checkWal, LogDamaged } from './check-wal.ts';
import { finishReplacing, replaceDatabase } from './replace.ts';
import { readSeal, sizeOf } from './seal.ts';

/** A database that was damaged, and what was done about it. */
export interface Rescue {
  /** What was found, as a clause. */
  reason: string;
  /** The file that its place was filled from. */
  source: string;
  /** The folder that the damaged file lies in now. */
  setAside: string;
}

/** What is wrong with the core database; null when it is sound, or was never there. */
function whatIsWrong(home: Home): Damaged | null {
  const path = home.coreDb;
  if (sizeOf(path) === 0) {
    // Who has a key or a backup had a database.
    const begun =
      existsSync(home.credentialsFile) || listBackups(home.backupsDir).length > 0 || sizeOf(`${path}-wal`) > 0;
    return begun ? new Damaged(existsSync(path) ? 'the file is empty' : 'the file is gone') : null;
  }
  const sealed = readSeal(path);
  if (sealed === 'whole') return null;
  if (sealed === 'broken') return new Damaged('the file is not as it was when CLOS closed it');
  try {
    checkWal(path);
    checkCore(path, 'quick');
    return null;
  } catch (error) {
    if (error instanceof Damaged) return error;
    throw error;
  }
}

/**
 * The file that the place of a damaged database is filled from: the newest sound backup that this CLOS can use. Where only the log is
 * damaged, what can be read up to there is newer than that.
 */
function findSource(home: Home, damage: Damaged, newestVersion: number): string | null {
  const own = damage instanceof LogDamaged ? [home.coreDb] : [];
  const usable = (path: string) => {
    try {
      return checkCore(path, 'whole').version <= newestVersion;
    } catch {
      return false;
    }
  };
  return [...own, ...listBackups(home.backupsDir).map(({ path }) => path)].find(usable) ?? null;
}

/**
 * Looks at the core database before anybody opens it. A damaged one is put into quarantine, and the newest sound copy takes its
 * place; without one, `StartRefused` says what to do. A file that cannot be trusted is never served, and never replaced by nothing.
 */
export function rescueCore(home: Home, newestVersion: number): Rescue | null {
  finishReplacing(home.coreDb, join(home.backupsDir, 'set-aside'));
  const damage = whatIsWrong(home);
  if (damage === null) return null;
  const reason = damage.message;
  const source = findSource(home, damage, newestVersion);
  if (source === null) {
    throw new StartRefused(
      `The database ${home.coreDb} is damaged (${reason}), and there is no sound backup of it in ${home.backupsDir}. ` +
        'Nothing was changed. Put a copy of it back with: clos restore FILE. ' +
        'To begin with nothing instead, move core.db (and what begins with that name) and credentials.json out of that folder.',
    );
  }
  return { reason, source, setAside: replaceDatabase(home.coreDb, source, join(home.backupsDir, 'quarantine')) };
}
