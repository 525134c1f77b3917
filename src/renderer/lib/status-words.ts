import type { Service } from '#shared/contract/services.ts';
import { agoWords } from './time.ts';

/** "running", "failed 2 min ago: exit 1", "unhealthy: no answer within 2 s". */
export function statusWords(service: Service, nowMs: number): string {
  const { status, statusReason, statusSince } = service;
  const reason = statusReason === null ? '' : `: ${statusReason}`;
  switch (status) {
    case 'failed':
      return `failed ${agoWords(statusSince, nowMs)}${reason}`;
    case 'created':
      return 'not started yet';
    case 'running':
      return service.needsRestart ? 'running, restart to apply changes' : 'running';
    default:
      return status + reason;
  }
}

/** Health says something only of what runs; of anything else it would be the memory of an earlier run. */
export function isUp({ status }: Service): boolean {
  return status === 'running' || status === 'unhealthy' || status === 'starting';
}

export function healthWords(service: Service): string {
  if (service.healthCheck === null) return 'no check';
  if (!isUp(service)) return 'not checked while it is down';
  switch (service.health) {
    case 'healthy':
      return 'healthy';
    case 'unhealthy':
      return 'unhealthy';
    case 'starting':
      return 'checking';
    case 'none':
      return 'not checked';
  }
}
