import type { Listener, PortLimits } from '#main/host/types.ts';
import type { LeaseRow, PortReport, Range } from '#shared/contract/ports.ts';
import { attributeListener } from './attribute.ts';
import { excludedRange } from './excluded.ts';
import type { World } from './world.ts';

type ListenerRow = PortReport['listeners'][number];

/** What is known of one port, by who listens, who leased it and which containers claim it. */
export interface PortFacts {
  port: number;
  /** Of this port, with owners. */
  listeners: readonly Listener[];
  leases: readonly LeaseRow[];
  ranges: readonly Range[];
  limits: PortLimits;
  world: World;
}

/**
 * Says who has to do with a port: the sockets with who stands behind them, the leases, and the containers, running or not, that
 * ask for it. Other ports among the facts are left out.
 */
export function reportPort({ port, listeners, leases, ranges, limits, world }: PortFacts): PortReport {
  const report: Pick<PortReport, 'listeners' | 'leases' | 'claims'> = {
    listeners: listeners.filter((listener) => listener.port === port).map((listener) => toListenerRow(listener, world)),
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
  const clos = world.ownPorts.find((own) => own.port === port)?.name ?? null;
  const free = clos === null && Object.values(report).every((list) => list.length === 0);
  const range = rangeOf(ranges, port)?.name ?? null;
  return { port, free, ...report, clos, range, notes: notesOn(port, limits) };
}

/** A listener with who stands behind it. */
export function toListenerRow(listener: Listener, world: World): ListenerRow {
  const { protocol, address, port } = listener;
  return { protocol, address, port, holder: attributeListener(listener, { service: null }, world).holder };
}

/** The range that a port lies in. */
export function rangeOf(ranges: readonly Range[], port: number): Range | undefined {
  return ranges.find(({ first, last }) => port >= first && port <= last);
}

/** What the system itself says about a port. */
function notesOn(port: number, limits: PortLimits): string[] {
  const { ephemeral, privilegedBelow, reserved } = limits;
  const notes: string[] = [];
  for (const protocol of ['tcp', 'udp']) {
    const excluded = excludedRange(limits, { protocol, port });
    if (excluded === undefined) continue;
    notes.push(`The system keeps ${protocol} ${excluded.from}-${excluded.to} for itself, Hyper-V or WSL.`);
  }
  if (port < privilegedBelow) notes.push(`Ports below ${privilegedBelow} need a privilege.`);
  if (port >= ephemeral.from && port <= ephemeral.to && !reserved.includes(port)) {
    notes.push(
      `The system gives ports of ${ephemeral.from}-${ephemeral.to} to outgoing connections: one day it can be taken.`,
    );
  }
  return notes;
}
