import type { WriteDb } from './handle.ts';

/** Facts older than this are forgotten: nobody repeats a report that long. */
const keepMs = 24 * 3_600_000;

/** Notes that a fact was seen. False when it had been seen before: then it must not count again. */
export function recordFact(db: WriteDb, id: string): boolean {
  const now = Date.now();
  db.run('DELETE FROM facts WHERE seen < @old', { old: new Date(now - keepMs).toISOString() });
  return (
    db.run('INSERT OR IGNORE INTO facts (id, seen) VALUES (@id, @seen)', { id, seen: new Date(now).toISOString() })
      .changes === 1
  );
}
