import type { Service } from '#shared/contract/services.ts';
import { isUp } from './glyph.ts';
import { portOf } from './port-state.ts';
import { agoWords } from './time.ts';

/** "starts by itself when :3000 frees", of a service that waits. */
export function waitingWords(service: Service): string {
  const ports = service.endpoints.map(portOf).filter((port) => port !== null);
  if (ports.length === 1) return `starts by itself when :${ports[0]} frees`;
  return 'starts by itself when its ports free';
}

/** "running", "failed 2 min ago: exit 1", "unhealthy: no answer within 2 s". */
export function statusWords(service: Service, nowMs: number): string {
  const { status, statusReason, statusSince } = service;
  if (service.waits) return waitingWords(service);
  const reason = statusReason === null ? '' : `: ${statusReason}`;
  switch (status) {
    case 'failed':
      return `failed ${agoWords(statusSince, nowMs)}${reason}`;
    case 'created':
      return 'not started yet';
    case 'running':
      if (service.runtime.type === 'external') return 'answers';
      return service.needsRestart ? 'running, restart to apply changes' : 'running';
    case 'stopped':
      return service.runtime.type === 'external' ? 'nobody answers' : status + reason;
    default:
      return status + reason;
  }
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
