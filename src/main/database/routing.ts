import { reachableAddress } from '#shared/contract/places.ts';
import { type Route, type RouteTarget, reservedRouteName, type TargetState } from '#shared/contract/routes.ts';
import { isWeb, schemeOf } from '#shared/contract/schemes.ts';
import type { Health, ServiceStatus } from '#shared/contract/services.ts';
import type { ReadDb } from './handle.ts';
import { mainInstance } from './instances.ts';
import { listStoredRoutes, type StoredTarget } from './routes.ts';

/** A route as the tables tell it; where the gateway listens and which checkout answers is known elsewhere. */
export type RoutingEntry = Omit<Route, 'url' | 'targets'> & { targets: RoutingTarget[] };
export type RoutingTarget = Omit<RouteTarget, 'checkout' | 'address'> & {
  /** Where it is reached from this machine. */
  address: { host: string; port: number } | null;
  /** The folder that a process runs in. */
  cwd: string | null;
  statusSince: string;
};

interface Row {
  service_id: string;
  service: string;
  status: ServiceStatus;
  status_reason: string | null;
  status_since: string;
  desired: 'running' | 'stopped';
  health: Health;
  waits: 0 | 1;
  start_on_visit: 0 | 1;
  cwd: string | null;
  endpoint_id: string;
  endpoint: string;
  protocol: 'tcp' | 'udp';
  scheme: string;
  container_port: number | null;
  host_port: number | null;
  lease_address: string | null;
  lease_port: number | null;
}

const rows = `
  SELECT s.id AS service_id, s.name AS service, s.status, s.status_reason, s.status_since, s.desired, s.health, s.waits,
         s.start_on_visit, s.runtime ->> '$.cwd' AS cwd, e.id AS endpoint_id, e.name AS endpoint, e.protocol, e.scheme,
         e.container_port, e.host_port, l.address AS lease_address, l.port AS lease_port
  FROM services s JOIN endpoints e ON e.service_id = s.id LEFT JOIN leases l ON l.endpoint_id = e.id
  WHERE s.deleted_at IS NULL ORDER BY s.name, e.position`;

interface Rival {
  id: string;
  service_id: string;
  endpoint: string | null;
  kind: string;
  severity: string;
  holder: string;
  pid: number | null;
}

/** Those who answer at, or beside, the address of a service: the kinds of conflicts that mean somebody listens. */
const rivals = `
  SELECT id, service_id, detail ->> '$.wanted.endpoint' AS endpoint, kind, detail ->> '$.severity' AS severity,
         detail ->> '$.holder.name' AS holder, detail ->> '$.holder.pid' AS pid
  FROM port_conflicts
  WHERE state = 'open' AND service_id IS NOT NULL AND kind IN ('process', 'container', 'shadowed')`;

const sentences: Partial<Record<ServiceStatus, string>> = {
  created: 'It has not been started yet.',
  stopped: 'It was stopped.',
  stopping: 'It is being stopped.',
  failed: 'It has failed.',
  unknown: 'Its engine is away.',
};

function stateOf(row: Row, rival: Rival | undefined): { state: TargetState; reason: string | null } {
  const reason = row.status_reason ?? sentences[row.status] ?? null;
  switch (row.status) {
    case 'running':
    case 'unhealthy': {
      if (row.lease_port === null) return { state: 'down', reason: 'Its endpoint has no port.' };
      const who = rival === undefined ? '' : `${rival.holder}${rival.pid === null ? '' : ` (pid ${rival.pid})`}`;
      if (rival !== undefined && rival.kind !== 'shadowed' && rival.severity === 'blocking') {
        return { state: 'taken', reason: `${who} answers at its address.` };
      }
      if (row.status === 'unhealthy' || row.health === 'unhealthy') return { state: 'unhealthy', reason };
      const beside = rival === undefined ? null : `localhost:${row.lease_port} may reach ${who}; this name does not.`;
      return { state: 'ready', reason: beside };
    }
    case 'starting':
      return { state: 'starting', reason };
    case 'unknown':
      return { state: 'unknown', reason };
    default: {
      if (row.waits === 1) return { state: 'starting', reason: reason ?? 'It waits for its port.' };
      const returns = row.desired === 'running' && row.status !== 'failed' && row.status !== 'created';
      return { state: returns ? 'starting' : 'down', reason };
    }
  }
}

function endpointOf(row: Row) {
  return {
    name: row.endpoint,
    protocol: row.protocol,
    scheme: row.scheme,
    containerPort: row.container_port,
    hostPort: row.host_port ?? ('auto' as const),
  };
}

function toTarget(row: Row, rival: Rival | undefined, draining: boolean): RoutingTarget {
  const address =
    row.lease_port === null || row.lease_address === null
      ? null
      : { host: reachableAddress(row.lease_address), port: row.lease_port };
  return {
    service: { id: row.service_id, name: row.service, instance: mainInstance },
    endpoint: row.endpoint,
    scheme: schemeOf(endpointOf(row)),
    address,
    ...stateOf(row, rival),
    status: row.status,
    statusSince: row.status_since,
    conflictId: rival?.id ?? null,
    draining,
    startOnVisit: row.start_on_visit === 1,
    cwd: row.cwd,
  };
}

/** The id of the route that an endpoint has by itself: the endpoint's own, under the prefix of routes. */
function automaticId(endpointId: string): string {
  return endpointId.replace(/^ept_/, 'rte_');
}

/**
 * Every route: those that were made, and one for each endpoint that speaks HTTP. The first such endpoint of a service has the
 * service's name, the others are before it (`admin.web`); one that is called as the dashboard is has none. A route that was made has precedence over one that was not.
 */
export function readRouting(db: ReadDb): RoutingEntry[] {
  const endpoints = db.all<Row>(rows);
  const open = db.all<Rival>(rivals);
  const rivalOf = (row: Row) =>
    open.find(({ service_id, endpoint }) => service_id === row.service_id && endpoint === row.endpoint);
  const webOf = Map.groupBy(
    endpoints.filter((row) => isWeb(endpointOf(row))),
    (row) => row.service_id,
  );
  const taken = new Map<string, string>();
  const made = listStoredRoutes(db).map((route): RoutingEntry => {
    taken.set(`${route.name}${route.path}`, route.id);
    const rowOf = ({ serviceId, endpoint }: StoredTarget) =>
      endpoint === null
        ? webOf.get(serviceId)?.[0]
        : endpoints.find((row) => row.service_id === serviceId && row.endpoint === endpoint);
    const targets = route.targets.flatMap((target) => {
      const row = rowOf(target);
      return row === undefined ? [] : [toTarget(row, rivalOf(row), target.draining)];
    });
    return { ...route, kind: 'custom', shadowedBy: null, targets };
  });
  const named = [...webOf.values()].filter(([first]) => first?.service !== reservedRouteName);
  const automatic = named.flatMap((group) =>
    group.map((row, index): RoutingEntry => {
      const id = automaticId(row.endpoint_id);
      const name = index === 0 ? row.service : `${row.endpoint}.${row.service}`;
      const shadowedBy = taken.get(`${name}/`) ?? null;
      if (shadowedBy === null) taken.set(`${name}/`, id);
      return {
        id,
        kind: 'automatic',
        name,
        path: '/',
        stripPath: false,
        rateLimit: null,
        targets: [toTarget(row, rivalOf(row), false)],
        shadowedBy,
        createdAt: null,
        updatedAt: null,
      };
    }),
  );
  return [...made, ...automatic].sort((one, other) => (key(one) < key(other) ? -1 : 1));
}

function key({ name, path, id }: RoutingEntry): string {
  return `${name} ${path} ${id}`;
}
