import type { Listener } from '#main/host/types.ts';
import type { Holder } from '#shared/contract/conflicts.ts';
import type { LeaseRow, PortRow, Range } from '#shared/contract/ports.ts';
import { attributeListener } from './attribute.ts';
import { closHolder, containerHolder } from './holders.ts';
import { rangeOf } from './report.ts';
import type { ContainerFact, World } from './world.ts';

export interface PortMapFacts {
  /** Of all ports, with owners. */
  listeners: readonly Listener[];
  leases: readonly LeaseRow[];
  ranges: readonly Range[];
  world: World;
}

type Protocol = PortRow['protocol'];

/** All that is known of one port of one protocol. */
interface Facts {
  port: number;
  protocol: Protocol;
  holders: Holder[];
  addresses: Set<string>;
  lease: LeaseRow | null;
  clos: string | null;
  claim: ContainerFact | null;
}

/** Every port that somebody leases, holds, claims or has reserved, by number. A port on several addresses is one row. */
export function mapPorts({ listeners, leases, ranges, world }: PortMapFacts): PortRow[] {
  const rows = new Map<string, Facts>();
  const at = (protocol: Protocol, port: number): Facts => {
    const key = `${protocol}:${port}`;
    const known = rows.get(key) ?? {
      port,
      protocol,
      holders: [],
      addresses: new Set(),
      lease: null,
      clos: null,
      claim: null,
    };
    rows.set(key, known);
    return known;
  };
  const nobody = { service: null };
  for (const listener of listeners) {
    const facts = at(listener.protocol, listener.port);
    facts.addresses.add(listener.address);
    facts.holders.push(attributeListener(listener, nobody, world).holder);
  }
  for (const lease of leases) at(lease.protocol, lease.port).lease = lease;
  for (const { name, port } of world.ownPorts) at('tcp', port).clos = name;
  for (const container of world.containers) {
    for (const { protocol, port } of container.ports) {
      if (protocol !== 'tcp' && protocol !== 'udp') continue;
      const facts = at(protocol, port);
      if (facts.claim === null || container.running) facts.claim = container;
    }
  }
  return [...rows.values()]
    .map((facts) => toRow(facts, ranges))
    .sort((a, b) => a.port - b.port || (a.protocol < b.protocol ? -1 : 1));
}

function toRow(facts: Facts, ranges: readonly Range[]): PortRow {
  const { port, protocol, lease, clos, claim, addresses } = facts;
  const stranger = facts.holders.find((holder) => lease !== null && holder.service?.id !== lease.service?.id);
  const held = stranger ?? facts.holders[0] ?? null;
  const holder =
    held ?? (claim !== null ? containerHolder(claim, null) : clos !== null ? closHolder({ name: clos, port }) : null);
  return {
    port,
    protocol,
    state: stateOf(facts, stranger !== undefined),
    range: rangeOf(ranges, port)?.name ?? null,
    label:
      clos ?? lease?.service?.name ?? (held ?? holder)?.service?.name ?? holder?.name ?? lease?.note ?? String(port),
    listening: facts.holders.length > 0 || claim?.running === true,
    addresses: [...addresses].sort(),
    lease,
    holder,
  };
}

function stateOf({ lease, clos, holders, claim }: Facts, stranger: boolean): PortRow['state'] {
  if (clos !== null) return 'clos';
  if (lease !== null && stranger) return 'contested';
  if (lease !== null) return lease.service === null ? 'reserved' : 'leased';
  return holders.length > 0 || claim?.running === true ? 'listening' : 'claimed';
}
