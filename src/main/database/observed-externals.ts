import type { z } from 'zod';
import type { observedExternalSchema } from '#shared/contract/services.ts';
import type { ReadDb, WriteDb } from './handle.ts';

type ObservedExternal = z.output<typeof observedExternalSchema>;

interface Row {
  service_id: string;
  answering: 0 | 1;
  pid: number | null;
  name: string | null;
  observed_at: string;
}

function toObserved(row: Row): ObservedExternal {
  return { answering: row.answering === 1, pid: row.pid, name: row.name, observedAt: row.observed_at };
}

/** Who answers at the ports of a watched service; null before the first look. */
export function observedExternal(db: ReadDb, serviceId: string): ObservedExternal | null {
  const row = db.get<Row>('SELECT * FROM observed_externals WHERE service_id = @serviceId', { serviceId });
  return row === undefined ? null : toObserved(row);
}

export function listObservedExternals(db: ReadDb): Array<ObservedExternal & { serviceId: string }> {
  return db
    .all<Row>('SELECT * FROM observed_externals')
    .map((row) => ({ ...toObserved(row), serviceId: row.service_id }));
}

export function putObservedExternal(db: WriteDb, serviceId: string, seen: ObservedExternal): void {
  db.pending.touched.set(serviceId, 'service');
  db.run(
    `INSERT INTO observed_externals (service_id, answering, pid, name, observed_at)
     VALUES (@serviceId, @answering, @pid, @name, @observedAt)
     ON CONFLICT (service_id) DO UPDATE SET
       answering = excluded.answering, pid = excluded.pid, name = excluded.name, observed_at = excluded.observed_at`,
    { serviceId, ...seen, answering: seen.answering ? 1 : 0 },
  );
}
