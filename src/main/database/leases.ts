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
  range: string;
  service_id: string;
  service_name: string;
  endpoint: string;
}

const joined = `
  SELECT l.id, l.protocol, l.address, l.port, l.since, l.reason, e.range, e.name AS endpoint,
         s.id AS service_id, s.name AS service_name
  FROM leases l JOIN endpoints e ON e.id = l.endpoint_id JOIN services s ON s.id = e.service_id`;

function toLease(row: Row): LeaseRow {
  const { service_id: id, service_name: name, ...lease } = row;
  return { ...lease, service: { id, name } };
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
  const holder = db.get<{ endpoint_id: string }>(
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

export function deleteLease(db: WriteDb, endpointId: string): void {
  db.run('DELETE FROM leases WHERE endpoint_id = @endpointId', { endpointId });
}

export function listRanges(db: ReadDb): Range[] {
  return db.all<Range>('SELECT name, first, last FROM ranges ORDER BY first');
}
