import type { Conflict, Holder } from '#shared/contract/conflicts.ts';
import type { PortRow } from '#shared/contract/ports.ts';
import type { Service } from '#shared/contract/services.ts';

export type Protocol = PortRow['protocol'];

/** How a port looks. Each has a shape and a fill of its own, see `PortGlyph` and `PortChip`. */
export const portLooks = [
  'used',
  'leased',
  'foreign',
  'claimed',
  'reserved',
  'contested',
  'clos',
  'wanted',
  'free',
] as const;
export type PortLook = (typeof portLooks)[number];

export const portLookWords: Record<PortLook, string> = {
  used: 'leased, in use',
  leased: 'leased, idle',
  foreign: 'in use, nobody leased it',
  claimed: 'claimed by a container that does not run',
  reserved: 'reserved',
  contested: 'contested',
  clos: 'used by CLOS itself',
  wanted: 'asked for, no lease yet',
  free: 'free',
};

export function lookOf({ state, listening }: Pick<PortRow, 'state' | 'listening'>): PortLook {
  switch (state) {
    case 'leased':
      return listening ? 'used' : 'leased';
    case 'listening':
      return 'foreign';
    default:
      return state;
  }
}

/** Whoever listens without a lease; of a program, the project that it seems to belong to. */
function strangerLabel({ label, holder }: Pick<PortRow, 'label' | 'holder'>): string {
  if (holder === null) return label;
  return holder.type === 'process' ? `${holder.project ?? holder.name}?` : (holder.container?.name ?? holder.name);
}

/** In a word who it is: "web", "blog?" of a program that nobody registered, "web ↔ blog?" where two want it. */
export function labelOf(row: Pick<PortRow, 'state' | 'label' | 'holder' | 'lease'>): string {
  switch (row.state) {
    case 'listening':
      return strangerLabel(row);
    case 'contested':
      return `${row.lease?.service?.name ?? row.label} ↔ ${strangerLabel(row)}`;
    default:
      return row.label;
  }
}

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

export function endpointLook(service: Service, endpoint: ServiceEndpoint, conflicts: readonly Conflict[]): PortLook {
  if (conflicts.some((conflict) => isAbout(conflict, service, endpoint))) return 'contested';
  if (endpoint.lease === null) return 'wanted';
  return service.status === 'running' || service.status === 'unhealthy' ? 'used' : 'leased';
}

/** The open conflict that stands in the way of a service, if there is one. */
export function openConflictOf(service: Service, conflicts: readonly Conflict[]): Conflict | undefined {
  return conflicts.find((conflict) => conflict.state === 'open' && conflict.wanted.serviceId === service.id);
}

/** The port that a text names: "3000" or ":3000". Null for anything else. */
export function portIn(text: string): number | null {
  const digits = /^:?(\d{1,5})$/.exec(text.trim())?.[1];
  const port = Number(digits);
  return digits !== undefined && port >= 1 && port <= 65_535 ? port : null;
}

/** True of a program or a container that no service is yet, and that may be touched. */
export function isAdoptable(holder: Holder | null): holder is Holder {
  if (holder === null || holder.protected || holder.service !== null) return false;
  return holder.type === 'process' || holder.type === 'container';
}
