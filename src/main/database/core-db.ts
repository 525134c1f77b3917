import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { createCheckpoints } from './checkpoints.ts';
import { type Durability, openForReading, openRaw, type ReadDb, writeHandle } from './handle.ts';
import { beginHistory } from './history.ts';
import { migrate } from './migrate.ts';
import { markSeal, readSeal, removeSeal, type Seal, sumPages, writeSeal } from './seal.ts';
import { createWriter, type Stale, type Writer } from './writer.ts';

export interface CoreDb extends Writer {
  read: ReadDb;
}

/**
 * The sums of the seal, which says from here on that the database may be written to. On disk before it is. Null where there is none and
 * none can be made, on a full disk: who only reads is served all the same.
 */
function breakSeal(path: string, durability: Durability): Seal['sums'] | null {
  const sealed = readSeal(path);
  if (sealed !== null) {
    markSeal(path, 'open');
    return sealed.sums;
  }
  // The first page of a database that has had no log is written without one.
  openRaw(path, durability).close();
  try {
    const sums = sumPages(path);
    writeSeal(path, { state: 'open', sums });
    return sums;
  } catch {
    removeSeal(path);
    return null;
  }
}

/**
 * Opens `core.db` as its one writer, brought to the newest version. The api module calls this; everyone else reads with
 * `openForReading`.
 */
export function openCoreDb(options: {
  path: string;
  migrationsDir: string;
  backupsDir: string;
  durability?: Durability;
  /** Called after each COMMIT, before those that it answers are told. */
  onCommitted?: (stale: Stale) => void;
}): CoreDb {
  mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 });
  const durability = options.durability ?? 'full';
  const sums = breakSeal(options.path, durability);
  const raw = openRaw(options.path, durability);
  const checkpoints = createCheckpoints(raw, sums);
  try {
    migrate(raw, options);
    raw.transaction(() => beginHistory(writeHandle(raw)))();
    const read = openForReading(options.path);
    const writer = createWriter(raw, checkpoints, options.onCommitted);
    return {
      read,
      commit: writer.commit,
      async close() {
        read.close();
        await writer.close();
      },
    };
  } catch (error) {
    checkpoints.close();
    throw error;
  }
}
