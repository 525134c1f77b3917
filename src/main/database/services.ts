import { newId } from '#shared/base/ids.ts';
import type { ServiceEndpointSpec, ServiceSpec } from '#shared/contract/service-spec.ts';
import type { Health, Service, ServiceStatus } from '#shared/contract/services.ts';
import type { ReadDb, WriteDb } from './handle.ts';
import { mainInstance } from './instances.ts';
import { listRanges } from './leases.ts';
import { allParts, type Parts, partsOf, runtimeOf } from './service-parts.ts';

interface Row {
  id: string;
  instance_id: string;
  name: string;
  runtime: string;
  env: string;
  health_check: string | null;
  restart: string;
  limits: string;
  on_conflict: Service['onConflict'];
  desired: Service['desired'];
  status: ServiceStatus;
  status_reason: string | null;
  status_since: string;
  health: Health;
  revision: number;
  applied: string | null;
  waits: 0 | 1;
  adopted_container: string | null;
  start_on_visit: 0 | 1;
  created_at: string;
  updated_at: string;
}

/** A service as the api works with it: the contract's shape and what stays inside. */
export interface StoredService extends Service {
  instanceId: string;
  /** What runs, or ran last, was made from this, see `specHash`. */
  applied: string | null;
  /** The name of the container that was taken over as it ran. */
  adoptedContainer: string | null;
}

function toStored(row: Row, parts: Parts): StoredService {
  return {
    id: row.id,
    instanceId: row.instance_id,
    name: row.name,
    instance: mainInstance,
    status: row.status,
    statusReason: row.status_reason,
    statusSince: row.status_since,
    health: row.health,
    desired: row.desired,
    needsRestart: false,
    waits: row.waits === 1,
    runtime: runtimeOf(parts, row),
    endpoints: parts.endpoints(row.id),
    env: JSON.parse(row.env),
    healthCheck: row.health_check === null ? null : JSON.parse(row.health_check),
    restart: JSON.parse(row.restart),
    limits: JSON.parse(row.limits),
    onConflict: row.on_conflict,
    startOnVisit: row.start_on_visit === 1,
    revision: row.revision,
    applied: row.applied,
    adoptedContainer: row.adopted_container,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** What a reference is: an id has an underscore and a name has none. To ask for either at once takes ten times as long. */
function columnOf(ref: string): 'id' | 'name' {
  return ref.includes('_') ? 'id' : 'name';
}

/** By id or by name; deleted ones are not found. */
export function findService(db: ReadDb, ref: string): StoredService | null {
  const row = db.get<Row>(`SELECT * FROM services WHERE ${columnOf(ref)} = @ref AND deleted_at IS NULL`, { ref });
  return row === undefined ? null : toStored(row, partsOf(db));
}

/** The ids of all that a reference has ever meant, deleted ones included: the newest first. */
export function everKnownAs(db: ReadDb, ref: string): string[] {
  return db
    .all<{ id: string }>(`SELECT id FROM services WHERE ${columnOf(ref)} = @ref ORDER BY id DESC`, { ref })
    .map(({ id }) => id);
}

/** The service that took over the container of this name, if one did. */
export function findByAdoptedContainer(db: ReadDb, name: string): StoredService | null {
  const row = db.get<Row>('SELECT * FROM services WHERE adopted_container = @name AND deleted_at IS NULL', { name });
  return row === undefined ? null : toStored(row, partsOf(db));
}

/** Changes the address that an endpoint is bound to. */
export function updateEndpointAddress(db: WriteDb, endpointId: string, address: string): void {
  const row = db.get<{ service_id: string }>(
    'UPDATE endpoints SET address = @address WHERE id = @endpointId RETURNING service_id',
    { endpointId, address },
  );
  if (row !== undefined) db.pending.touched.set(row.service_id, 'service');
}

/** All that are not deleted, by name. */
export function listServices(db: ReadDb): StoredService[] {
  const parts = allParts(db);
  return db
    .all<Row>('SELECT * FROM services WHERE deleted_at IS NULL ORDER BY name')
    .map((row) => toStored(row, parts));
}

function insertEndpoint(
  db: WriteDb,
  { serviceId, instanceId, position }: { serviceId: string; instanceId: string; position: number },
  endpoint: ServiceEndpointSpec,
): void {
  db.run(
    `INSERT INTO endpoints (id, service_id, instance_id, position, name, protocol, scheme, address, container_port, host_port,
                            range)
     VALUES (@id, @serviceId, @instanceId, @position, @name, @protocol, @scheme, @address, @containerPort, @hostPort, @range)`,
    {
      id: newId('ept'),
      serviceId,
      instanceId,
      position,
      ...endpoint,
      containerPort: endpoint.containerPort ?? null,
      hostPort: endpoint.hostPort === 'auto' ? null : endpoint.hostPort,
      range: rangeOf(db, endpoint),
    },
  );
}

/** A service in short. */
export interface ServiceSummary {
  id: string;
  name: string;
  runtime: ServiceSpec['runtime']['type'];
  status: ServiceStatus;
  /** JSON of the environment and of the command, where the templates stand. */
  env: string;
  command: string | null;
  cwd: string | null;
  waits: 0 | 1;
}

/** All that are not deleted, in short: a fraction of the cost of `listServices`. */
export function listServiceSummaries(db: ReadDb): ServiceSummary[] {
  return db.all<ServiceSummary>(
    `SELECT id, name, runtime ->> '$.type' AS runtime, status, env, runtime -> '$.command' AS command,
            runtime ->> '$.cwd' AS cwd, waits
     FROM services WHERE deleted_at IS NULL`,
  );
}

/** What the endpoints of all services ask for. */
export interface EndpointWish {
  serviceId: string;
  name: string;
  protocol: 'tcp' | 'udp';
  address: string;
  hostPort: number | null;
  range: string;
}

export function listEndpointWishes(db: ReadDb): EndpointWish[] {
  return db.all<EndpointWish>(
    `SELECT e.service_id AS serviceId, e.name, e.protocol, e.address, e.host_port AS hostPort, e.range
     FROM endpoints e JOIN services s ON s.id = e.service_id WHERE s.deleted_at IS NULL ORDER BY e.service_id, e.position`,
  );
}

/** The range that a port belongs to, for an endpoint that names none; `apis` for a port outside of all, and for any port. */
function rangeOf(db: ReadDb, { range, hostPort }: ServiceEndpointSpec): string {
  if (range !== undefined) return range;
  const holds = listRanges(db).find(({ first, last }) => hostPort !== 'auto' && hostPort >= first && hostPort <= last);
  return holds?.name ?? 'apis';
}

/** Stores a new service. False when the name is taken in its instance. */
export function insertService(
  db: WriteDb,
  spec: ServiceSpec,
  { id, instanceId }: { id: string; instanceId: string },
): boolean {
  const taken = db.get(
    'SELECT 1 FROM services WHERE instance_id = @instanceId AND group_id IS NULL AND name = @name AND deleted_at IS NULL',
    { instanceId, name: spec.name },
  );
  if (taken !== undefined) return false;
  const now = new Date().toISOString();
  db.pending.touched.set(id, 'service');
  db.run(
    `INSERT INTO services (id, instance_id, name, runtime, env, health_check, restart, limits, on_conflict,
                           start_on_visit, desired, status, status_since, health, revision, created_at, updated_at)
     VALUES (@id, @instanceId, @name, @runtime, @env, @healthCheck, @restart, @limits, @onConflict, @startOnVisit, 'stopped',
             'created', @now, 'none', 1, @now, @now)`,
    { id, instanceId, name: spec.name, now, ...specColumns(spec) },
  );
  for (const [position, endpoint] of spec.endpoints.entries()) {
    insertEndpoint(db, { serviceId: id, instanceId, position }, endpoint);
  }
  return true;
}

type SpecColumns = Pick<
  ServiceSpec,
  'runtime' | 'env' | 'healthCheck' | 'restart' | 'limits' | 'onConflict' | 'startOnVisit'
>;

function specColumns(spec: SpecColumns) {
  return {
    runtime: JSON.stringify(spec.runtime),
    env: JSON.stringify(spec.env),
    healthCheck: spec.healthCheck === null ? null : JSON.stringify(spec.healthCheck),
    restart: JSON.stringify(spec.restart),
    limits: JSON.stringify(spec.limits),
    onConflict: spec.onConflict,
    startOnVisit: spec.startOnVisit ? 1 : 0,
  };
}

/** Replaces the columns of a specification and counts the revision up. Endpoints are changed by `replaceEndpoints`. */
export function updateService(db: WriteDb, id: string, spec: SpecColumns): void {
  db.pending.touched.set(id, 'service');
  db.run(
    `UPDATE services SET runtime = @runtime, env = @env, health_check = @healthCheck, restart = @restart, limits = @limits,
            on_conflict = @onConflict, start_on_visit = @startOnVisit, revision = revision + 1, updated_at = @now
     WHERE id = @id`,
    { id, now: new Date().toISOString(), ...specColumns(spec) },
  );
}

/** Makes the endpoints of a service these. One of the same name keeps its row, and with it its lease. */
export function replaceEndpoints(db: WriteDb, service: StoredService, endpoints: readonly ServiceEndpointSpec[]): void {
  db.pending.touched.set(service.id, 'service');
  const kept = new Set(endpoints.map(({ name }) => name));
  for (const { id, name } of service.endpoints) {
    if (!kept.has(name)) db.run('DELETE FROM endpoints WHERE id = @id', { id });
  }
  for (const [position, endpoint] of endpoints.entries()) {
    const present = service.endpoints.find(({ name }) => name === endpoint.name);
    if (present === undefined) {
      insertEndpoint(db, { serviceId: service.id, instanceId: service.instanceId, position }, endpoint);
      continue;
    }
    db.run(
      `UPDATE endpoints SET position = @position, protocol = @protocol, scheme = @scheme, address = @address,
              container_port = @containerPort, host_port = @hostPort, range = @range
       WHERE id = @id`,
      {
        id: present.id,
        position,
        protocol: endpoint.protocol,
        scheme: endpoint.scheme,
        address: endpoint.address,
        containerPort: endpoint.containerPort ?? null,
        hostPort: endpoint.hostPort === 'auto' ? null : endpoint.hostPort,
        range: rangeOf(db, endpoint),
      },
    );
  }
}

/** Columns that change as a service lives. Each is left alone unless given. */
export function updateLife(
  db: WriteDb,
  id: string,
  life: {
    desired?: Service['desired'];
    status?: { to: ServiceStatus; reason: string | null };
    health?: Health;
    applied?: string | null;
    waits?: boolean;
    adoptedContainer?: string | null;
  },
): void {
  db.pending.touched.set(id, 'service');
  const now = new Date().toISOString();
  if (life.desired !== undefined) {
    db.run('UPDATE services SET desired = @desired WHERE id = @id', { id, desired: life.desired });
  }
  if (life.status !== undefined) {
    db.run('UPDATE services SET status = @to, status_reason = @reason, status_since = @now WHERE id = @id', {
      id,
      now,
      ...life.status,
    });
  }
  if (life.health !== undefined) {
    db.run('UPDATE services SET health = @health WHERE id = @id', { id, health: life.health });
  }
  if (life.applied !== undefined) {
    db.run('UPDATE services SET applied = @applied WHERE id = @id', { id, applied: life.applied });
  }
  if (life.waits !== undefined) {
    db.run('UPDATE services SET waits = @waits WHERE id = @id', { id, waits: life.waits ? 1 : 0 });
  }
  if (life.adoptedContainer !== undefined) {
    db.run('UPDATE services SET adopted_container = @container WHERE id = @id', {
      id,
      container: life.adoptedContainer,
    });
  }
}

/** Takes a service away; its row, operations and events stay for the history. Endpoints and leases go. */
export function markDeleted(db: WriteDb, id: string): void {
  db.pending.touched.set(id, 'service');
  const now = new Date().toISOString();
  db.run('DELETE FROM endpoints WHERE service_id = @id', { id });
  db.run('UPDATE observed SET service_id = NULL WHERE service_id = @id', { id });
  db.run('DELETE FROM observed_processes WHERE service_id = @id', { id });
  db.run('DELETE FROM observed_externals WHERE service_id = @id', { id });
  db.run('UPDATE services SET deleted_at = @now, updated_at = @now, waits = 0 WHERE id = @id', { id, now });
}

/** How many services are in each status; statuses that none is in are absent. */
export function countServicesByStatus(db: ReadDb): Map<ServiceStatus, number> {
  const rows = db.all<{ status: ServiceStatus; n: number }>(
    'SELECT status, count(*) AS n FROM services WHERE deleted_at IS NULL GROUP BY status',
  );
  return new Map(rows.map(({ status, n }) => [status, n]));
}
