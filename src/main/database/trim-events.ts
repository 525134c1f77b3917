import type { ReadDb, WriteDb } from './handle.ts';
import { putSnapshot, stateAt } from './history.ts';
import { isKept } from './states.ts';

interface Subject {
  id: string;
  type: Parameters<typeof isKept>[0];
}

/** Can its state be asked for after the event before `cut`? A conflict that is removed from its table leaves without an event. */
function isAskedForFrom(db: ReadDb, id: string, cut: number): boolean {
  const changesLater = db.get(
    'SELECT 1 FROM system_events WHERE subject_id = @id AND changes IS NOT NULL AND seq >= @cut LIMIT 1',
    { id, cut },
  );
  return changesLater !== undefined || db.get('SELECT 1 FROM states WHERE subject_id = @id', { id }) !== undefined;
}

/** Has the snapshots tell what the events before `cut` have told, as far as it is asked for from there on. */
function snapBefore(db: WriteDb, { id, type }: Subject, cut: number): void {
  const past = stateAt(db, id, cut - 1);
  if (past === null || !isKept(type) || !isAskedForFrom(db, id, cut)) {
    db.run('DELETE FROM snapshots WHERE subject_id = @id AND seq < @cut', { id, cut });
    return;
  }
  const { state, seq, time } = past;
  putSnapshot(db, { id, type, seq, time, state: JSON.stringify(state) });
  db.run('DELETE FROM snapshots WHERE subject_id = @id AND seq < @seq', { id, seq });
}

/** Removes all events before `cut`. What they have left behind stays answerable: the state of each subject from `cut - 1` on. */
export function trimEvents(db: WriteDb, cut: number): void {
  const subjects = db.all<Subject>(
    // In the order of the log: an index would be read from end to end, to have each subject once.
    `SELECT DISTINCT subject_id AS id, subject_type AS type FROM system_events NOT INDEXED
     WHERE seq < @cut AND changes IS NOT NULL`,
    { cut },
  );
  for (const subject of subjects) snapBefore(db, subject, cut);
  db.run('DELETE FROM system_events WHERE seq < @cut', { cut });
}
