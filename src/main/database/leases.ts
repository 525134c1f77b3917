import { newId } from '#shared/base/ids.ts';
import type { LeaseRow, Range } from '#shared/contract/ports.ts';
import type { ReadDb, WriteDb } from './handle.ts';

interface Row {
  id: string;
  protocol: 'tcp' | 'udp';
  address: string;
  port: number;
  since: string;
  reason: string;
  note: string | null;
  range: string | null;
  service_id: string | null;
  service_name: string | null;
  endpoint: string | null;
}

const joined = `
  SELECT l.id, l.protocol, l.address, l.port, l.since, l.reason, l.note, e.range, e.name AS endpoint,
         s.id AS service_id, s.name AS service_name
  FROM leases l LEFT JOIN endpoints e ON e.id = l.endpoint_id LEFT JOIN services s ON s.id = e.service_id`;

function toLease(row: Row): LeaseRow {
  const { service_id: id, service_name: name, ...lease } = row;
  return { ...lease, service: id === null || name === null ? null : { id, name } };
}

export function listLeases(db: ReadDb): LeaseRow[] {
  return db.all<Row>(`${joined} ORDER BY l.port, l.protocol`).map(toLease);
}

export function leasesOfPort(db: ReadDb, port: number): LeaseRow[] {
  return db.all<Row>(`${joined} WHERE l.port = @port`, { port }).map(toLease);
}

export interface LeaseGrant {
  endpointId: string;
  instanceId: string;
  protocol: 'tcp' | 'udp';
  address: string;
  port: number;
  reason: string;
}

/**
 * Gives a port to an endpoint, in place of the one that it had. Returns the lease's id, or null when another endpoint has the
 * port: it is given once.
 */
export function putLease(db: WriteDb, grant: LeaseGrant): string | null {
  const holder = db.get<{ endpoint_id: string | null }>(
    'SELECT endpoint_id FROM leases WHERE protocol = @protocol AND port = @port',
    { protocol: grant.protocol, port: grant.port },
  );
  if (holder !== undefined && holder.endpoint_id !== grant.endpointId) return null;
  const id = newId('lse');
  db.run(
    `INSERT INTO leases (id, endpoint_id, instance_id, protocol, address, port, since, reason)
     VALUES (@id, @endpointId, @instanceId, @protocol, @address, @port, @since, @reason)
     ON CONFLICT (endpoint_id) DO UPDATE SET
       protocol = excluded.protocol, address = excluded.address, port = excluded.port,
       since = excluded.since, reason = excluded.reason`,
    { id, ...grant, since: new Date().toISOString() },
  );
  return db.get<{ id: string }>('SELECT id FROM leases WHERE endpoint_id = @endpointId', {
    endpointId: grant.endpointId,
  })?.id as string;
}

export function findLease(db: ReadDb, id: string): LeaseRow | null {
  const row = db.get<Row>(`${joined} WHERE l.id = @id`, { id });
  return row === undefined ? null : toLease(row);
}

/** Keeps a port from everybody. Returns the reservation's id, or null when the port is leased or reserved already. */
export function putReservation(
  db: WriteDb,
  wish: { instanceId: string; protocol: 'tcp' | 'udp'; port: number; note: string },
): string | null {
  const id = newId('lse');
  const { changes } = db.run(
    `INSERT INTO leases (id, instance_id, protocol, address, port, since, reason, note)
     VALUES (@id, @instanceId, @protocol, '127.0.0.1', @port, @since, 'reserved', @note)
     ON CONFLICT (protocol, port) DO NOTHING`,
    { id, ...wish, since: new Date().toISOString() },
  );
  return changes === 1 ? id : null;
}

export function deleteReservation(db: WriteDb, id: string): void {
  db.run('DELETE FROM leases WHERE id = @id AND endpoint_id IS NULL', { id });
}

export function deleteLease(db: WriteDb, endpointId: string): void {
  db.run('DELETE FROM leases WHERE endpoint_id = @endpointId', { endpointId });
}

/** Makes the ranges these. */
export function replaceRanges(db: WriteDb, ranges: readonly Range[]): void {
  db.run('DELETE FROM ranges');
  for (const { name, first, last } of ranges) {
    db.run('INSERT INTO ranges (name, first, last) VALUES (@name, @first, @last)', { name, first, last });
  }
}

/** The ranges that endpoints take their ports from. */
export function usedRanges(db: ReadDb): string[] {
  return db
    .all<{ range: string }>(
      `SELECT DISTINCT e.range FROM endpoints e JOIN services s ON s.id = e.service_id WHERE s.deleted_at IS NULL ORDER BY e.range`,
    )
    .map(({ range }) => range);
}

export function listRanges(db: ReadDb): Range[] {
  return db.all<Range>('SELECT name, first, last FROM ranges ORDER BY first');
}
