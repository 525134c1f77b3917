import { ClosError } from '#shared/contract/clos-error.ts';
import { findService, type StoredService } from '../../../database/services.ts';
import type { Provenance } from '../access/actors.ts';
import type { ApiContext } from '../api-context.ts';
import { portConflict } from '../conflicts/conflict-record.ts';
import { isActive } from '../state/service-view.ts';
import { grantLease, type PortChoice, portTaken, releaseLease } from './leases.ts';
import { choosePorts, findBlocking } from './port-check.ts';

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

/** Leases a port to an endpoint, in place of the one that it has. Null when somebody else has it meanwhile. */
async function grant(
  api: ApiContext,
  { service, choice }: { service: StoredService; choice: PortChoice },
  who: Provenance,
): Promise<string | null> {
  return await api.db.commit((write) => {
    const latest = findService(write, service.id);
    const endpoint = latest?.endpoints.find(({ id }) => id === choice.endpoint.id);
    if (latest === null || endpoint === undefined) throw new ClosError('NOT_FOUND', `${service.name} has changed.`);
    if (!grantLease(write, latest, { ...choice, endpoint, ...who })) return null;
    return findService(write, service.id)?.endpoints.find(({ id }) => id === endpoint.id)?.lease?.id ?? null;
  });
}

/** Any free port of the endpoint's range. */
async function moveAnywhere(
  api: ApiContext,
  { service, endpoint }: { service: StoredService; endpoint: StoredService['endpoints'][number] },
  who: Provenance,
): Promise<string> {
  const resolver = api.module.sibling('resolver');
  return await api.allocation.untilHad(service.name, async () => {
    const unleased = { ...service, endpoints: [{ ...endpoint, lease: null, hostPort: 'auto' as const }] };
    const [chosen] = await choosePorts(resolver, unleased);
    if (chosen === undefined) throw new Error('An endpoint without a choice');
    const choice: PortChoice = { ...chosen, endpoint };
    if ((await findBlocking(resolver, service, [choice])).length > 0) return null;
    return await grant(api, { service, choice }, who);
  });
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
  if (port === 'auto') return await moveAnywhere(api, { service, endpoint }, who);
  const choice: PortChoice = { endpoint, port, reason: `moved by ${who.actor.name}` };
  const resolver = api.module.sibling('resolver');
  const conflicts = endpoint.lease?.port === port ? [] : await findBlocking(resolver, service, [choice]);
  if (conflicts.length > 0) throw portConflict(conflicts);
  const id = await grant(api, { service, choice }, who);
  if (id !== null) return id;
  throw portTaken(api, { protocol: endpoint.protocol, port });
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
