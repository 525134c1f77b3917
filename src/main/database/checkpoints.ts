import { crc32 } from 'node:zlib';
import type { Database } from 'better-sqlite3';
import { markSeal, pageBytes, removeSeal, type Seal, sumPages, writeSeal } from './seal.ts';
import { FollowedLog, hasFrames } from './wal.ts';

/** As many as SQLite itself waits for (sqlite.org/wal.html#automatic_checkpoint). */
const framesBetween = 1000;
const emptyPage = crc32(Buffer.alloc(pageBytes));

/** Writes the log of a database into it now and then, in place of SQLite, and keeps its seal true meanwhile. */
export interface Checkpoints {
  afterCommit(): void;
  /** Closes the connection, and the seal where all of the log is in the database. */
  close(): void;
}

/** What SQLite says of a checkpoint: frames in the log, and how many of them are in the database now. */
interface Outcome {
  log: number;
  checkpointed: number;
}

/**
 * `sums` are those of the database's seal, which is open; null for a database that has none.
 *
 * The order makes it right. The log is begun anew, at the earliest, by the first commit after a checkpoint that took all of it;
 * by then the seal is on disk. Whoever is cut off in between finds the pages in the log, where the seal does not matter.
 */
export function createCheckpoints(db: Database, sums: Seal['sums'] | null): Checkpoints {
  const path = db.name;
  db.pragma('wal_autocheckpoint = 0');
  const log = new FollowedLog(path);
  let sealed = sums;
  let tried = 0;

  function giveUp(): void {
    sealed = null;
    removeSeal(path);
  }

  /** The sums with those of the log in them. What neither has was never written: such a page is a hole in the file. */
  function merge(before: Seal['sums']): Seal['sums'] {
    const after = new Uint32Array(log.databasePages || before.length).fill(emptyPage);
    after.set(before.subarray(0, after.length));
    for (const [page, sum] of log.sums) if (page <= after.length) after[page - 1] = sum;
    return after;
  }

  /** True when all of the log is in the database. What a disk that is full keeps it from is done at the next time. */
  function checkpoint(): boolean {
    tried = log.frames;
    let outcome: Outcome;
    try {
      [outcome] = db.pragma('wal_checkpoint(PASSIVE)') as [Outcome];
    } catch {
      return false;
    }
    if (outcome.log !== outcome.checkpointed) return false;
    if (sealed === null) return true;
    // A log that SQLite reads otherwise than we do is none to seal by.
    if (outcome.log !== log.frames) giveUp();
    else if (log.sums.size > 0) seal(merge(sealed));
    return true;
  }

  function seal(next: Seal['sums']): void {
    try {
      writeSeal(path, { state: 'open', sums: next });
      sealed = next;
    } catch {
      giveUp();
    }
  }

  /** Without a seal the next start has SQLite look at every page; that is no reason for an end to fail. */
  function reseal(): void {
    try {
      writeSeal(path, { state: 'closed', sums: sumPages(path) });
    } catch {
      removeSeal(path);
    }
  }

  return {
    afterCommit() {
      log.follow();
      if (log.frames < tried) tried = 0;
      if (log.frames - tried >= framesBetween) checkpoint();
    },
    close() {
      log.follow();
      // A reader can keep some of it in the log; the last connection that closes would bring it in without us.
      if (!checkpoint()) giveUp();
      log.close();
      db.pragma('wal_checkpoint(TRUNCATE)');
      db.close();
      if (hasFrames(path)) return;
      if (sealed === null) reseal();
      else markSeal(path, 'closed');
    },
  };
}
