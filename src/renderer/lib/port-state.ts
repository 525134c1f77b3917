import type { Conflict } from '#shared/contract/conflicts.ts';
import type { Service } from '#shared/contract/services.ts';

/** What a port is to us. Each has a fill and an edge of its own, see `PortChip`. */
export const portStates = ['listening', 'leased', 'claimed', 'contested', 'reserved', 'free'] as const;
export type PortState = (typeof portStates)[number];

export type ServiceEndpoint = Service['endpoints'][number];

/** The port that an endpoint has, or the one it asks for; null as long as any will do. */
export function portOf(endpoint: ServiceEndpoint): number | null {
  if (endpoint.lease !== null) return endpoint.lease.port;
  return endpoint.hostPort === 'auto' ? null : endpoint.hostPort;
}

/** True if the conflict is about this endpoint of this service. */
function isAbout(conflict: Conflict, service: Service, endpoint: ServiceEndpoint): boolean {
  const { wanted } = conflict;
  return conflict.state === 'open' && wanted.serviceId === service.id && wanted.endpoint === endpoint.name;
}

export function endpointState(service: Service, endpoint: ServiceEndpoint, conflicts: readonly Conflict[]): PortState {
  if (conflicts.some((conflict) => isAbout(conflict, service, endpoint))) return 'contested';
  if (endpoint.lease === null) return 'claimed';
  return service.status === 'running' || service.status === 'unhealthy' ? 'listening' : 'leased';
}

/** The open conflict that stands in the way of a service, if there is one. */
export function openConflictOf(service: Service, conflicts: readonly Conflict[]): Conflict | undefined {
  return conflicts.find((conflict) => conflict.state === 'open' && conflict.wanted.serviceId === service.id);
}
