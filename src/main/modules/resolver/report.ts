import type { Listener } from '#main/host/types.ts';
import type { LeaseRow, PortReport } from '#shared/contract/ports.ts';
import { attributeListener } from './attribute.ts';
import type { World } from './world.ts';

/** What is known of one port, by who listens, who leased it and which containers claim it. */
export interface PortFacts {
  port: number;
  /** Of this port, with owners. */
  listeners: readonly Listener[];
  leases: readonly LeaseRow[];
  world: World;
}

/**
 * Says who has to do with a port: the sockets with who stands behind them, the leases, and the containers, running or not, that
 * ask for it. Other ports among the facts are left out.
 */
export function reportPort({ port, listeners, leases, world }: PortFacts): PortReport {
  const stranger = { service: null };
  const report: Pick<PortReport, 'listeners' | 'leases' | 'claims'> = {
    listeners: listeners
      .filter((listener) => listener.port === port)
      .map((listener) => ({
        protocol: listener.protocol,
        address: listener.address,
        port,
        holder: attributeListener(listener, stranger, world).holder,
      })),
    leases: leases.filter((lease) => lease.port === port),
    claims: world.containers.flatMap(({ id, name, image, state, ports }) =>
      ports
        .filter((claim) => claim.port === port)
        .flatMap(({ protocol, address }) =>
          protocol === 'tcp' || protocol === 'udp'
            ? [{ protocol, address, container: { id, name, image, state } }]
            : [],
        ),
    ),
  };
  const free =
    Object.values(report).every((list) => list.length === 0) && !world.ownPorts.some((own) => own.port === port);
  return { port, free, ...report };
}
