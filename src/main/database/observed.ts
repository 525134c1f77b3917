import type { z } from 'zod';
import type { observedContainerSchema } from '#shared/contract/services.ts';
import type { ReadDb, WriteDb } from './handle.ts';

/** A container as the engine showed it last. `facts` holds what only people and the resolver look at. */
export interface ObservedRow {
  containerId: string;
  serviceId: string | null;
  name: string;
  image: string;
  state: string;
  facts: ObservedFacts;
  observedAt: string;
}

export interface ObservedFacts {
  pid: number | null;
  startedAt: string | null;
  finishedAt: string | null;
  exitCode: number | null;
  oomKilled: boolean;
  compose: { project: string; service: string | null; workingDir: string | null } | null;
  ports: PortFact[];
  claims: PortFact[];
}

interface PortFact {
  protocol: string;
  address: string;
  port: number;
  containerPort: number;
}

interface Row {
  container_id: string;
  service_id: string | null;
  name: string;
  image: string;
  state: string;
  facts: string;
  observed_at: string;
}

function toObserved(row: Row): ObservedRow {
  return {
    containerId: row.container_id,
    serviceId: row.service_id,
    name: row.name,
    image: row.image,
    state: row.state,
    facts: JSON.parse(row.facts),
    observedAt: row.observed_at,
  };
}

export function findObserved(db: ReadDb, containerId: string): ObservedRow | null {
  const row = db.get<Row>('SELECT * FROM observed WHERE container_id = @containerId', { containerId });
  return row === undefined ? null : toObserved(row);
}

export function listObserved(db: ReadDb): ObservedRow[] {
  return db.all<Row>('SELECT * FROM observed ORDER BY name').map(toObserved);
}

/** The containers of one service, newest observation first. Between two steps of a recreation there are two. */
export function observedOfService(db: ReadDb, serviceId: string): ObservedRow[] {
  return db
    .all<Row>('SELECT * FROM observed WHERE service_id = @serviceId ORDER BY observed_at DESC', { serviceId })
    .map(toObserved);
}

/** The containers of all services, newest observation first. */
export function listObservedOfServices(db: ReadDb): ObservedRow[] {
  return db.all<Row>('SELECT * FROM observed WHERE service_id IS NOT NULL ORDER BY observed_at DESC').map(toObserved);
}

/** The container of a service as the contract shows it: the adopted one, else the newest of its own. */
export function containerOf(
  rows: readonly ObservedRow[],
  adopted: string | null,
): z.output<typeof observedContainerSchema> | null {
  const row = rows.find(({ name }) => name === adopted) ?? rows[0];
  if (row === undefined) return null;
  const { pid, startedAt, finishedAt, exitCode, oomKilled } = row.facts;
  return {
    containerId: row.containerId,
    containerName: row.name,
    state: row.state,
    pid,
    startedAt,
    exit: exitCode === null ? null : { code: exitCode, oomKilled, at: finishedAt },
    adopted: row.name === adopted,
    observedAt: row.observedAt,
  };
}

/** Takes note of a container that is shown differently now, and of the service that has had it: it is another one without it. */
function touchContainer(db: WriteDb, where: 'container_id' | 'name', value: string): void {
  const rows = db.all<{ service_id: string }>(
    `SELECT service_id FROM observed WHERE ${where} = @value AND service_id IS NOT NULL`,
    { value },
  );
  for (const { service_id } of rows) db.pending.touched.set(service_id, 'service');
  db.pending.renewed.add('engine');
}

export function putObserved(db: WriteDb, observed: ObservedRow): void {
  touchContainer(db, 'container_id', observed.containerId);
  if (observed.serviceId !== null) db.pending.touched.set(observed.serviceId, 'service');
  db.run(
    `INSERT INTO observed (container_id, service_id, name, image, state, facts, observed_at)
     VALUES (@containerId, @serviceId, @name, @image, @state, @facts, @observedAt)
     ON CONFLICT (container_id) DO UPDATE SET
       service_id = excluded.service_id, name = excluded.name, image = excluded.image, state = excluded.state,
       facts = excluded.facts, observed_at = excluded.observed_at`,
    { ...observed, facts: JSON.stringify(observed.facts) },
  );
}

/** The container of this name belongs to a service from now on. */
export function bindObserved(db: WriteDb, { name, serviceId }: { name: string; serviceId: string | null }): void {
  touchContainer(db, 'name', name);
  if (serviceId !== null) db.pending.touched.set(serviceId, 'service');
  db.run('UPDATE observed SET service_id = @serviceId WHERE name = @name', { name, serviceId });
}

export function deleteObserved(db: WriteDb, containerId: string): void {
  touchContainer(db, 'container_id', containerId);
  db.run('DELETE FROM observed WHERE container_id = @containerId', { containerId });
}
