import type { ReadDb, WriteDb } from './handle.ts';

/** The event up to which somebody who reacts to events is done; null for one that has never begun. */
export function findCursor(db: ReadDb, consumer: string): number | null {
  return db.get<{ seq: number }>('SELECT seq FROM event_cursors WHERE consumer = @consumer', { consumer })?.seq ?? null;
}

export function putCursor(db: WriteDb, consumer: string, seq: number): void {
  db.run(
    `INSERT INTO event_cursors (consumer, seq) VALUES (@consumer, @seq)
     ON CONFLICT (consumer) DO UPDATE SET seq = excluded.seq`,
    { consumer, seq },
  );
}

export function deleteCursor(db: WriteDb, consumer: string): void {
  db.run('DELETE FROM event_cursors WHERE consumer = @consumer', { consumer });
}
