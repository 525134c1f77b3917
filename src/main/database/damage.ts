import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from '#shared/node/home.ts';
import { checkSeal } from './check-seal.ts';
import { checkWal } from './check-wal.ts';
import { Damaged, LogDamaged } from './damaged.ts';
import { sizeOf } from './private-file.ts';
import { finishReplacing } from './replace.ts';
import { removeSeal } from './seal.ts';

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
  try {
    checkWal(path);
    const sealed = checkSeal(path);
    if (sealed === 'broken') return damage('the file is not as CLOS wrote it');
    if (sealed === 'whole') return null;
    // One that cannot tell is worth nothing. SQLite is loaded only here: most databases have a seal.
    removeSeal(path);
    (await import('./check.ts')).checkCore(path, 'quick');
    return null;
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
    return { reason: error.message, onlyLog: error instanceof LogDamaged };
  }
}
