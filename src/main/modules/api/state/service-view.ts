import { createHash } from 'node:crypto';
import { isClosError } from '#shared/contract/clos-error.ts';
import type { Service } from '#shared/contract/services.ts';
import type { ReadDb } from '../../../database/handle.ts';
import type { StoredService } from '../../../database/services.ts';
import { type Rendered, renderService } from './environment.ts';

/** A service whose templates lead nowhere can still be shown: by the templates themselves. */
export function renderOrNull(db: ReadDb, service: Service, changed?: Service): Rendered | null {
  try {
    return renderService(db, service, changed);
  } catch (error) {
    if (isClosError(error, 'ENV_UNRESOLVED')) return null;
    throw error;
  }
}

/**
 * What a container or process is made from, as a short hash: the runtime, the environment with its templates filled in, limits,
 * and the ports with their leases. Two equal hashes mean that what runs is as it should be, and that a present container can
 * be started as it is. With `changed` it is what it will be then.
 */
export function specHash(db: ReadDb, service: Service, changed?: Service): string {
  const { observed: _observed, ...runtime } = service.runtime;
  const rendered = renderOrNull(db, service, changed);
  const ports = service.endpoints.map(({ protocol, address, containerPort, lease }) => [
    protocol,
    address,
    containerPort,
    lease?.port ?? null,
  ]);
  const env = Object.entries(rendered?.env ?? service.env).sort();
  const text = JSON.stringify([{ ...runtime, command: rendered?.command }, env, service.limits, ports]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

const active: ReadonlySet<Service['status']> = new Set(['starting', 'running', 'unhealthy']);

/** True while something of the service runs, or is about to. */
export function isActive(service: Pick<Service, 'status'>): boolean {
  return active.has(service.status);
}

/** True when the runtime showed that it runs, when it was looked at last. */
export function isUp({ runtime }: Pick<Service, 'runtime'>): boolean {
  switch (runtime.type) {
    case 'container':
    case 'process':
      return runtime.observed?.state === 'running';
    case 'external':
      return runtime.observed?.answering === true;
  }
}

/** A stored service as the contract shows it. */
export function toService(db: ReadDb, stored: StoredService): Service {
  const { instanceId: _instanceId, applied, adoptedContainer: _adoptedContainer, ...service } = stored;
  return { ...service, needsRestart: isActive(service) && applied !== null && applied !== specHash(db, service) };
}
