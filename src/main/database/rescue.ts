import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from '#shared/node/home.ts';
import { StartRefused } from '../start-refused.ts';
import { type Backup, listBackups } from './backups.ts';
import { checkCore, Damaged } from './check.ts';
import { checkWal } from './check-wal.ts';
import { finishReplacing, replaceDatabase } from './replace.ts';
import { readSeal, sizeOf } from './seal.ts';

/** A database that was damaged, and what was done about it. */
export interface Rescue {
  /** What was found, as a clause. */
  reason: string;
  backup: Backup;
  /** The folder that the damaged file lies in now. */
  setAside: string;
}

/** What is wrong with the core database, as a clause; null when it is sound, or was never there. */
function whatIsWrong(home: Home): string | null {
  const path = home.coreDb;
  if (sizeOf(path) === 0) {
    // Who has a key or a backup had a database.
    const begun =
      existsSync(home.credentialsFile) || listBackups(home.backupsDir).length > 0 || sizeOf(`${path}-wal`) > 0;
    if (!begun) return null;
    return existsSync(path) ? 'the file is empty' : 'the file is gone';
  }
  const sealed = readSeal(path);
  if (sealed === 'whole') return null;
  if (sealed === 'broken') return 'the file is not as it was when CLOS closed it';
  try {
    checkWal(path);
    checkCore(path, 'quick');
    return null;
  } catch (error) {
    if (error instanceof Damaged) return error.message;
    throw error;
  }
}

/** The newest backup that this CLOS can use, read whole once more. */
function newestSound(home: Home, newestVersion: number): Backup | null {
  const usable = (backup: Backup) => {
    try {
      return checkCore(backup.path, 'whole').version <= newestVersion;
    } catch {
      return false;
    }
  };
  return listBackups(home.backupsDir).find(usable) ?? null;
}

/**
 * Looks at the core database before anybody opens it. A damaged one is put into quarantine, and the newest sound backup takes its
 * place; without one, `StartRefused` says what to do. A file that cannot be trusted is never served, and never replaced by nothing.
 */
export function rescueCore(home: Home, newestVersion: number): Rescue | null {
  finishReplacing(home.coreDb, join(home.backupsDir, 'set-aside'));
  const reason = whatIsWrong(home);
  if (reason === null) return null;
  const backup = newestSound(home, newestVersion);
  if (backup === null) {
    throw new StartRefused(
      `The database ${home.coreDb} is damaged (${reason}), and there is no sound backup of it in ${home.backupsDir}. ` +
        'Nothing was changed. Put a copy of it back with: clos restore FILE. ' +
        'To begin with nothing instead, move core.db (and what begins with that name) and credentials.json out of that folder.',
    );
  }
  return { reason, backup, setAside: replaceDatabase(home.coreDb, backup.path, join(home.backupsDir, 'quarantine')) };
}
