import { join } from 'node:path';
import type { Home } from '#shared/node/home.ts';
import { StartRefused } from '../start-refused.ts';
import { listBackups } from './backups.ts';
import { checkCore } from './check.ts';
import type { Damage } from './damage.ts';
import { replaceDatabase } from './replace.ts';

/** A database that was damaged, and what was done about it. */
export interface Rescue {
  /** What was found, as a clause. */
  reason: string;
  /** The file that its place was filled from. */
  source: string;
  /** The folder that the damaged file lies in now. */
  setAside: string;
}

interface Rescuing {
  damage: Damage;
  /** That of the newest database that this CLOS can use. */
  newestVersion: number;
}

/**
 * The file that the place of a damaged database is filled from: the newest sound backup that this CLOS can use. Where only the log is
 * damaged, what can be read up to there is newer than that.
 */
function findSource(home: Home, { damage, newestVersion }: Rescuing): string | null {
  const own = damage.onlyLog ? [home.coreDb] : [];
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
 * Puts a damaged core database into quarantine, and the newest sound copy takes its place; without one, `StartRefused` says what to do.
 * A file that cannot be trusted is never served, and never replaced by nothing.
 */
export function rescueCore(home: Home, rescuing: Rescuing): Rescue {
  const { reason } = rescuing.damage;
  const source = findSource(home, rescuing);
  if (source === null) {
    throw new StartRefused(
      `The database ${home.coreDb} is damaged (${reason}), and there is no sound backup of it in ${home.backupsDir}. ` +
        'Nothing was changed. Put a copy of it back with: clos restore FILE. ' +
        'To begin with nothing instead, move core.db (and what begins with that name) and credentials.json out of that folder.',
    );
  }
  return { reason, source, setAside: replaceDatabase(home.coreDb, source, join(home.backupsDir, 'quarantine')) };
}
