import type { EventData } from '#shared/contract/events.ts';
import type { Actor } from '#shared/contract/operations.ts';
import { appendEvent, lastSeq, newestEvent } from './events.ts';
import type { ReadDb, WriteDb } from './handle.ts';

type Restored = EventData<'storage.restored'>;
const subject = { type: 'system' as const, id: 'core.db', name: null };

/**
 * The events after a backup are lost, but clients have seen their numbers. None of them is given again: who asks for what came
 * after the last one that he knows must not miss what has happened since the restore.
 */
const skippedNumbers = 1_000_000;

/** Tells in the history that a backup is what this database was made from. */
export function recordRestored(db: WriteDb, restored: Restored, actor: Actor): void {
  db.run("UPDATE sqlite_sequence SET seq = seq + @skippedNumbers WHERE name = 'system_events'", { skippedNumbers });
  appendEvent(db, { type: 'storage.restored', subject, actor, cause: null, data: restored });
}

/** The number after which there are `count` events, or fewer where there are not so many. */
export function seqBelowNewest(db: ReadDb, count: number): number {
  const restores = db.all<{ seq: number }>(
    'SELECT seq FROM system_events WHERE subject_id = @id AND type = @type ORDER BY seq DESC',
    { id: subject.id, type: 'storage.restored' },
  );
  let newest = lastSeq(db);
  let left = count;
  for (const { seq } of restores) {
    const since = newest - seq + 1;
    if (left <= since) break;
    left -= since;
    newest = seq - 1 - skippedNumbers;
  }
  return newest - left;
}

const toldForMs = 7 * 24 * 3_600_000;

/** The newest restore, for a week. */
export function recentlyRestored(db: ReadDb): (Restored & { at: string }) | null {
  const event = newestEvent(db, subject.id, 'storage.restored');
  if (event === null || Date.now() - Date.parse(event.time) > toldForMs) return null;
  return { ...(event.data as Restored), at: event.time };
}
