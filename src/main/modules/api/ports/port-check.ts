import type { Client } from '#shared/client/client.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import type { DetectedConflict } from '#shared/contract/conflicts.ts';
import type { WantedClaim } from '#shared/contract/internal.ts';
import type { CoreDb } from '../../../database/core-db.ts';
import { findService, type StoredService } from '../../../database/services.ts';
import type { Provenance } from '../access/actors.ts';
import { grantLease, type PortChoice } from './leases.ts';

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

/** A port of the host, without an address. */
export type GivenPort = Pick<WantedClaim, 'protocol' | 'port'>;

/**
 * The port that each endpoint shall have: the one it leases, the one it wants, or one of its range. `given` are ports that others
 * are about to have.
 */
export async function choosePorts(
  resolver: Client,
  service: StoredService,
  given: readonly GivenPort[] = [],
): Promise<PortChoice[]> {
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
        count: 1,
        refused: portsOf(endpoint.protocol, [...given, ...choices.map(toGiven)]),
        protocol: endpoint.protocol,
        address: endpoint.address,
      });
      const [free] = items;
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

export function toGiven({ endpoint: { protocol }, port }: PortChoice): GivenPort {
  return { protocol, port };
}

function portsOf(protocol: string, given: readonly GivenPort[]): number[] {
  return given.filter((one) => one.protocol === protocol).map(({ port }) => port);
}

/** What stands in the way of these ports now. Warnings do not. */
export async function findBlocking(
  resolver: Client,
  service: StoredService,
  choices: readonly PortChoice[],
): Promise<DetectedConflict[]> {
  return await findBlockingOf(
    resolver,
    choices.map((choice) => ({ service, choice })),
  );
}

/** The same for ports of several services at once: of two that want one port, the first one has it. */
export async function findBlockingOf(
  resolver: Client,
  wanted: ReadonlyArray<{ service: StoredService; choice: PortChoice }>,
): Promise<DetectedConflict[]> {
  if (wanted.length === 0) return [];
  const { conflicts } = await resolver.internal.checkPorts({
    wanted: wanted.map(({ service, choice }) => claimOf(service, choice)),
  });
  return conflicts.filter(({ severity }) => severity === 'blocking');
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
