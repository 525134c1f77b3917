import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Durability, openForReading, openRaw, type ReadDb, writeHandle } from './handle.ts';
import { beginHistory } from './history.ts';
import { migrate } from './migrate.ts';
import { removeSeal, seal } from './seal.ts';
import { createWriter, type Stale, type Writer } from './writer.ts';

export interface CoreDb extends Writer {
  read: ReadDb;
}

/** Without a seal the next start reads every page; that is no reason for an end to fail. */
function trySeal(path: string): void {
  try {
    seal(path);
  } catch {
    removeSeal(path);
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
  removeSeal(options.path);
  const raw = openRaw(options.path, options.durability ?? 'full');
  try {
    migrate(raw, options);
    raw.transaction(() => beginHistory(writeHandle(raw)))();
    const read = openForReading(options.path);
    const writer = createWriter(raw, options.onCommitted);
    return {
      read,
      commit: writer.commit,
      async close() {
        read.close();
        await writer.close();
        trySeal(options.path);
      },
    };
  } catch (error) {
    raw.close();
    throw error;
  }
}
