import type { Conflict } from '#shared/contract/conflicts.ts';
import type { Service, ServiceStatus } from '#shared/contract/services.ts';
import { openConflictOf } from './port-state.ts';

/** What has a shape of its own. */
export type GlyphStatus = ServiceStatus | 'waiting' | 'conflict';

/** A service that waits for a port says so before all else; one that a conflict keeps from starting shows the conflict. */
export function glyphOf(service: Service, conflicts: readonly Conflict[]): GlyphStatus {
  if (service.waits) return 'waiting';
  const held = openConflictOf(service, conflicts);
  return held === undefined || isUp(service) ? service.status : 'conflict';
}

/** Health says something only of what runs; of anything else it would be the memory of an earlier run. */
export function isUp({ status }: Service): boolean {
  return status === 'running' || status === 'unhealthy' || status === 'starting';
}
