import { assertNever } from '#shared/base/assert-never.ts';
import { hostInUrl, reachableAddress } from '#shared/contract/places.ts';
import { schemeOf } from '#shared/contract/schemes.ts';
import type { ServiceSpec } from '#shared/contract/service-spec.ts';
import type { Service } from '#shared/contract/services.ts';
import type { ReadDb } from './handle.ts';
import { containerOf, listObservedOfServices, type ObservedRow, observedOfService } from './observed.ts';
import { listObservedExternals, observedExternal } from './observed-externals.ts';
import { listObservedProcesses, observedProcess } from './observed-processes.ts';

interface EndpointRow {
  service_id: string;
  id: string;
  name: string;
  protocol: 'tcp' | 'udp';
  scheme: string;
  address: string;
  container_port: number | null;
  host_port: number | null;
  range: string;
  lease_id: string | null;
  lease_port: number | null;
  lease_address: string | null;
  lease_since: string | null;
  lease_reason: string | null;
}

/** How a client of this machine reaches a published port. */
function urlOf(scheme: string, address: string, port: number): string {
  return `${scheme}://${hostInUrl(reachableAddress(address))}:${port}`;
}

function toEndpoint(row: EndpointRow): Service['endpoints'][number] {
  const lease =
    row.lease_id === null || row.lease_port === null
      ? null
      : {
          id: row.lease_id,
          port: row.lease_port,
          protocol: row.protocol,
          address: row.lease_address ?? row.address,
          since: row.lease_since ?? '',
          reason: row.lease_reason ?? '',
        };
  const endpoint = {
    id: row.id,
    name: row.name,
    protocol: row.protocol,
    scheme: row.scheme,
    address: row.address,
    containerPort: row.container_port,
    hostPort: row.host_port ?? ('auto' as const),
    range: row.range,
  };
  return { ...endpoint, lease, url: lease === null ? null : urlOf(schemeOf(endpoint), lease.address, lease.port) };
}

const endpointRows = `
  SELECT e.*, l.id AS lease_id, l.port AS lease_port, l.address AS lease_address, l.since AS lease_since,
         l.reason AS lease_reason
  FROM endpoints e LEFT JOIN leases l ON l.endpoint_id = e.id`;

/** Where the parts of services are found that other tables have. */
export interface Parts {
  endpoints(serviceId: string): Service['endpoints'];
  /** The containers of a service, newest observation first. */
  containers(serviceId: string): readonly ObservedRow[];
  process(serviceId: string): ReturnType<typeof observedProcess>;
  external(serviceId: string): ReturnType<typeof observedExternal>;
}

/** The parts of few services, asked for one by one. */
export function partsOf(db: ReadDb): Parts {
  return {
    endpoints: (serviceId) =>
      db
        .all<EndpointRow>(`${endpointRows} WHERE e.service_id = @serviceId ORDER BY e.position`, { serviceId })
        .map(toEndpoint),
    containers: (serviceId) => observedOfService(db, serviceId),
    process: (serviceId) => observedProcess(db, serviceId),
    external: (serviceId) => observedExternal(db, serviceId),
  };
}

/** The parts of all services, read at once. */
export function allParts(db: ReadDb): Parts {
  const endpoints = Map.groupBy(db.all<EndpointRow>(`${endpointRows} ORDER BY e.position`), (row) => row.service_id);
  const containers = Map.groupBy(listObservedOfServices(db), (row) => row.serviceId);
  const processes = new Map(
    listObservedProcesses(db).map(({ serviceId, serviceName: _, ...seen }) => [serviceId, seen]),
  );
  const externals = new Map(listObservedExternals(db).map(({ serviceId, ...seen }) => [serviceId, seen]));
  return {
    endpoints: (serviceId) => (endpoints.get(serviceId) ?? []).map(toEndpoint),
    containers: (serviceId) => containers.get(serviceId) ?? [],
    process: (serviceId) => processes.get(serviceId) ?? null,
    external: (serviceId) => externals.get(serviceId) ?? null,
  };
}

/** What a service was asked to be, with what was seen of it. */
export function runtimeOf(
  parts: Parts,
  row: { id: string; runtime: string; adopted_container: string | null },
): Service['runtime'] {
  const runtime: ServiceSpec['runtime'] = JSON.parse(row.runtime);
  switch (runtime.type) {
    case 'container':
      return { ...runtime, observed: containerOf(parts.containers(row.id), row.adopted_container) };
    case 'process':
      return { ...runtime, observed: parts.process(row.id) };
    case 'external':
      return { ...runtime, observed: parts.external(row.id) };
    default:
      return assertNever(runtime, 'runtime');
  }
}
