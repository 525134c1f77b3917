import type { z } from 'zod';
import type { observedProcessSchema } from '#shared/contract/services.ts';
import type { ReadDb, WriteDb } from './handle.ts';

type ObservedProcess = z.output<typeof observedProcessSchema>;

interface Row {
  service_id: string;
  pid: number;
  state: ObservedProcess['state'];
  adopted: 0 | 1;
  started_at: string;
  exit: string | null;
  observed_at: string;
}

function toObserved(row: Row): ObservedProcess {
  return {
    pid: row.pid,
    state: row.state,
    startedAt: row.started_at,
    exit: row.exit === null ? null : JSON.parse(row.exit),
    adopted: row.adopted === 1,
    observedAt: row.observed_at,
  };
}

/** What was seen last of a service's process; null before its first start. */
export function observedProcess(db: ReadDb, serviceId: string): ObservedProcess | null {
  const row = db.get<Row>('SELECT * FROM observed_processes WHERE service_id = @serviceId', { serviceId });
  return row === undefined ? null : toObserved(row);
}

export function listObservedProcesses(db: ReadDb): Array<ObservedProcess & { serviceId: string; serviceName: string }> {
  return db
    .all<Row & { name: string }>(
      'SELECT o.*, s.name FROM observed_processes o JOIN services s ON s.id = o.service_id ORDER BY o.service_id',
    )
    .map((row) => ({ ...toObserved(row), serviceId: row.service_id, serviceName: row.name }));
}

export function putObservedProcess(db: WriteDb, serviceId: string, process: ObservedProcess): void {
  db.pending.touched.set(serviceId, 'service');
  db.run(
    `INSERT INTO observed_processes (service_id, pid, state, adopted, started_at, exit, observed_at)
     VALUES (@serviceId, @pid, @state, @adopted, @startedAt, @exit, @observedAt)
     ON CONFLICT (service_id) DO UPDATE SET
       pid = excluded.pid, state = excluded.state, adopted = excluded.adopted, started_at = excluded.started_at,
       exit = excluded.exit, observed_at = excluded.observed_at`,
    {
      serviceId,
      ...process,
      adopted: process.adopted ? 1 : 0,
      exit: process.exit === null ? null : JSON.stringify(process.exit),
    },
  );
}

export function deleteObservedProcess(db: WriteDb, serviceId: string): void {
  const { changes } = db.run('DELETE FROM observed_processes WHERE service_id = @serviceId', { serviceId });
  if (changes > 0) db.pending.touched.set(serviceId, 'service');
}
