import type { Client } from '#shared/client/client.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import type { DetectedConflict } from '#shared/contract/conflicts.ts';
import type { WantedClaim } from '#shared/contract/internal.ts';
import type { CoreDb } from '../../database/core-db.ts';
import { appendEvent } from '../../database/events.ts';
import type { WriteDb } from '../../database/handle.ts';
import { putLease } from '../../database/leases.ts';
import { findService, type StoredService } from '../../database/services.ts';
import { type Provenance, serviceSubject } from './actors.ts';

type Endpoint = StoredService['endpoints'][number];

/** A port that an endpoint shall have, and why. */
export interface PortChoice {
  endpoint: Endpoint;
  port: number;
  reason: string;
}

function claimOf(service: StoredService, { endpoint, port }: PortChoice): WantedClaim {
  return {
    service: { id: service.id, name: service.name },
    endpoint: endpoint.name,
    protocol: endpoint.protocol,
    address: endpoint.address,
    port,
    range: endpoint.range,
  };
}

/** The port that each endpoint shall have: the one it leases, the one it wants, or one of its range. */
export async function choosePorts(resolver: Client, service: StoredService): Promise<PortChoice[]> {
  const choices: PortChoice[] = [];
  for (const endpoint of service.endpoints) {
    if (endpoint.lease !== null) {
      choices.push({ endpoint, port: endpoint.lease.port, reason: endpoint.lease.reason });
    } else if (endpoint.hostPort !== 'auto') {
      choices.push({ endpoint, port: endpoint.hostPort, reason: 'wanted' });
    } else {
      const { items } = await resolver.internal.suggestPorts({
        range: endpoint.range,
        near: null,
        // One more than the others could have taken of the same answer.
        count: choices.length + 1,
        protocol: endpoint.protocol,
        address: endpoint.address,
      });
      const free = items.find(({ port }) => !choices.some((choice) => choice.port === port));
      if (free === undefined) {
        throw new ClosError(
          'RANGE_EXHAUSTED',
          `The range "${endpoint.range}" has no free port left for ${endpoint.name}.`,
        );
      }
      choices.push({ endpoint, port: free.port, reason: free.reason });
    }
  }
  return choices;
}

/** What stands in the way of these ports now. Warnings do not. */
export async function findBlocking(
  resolver: Client,
  service: StoredService,
  choices: readonly PortChoice[],
): Promise<DetectedConflict[]> {
  if (choices.length === 0) return [];
  const { conflicts } = await resolver.internal.checkPorts({
    wanted: choices.map((choice) => claimOf(service, choice)),
  });
  return conflicts.filter(({ severity }) => severity === 'blocking');
}

/** Gives one port to an endpoint, with its event. False when another endpoint was quicker. */
export function grantLease(write: WriteDb, service: StoredService, grant: PortChoice & Provenance): boolean {
  const { endpoint, port, reason, actor, cause } = grant;
  const previous = endpoint.lease;
  if (previous?.port === port && previous.address === endpoint.address) return true;
  const { protocol, address } = endpoint;
  const id = putLease(write, {
    endpointId: endpoint.id,
    instanceId: service.instanceId,
    protocol,
    address,
    port,
    reason,
  });
  if (id === null) return false;
  const data = { leaseId: id, serviceId: service.id, endpoint: endpoint.name, protocol, address, port, reason };
  const subject = serviceSubject(service);
  if (previous === null || previous.port === port)
    appendEvent(write, { type: 'lease.granted', subject, actor, cause, data });
  else
    appendEvent(write, { type: 'lease.moved', subject, actor, cause, data: { ...data, previousPort: previous.port } });
  return true;
}

/** Stores all leases or none. False when a port was given to another endpoint meanwhile. */
export async function commitLeases(
  db: CoreDb,
  service: StoredService,
  grant: { choices: readonly PortChoice[] } & Provenance,
): Promise<boolean> {
  const { choices, actor, cause } = grant;
  const fresh = choices.filter(({ endpoint, port }) => endpoint.lease?.port !== port);
  if (fresh.length === 0) return true;
  const taken = new Error('taken');
  try {
    await db.commit((write) => {
      const latest = findService(write, service.id);
      for (const choice of fresh) {
        const endpoint = latest?.endpoints.find(({ id }) => id === choice.endpoint.id);
        if (
          latest === null ||
          endpoint === undefined ||
          !grantLease(write, latest, { ...choice, endpoint, actor, cause })
        ) {
          throw taken;
        }
      }
    });
    return true;
  } catch (error) {
    if (error === taken) return false;
    throw error;
  }
}
