import { newId } from '#shared/base/ids.ts';
import type { RateLimit } from '#shared/contract/routes.ts';
import type { ReadDb, WriteDb } from './handle.ts';

/** Where a route that was made leads to. */
export interface StoredTarget {
  serviceId: string;
  /** Null: the first endpoint that speaks HTTP. */
  endpoint: string | null;
  draining: boolean;
}

/** A route that was made. */
export interface StoredRoute {
  id: string;
  name: string;
  path: string;
  stripPath: boolean;
  rateLimit: RateLimit | null;
  targets: StoredTarget[];
  createdAt: string;
  updatedAt: string;
}

interface Row {
  id: string;
  name: string;
  path: string;
  strip_path: 0 | 1;
  rate_limit: string | null;
  created_at: string;
  updated_at: string;
}

interface TargetRow {
  route_id: string;
  service_id: string;
  endpoint: string | null;
  draining: 0 | 1;
}

function toRoute(row: Row, targets: readonly TargetRow[]): StoredRoute {
  return {
    id: row.id,
    name: row.name,
    path: row.path,
    stripPath: row.strip_path === 1,
    rateLimit: row.rate_limit === null ? null : JSON.parse(row.rate_limit),
    targets: targets.map(({ service_id: serviceId, endpoint, draining }) => ({
      serviceId,
      endpoint,
      draining: draining === 1,
    })),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** All that were made, by name and path. */
export function listStoredRoutes(db: ReadDb): StoredRoute[] {
  const targets = Map.groupBy(
    db.all<TargetRow>('SELECT * FROM route_targets ORDER BY route_id, position'),
    (row) => row.route_id,
  );
  return db.all<Row>('SELECT * FROM routes ORDER BY name, path').map((row) => toRoute(row, targets.get(row.id) ?? []));
}

export function findStoredRoute(db: ReadDb, id: string): StoredRoute | null {
  const row = db.get<Row>('SELECT * FROM routes WHERE id = @id', { id });
  if (row === undefined) return null;
  return toRoute(row, db.all<TargetRow>('SELECT * FROM route_targets WHERE route_id = @id ORDER BY position', { id }));
}

function replaceTargets(db: WriteDb, routeId: string, targets: readonly StoredTarget[]): void {
  db.run('DELETE FROM route_targets WHERE route_id = @routeId', { routeId });
  for (const [position, { serviceId, endpoint, draining }] of targets.entries()) {
    db.run(
      `INSERT INTO route_targets (route_id, service_id, endpoint, position, draining)
       VALUES (@routeId, @serviceId, @endpoint, @position, @draining)`,
      { routeId, serviceId, endpoint, position, draining: draining ? 1 : 0 },
    );
  }
}

/** Stores a new route. Returns its id, or null when its name and path are another's. */
export function insertRoute(
  db: WriteDb,
  route: Omit<StoredRoute, 'id' | 'createdAt' | 'updatedAt'> & { instanceId: string },
): string | null {
  const id = newId('rte');
  const { changes } = db.run(
    `INSERT INTO routes (id, instance_id, name, path, strip_path, rate_limit, created_at, updated_at)
     VALUES (@id, @instanceId, @name, @path, @stripPath, @rateLimit, @now, @now) ON CONFLICT (name, path) DO NOTHING`,
    {
      id,
      instanceId: route.instanceId,
      name: route.name,
      path: route.path,
      ...columnsOf(route),
    },
  );
  if (changes === 0) return null;
  replaceTargets(db, id, route.targets);
  return id;
}

function columnsOf({ stripPath, rateLimit }: Pick<StoredRoute, 'stripPath' | 'rateLimit'>) {
  return {
    stripPath: stripPath ? 1 : 0,
    rateLimit: rateLimit === null ? null : JSON.stringify(rateLimit),
    now: new Date().toISOString(),
  };
}

/** Makes a route this, but for its name and path, which are what it is. */
export function updateRoute(db: WriteDb, route: Omit<StoredRoute, 'createdAt' | 'updatedAt'>): void {
  db.run('UPDATE routes SET strip_path = @stripPath, rate_limit = @rateLimit, updated_at = @now WHERE id = @id', {
    id: route.id,
    ...columnsOf(route),
  });
  replaceTargets(db, route.id, route.targets);
}

export function deleteRoute(db: WriteDb, id: string): void {
  db.run('DELETE FROM routes WHERE id = @id', { id });
}
