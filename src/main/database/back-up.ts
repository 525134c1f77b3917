import { Worker } from 'node:worker_threads';
import { findOwnFile } from '../own-file.ts';
import type { Backup } from './backups.ts';

export interface BackupJob {
  path: string;
  backupsDir: string;
  /** How many regular backups are left afterwards. */
  keep: number;
}

export type BackupOutcome = { backup: Backup } | { failure: string };

/** Makes a backup and removes the oldest, in a thread of its own. `done` never rejects; `cancel` ends the thread at once. */
export function backUp(job: BackupJob): { done: Promise<BackupOutcome>; cancel(): void } {
  const worker = new Worker(findOwnFile('database/backup.worker.ts'), { workerData: job });
  const done = new Promise<BackupOutcome>((resolve) => {
    worker.once('message', resolve);
    worker.once('error', (error) => resolve({ failure: error.message }));
    worker.once('exit', () => resolve({ failure: 'it was cut off' }));
  });
  return { done, cancel: () => void worker.terminate() };
}
