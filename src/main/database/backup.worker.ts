import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import type { BackupJob, BackupOutcome } from './back-up.ts';
import { makeBackup, rotateBackups } from './backups.ts';

/** A backup in a thread of its own, with a connection of its own: copying and reading it whole takes seconds. */
function run({ path, backupsDir, keep }: BackupJob): BackupOutcome {
  try {
    const db = new Database(path, { readonly: true, fileMustExist: true, timeout: 5000 });
    try {
      const backup = makeBackup(db, { backupsDir });
      rotateBackups(backupsDir, keep);
      return { backup };
    } finally {
      db.close();
    }
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.postMessage(run(workerData));
