import { LogDamaged } from './damaged.ts';
import { hasFrames, readLog } from './wal.ts';

/**
 * Throws `LogDamaged` where the write-ahead log of a database has lost what was on disk before.
 *
 * SQLite reads a log up to the first frame whose checksum is wrong and forgets the rest without a word. That is right for what a
 * power cut has torn: the last transaction, which nobody was told of. A commit that has others behind it was on disk.
 */
export function checkWal(databasePath: string): void {
  if (!hasFrames(databasePath)) return;
  const log = readLog(databasePath);
  if (log === null) throw new LogDamaged('the head of its log is not as it was written');
  try {
    let lostCommit = false;
    for (const { ours, sound, pages } of log.frames) {
      if (sound) continue;
      if (ours && lostCommit) throw new LogDamaged('its log holds changes behind one that cannot be read');
      lostCommit ||= ours && pages !== 0;
    }
  } finally {
    log.close();
  }
}
