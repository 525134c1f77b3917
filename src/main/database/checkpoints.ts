import type { Database } from 'better-sqlite3';
import { emptyPage, markSeal, pageBytes, removeSeal, type Seal, sumPages, writeSeal } from './seal.ts';
import { hasFrames, LiveLog, type LogSums } from './wal.ts';

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

/** As many as SQLite itself waits for (sqlite.org/wal.html#automatic_checkpoint). */
const framesBetween = 1000;

/** The sums of a database with those of its log in them. A page that neither has was never written: a hole. */
function merge(before: Seal['sums'], log: LogSums): Seal['sums'] {
  const after = new Uint32Array(log.pages).fill(emptyPage);
  after.set(before.subarray(0, after.length));
  for (const [page, sum] of log.sums) if (page <= after.length) after[page - 1] = sum;
  return after;
}

/**
 * `sums` are those of the database's seal, which is open, or null where there is none; `every` so many frames of the log a checkpoint is made.
 *
 * The order makes it right. The log is begun anew, at the earliest, by the first commit after a checkpoint that took all of it;
 * by then the seal is on disk. Whoever is cut off in between finds the pages in the log, where the seal does not matter.
 */
export function createCheckpoints(db: Database, sums: Seal['sums'] | null, every = framesBetween): Checkpoints {
  const path = db.name;
  const log = new LiveLog(path, pageBytes);
  let sealed = sums;
  let round = log.round;
  let due = every;
  db.pragma('wal_autocheckpoint = 0');

  /** Has SQLite bring in what it can. What a full disk keeps it from is done at the next time. */
  function bringIn(): Outcome | null {
    try {
      const [outcome] = db.pragma('wal_checkpoint(PASSIVE)') as [Outcome];
      return outcome;
    } catch {
      return null;
    }
  }

  /** True when all of the log is in the database. */
  function checkpoint(): boolean {
    const outcome = bringIn();
    if (outcome === null) return false;
    due = outcome.log + every;
    if (outcome.checkpointed < outcome.log) return false;
    if (outcome.log > 0) seal(outcome.log);
    return true;
  }

  /** Seals what so many frames have brought in. What cannot be sealed goes without, and the next start has SQLite look at every page. */
  function seal(frames: number): void {
    if (sealed === null) return;
    try {
      sealed = merge(sealed, log.sums(frames));
      writeSeal(path, { state: 'open', sums: sealed });
    } catch {
      unseal();
    }
  }

  function unseal(): void {
    sealed = null;
    removeSeal(path);
  }

  /** What is not sealed at the end is looked at page by page at the next start; that is no reason for an end to fail. */
  function closeSeal(): void {
    try {
      if (sealed === null) writeSeal(path, { state: 'closed', sums: sumPages(path) });
      else markSeal(path, 'closed');
    } catch {
      removeSeal(path);
    }
  }

  return {
    afterCommit() {
      const present = log.round;
      if (present !== round) due = every;
      round = present;
      if (log.has(due, round)) checkpoint();
    },
    close() {
      try {
        // A reader can keep some of it in the log; the last connection that closes would bring it in without us.
        if (!checkpoint()) unseal();
        db.pragma('wal_checkpoint(TRUNCATE)');
      } finally {
        log.close();
        db.close();
      }
      if (!hasFrames(path)) closeSeal();
    },
  };
}
