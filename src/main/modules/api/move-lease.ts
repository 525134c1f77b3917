import { ClosError } from '#shared/contract/clos-error.ts';
import { findService, type StoredService } from '../../database/services.ts';
import type { Provenance } from './actors.ts';
import type { ApiContext } from './api-context.ts';
import { portConflict } from './conflict-record.ts';
import { grantLease, type PortChoice, releaseLease } from './leases.ts';
import { choosePorts, findBlocking } from './port-check.ts';
import { isActive } from './service-view.ts';

function assertIdle(api: ApiContext, service: StoredService): void {
  const operation = api.commands.current(service.id);
  if (operation === null) return;
  throw new ClosError('SERVICE_BUSY', `${service.name} is busy: ${operation.type} has not ended.`, {
    extra: { operationId: operation.id },
  });
}

function endpointOf(service: StoredService, name: string | undefined) {
  const endpoint = name === undefined ? service.endpoints[0] : service.endpoints.find((one) => one.name === name);
  if (endpoint !== undefined) return endpoint;
  throw new ClosError('NOT_FOUND', `${service.name} has no endpoint${name === undefined ? '' : ` "${name}"`}.`);
}

/**
 * Gives an endpoint another port, if it can be had. A running service keeps listening where it is and shows `needsRestart`: a port
 * never moves under somebody's hands. Resolves with the lease's id.
 */
export async function moveLease(
  api: ApiContext,
  { service, endpoint: name, port }: { service: StoredService; endpoint: string | undefined; port: number | 'auto' },
  who: Provenance,
): Promise<string> {
  assertIdle(api, service);
  const endpoint = endpointOf(service, name);
  const resolver = api.module.sibling('resolver');
  const unleased = { ...service, endpoints: [{ ...endpoint, lease: null, hostPort: port }] };
  const [chosen] = await choosePorts(resolver, unleased);
  if (chosen === undefined) throw new Error('An endpoint without a choice');
  const choice: PortChoice = {
    endpoint,
    port: chosen.port,
    reason: port === 'auto' ? chosen.reason : `moved by ${who.actor.name}`,
  };
  const conflicts = endpoint.lease?.port === choice.port ? [] : await findBlocking(resolver, service, [choice]);
  if (conflicts.length > 0) throw portConflict(conflicts);
  return await api.db.commit((write) => {
    const latest = findService(write, service.id);
    const current = latest?.endpoints.find(({ id }) => id === endpoint.id);
    if (
      latest === null ||
      current === undefined ||
      !grantLease(write, latest, { ...choice, endpoint: current, ...who })
    ) {
      throw new ClosError('PORT_CONFLICT', `:${choice.port} was leased to another service meanwhile.`, {
        extra: { conflicts: [] },
      });
    }
    return findService(write, service.id)?.endpoints.find(({ id }) => id === endpoint.id)?.lease?.id ?? '';
  });
}

/** Takes the port of an endpoint back. What runs still needs it. */
export async function releasePort(
  api: ApiContext,
  { serviceId, endpoint: name }: { serviceId: string; endpoint: string },
  who: Provenance,
): Promise<void> {
  await api.db.commit((write) => {
    const service = findService(write, serviceId);
    const endpoint = service?.endpoints.find((one) => one.name === name);
    if (service === null || endpoint === undefined) return;
    assertIdle(api, service);
    if (isActive(service)) {
      throw new ClosError(
        'LEASE_IN_USE',
        `${service.name} runs on :${endpoint.lease?.port}. Stop it first: clos stop ${service.name}`,
      );
    }
    releaseLease(write, service, { endpoint, ...who });
  });
}
