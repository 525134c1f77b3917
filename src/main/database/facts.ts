import type { WriteDb } from './handle.ts';

/** Notes that a fact was seen. False when it had been seen before: then it must not count again. Facts are kept for a day. */
export function recordFact(db: WriteDb, id: string): boolean {
  return (
    db.run('INSERT OR IGNORE INTO facts (id, seen) VALUES (@id, @seen)', { id, seen: new Date().toISOString() })
      .changes === 1
  );
}
