import { createHash } from 'node:crypto';
import type { Service } from '#shared/contract/services.ts';
import type { StoredService } from '../../database/services.ts';

/**
 * What a container is made from, as a short hash: image and command, environment, limits, and the ports with their leases. Two
 * equal hashes mean that the present container can be started as it is.
 */
export function specHash(service: Service): string {
  const { observed: _observed, ...runtime } = service.runtime;
  const ports = service.endpoints.map(({ protocol, address, containerPort, lease }) => [
    protocol,
    address,
    containerPort,
    lease?.port ?? null,
  ]);
  const text = JSON.stringify([runtime, Object.entries(service.env).sort(), service.limits, ports]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

const active: ReadonlySet<Service['status']> = new Set(['starting', 'running', 'unhealthy']);

/** A stored service as the contract shows it. */
export function toService(stored: StoredService): Service {
  const { instanceId: _instanceId, applied, ...service } = stored;
  return { ...service, needsRestart: active.has(service.status) && applied !== null && applied !== specHash(service) };
}
