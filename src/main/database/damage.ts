import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from '#shared/node/home.ts';
import { finishReplacing } from './replace.ts';
import { readSeal, sizeOf } from './seal.ts';

/** What is wrong with a database. */
export interface Damage {
  /** What was found, as a clause. */
  reason: string;
  /** Only its log has lost something, so what can be read up to there is whole. */
  onlyLog: boolean;
}

const damage = (reason: string): Damage => ({ reason, onlyLog: false });

/**
 * Looks at the core database before anybody opens it, once what was cut off while it was replaced is at its end. Null when it is sound, or
 * was never there. Every byte of it is read, so this takes a while: see `prepareLook`.
 */
export async function findDamage(home: Home): Promise<Damage | null> {
  finishReplacing(home.coreDb, join(home.backupsDir, 'set-aside'));
  const path = home.coreDb;
  if (sizeOf(path) === 0) {
    const { listBackups } = await import('./backups.ts');
    // Who has a key or a backup had a database.
    const begun =
      existsSync(home.credentialsFile) || listBackups(home.backupsDir).length > 0 || sizeOf(`${path}-wal`) > 0;
    return begun ? damage(existsSync(path) ? 'the file is empty' : 'the file is gone') : null;
  }
  const sealed = readSeal(path);
  if (sealed === 'whole') return null;
  if (sealed === 'broken') return damage('the file is not as it was when CLOS closed it');
  // Most databases were closed in order: for those SQLite need not be loaded.
  const [{ checkCore, Damaged }, { checkWal, LogDamaged }] = await Promise.all([
    import('./check.ts'),
    import('./check-wal.ts'),
  ]);
  try {
    checkWal(path);
    checkCore(path, 'quick');
    return null;
  } catch (error) {
    if (error instanceof Damaged) return { reason: error.message, onlyLog: error instanceof LogDamaged };
    throw error;
  }
}
