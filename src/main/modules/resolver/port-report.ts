import type { Host } from '#main/host/host.ts';
import type { Listener, SocketProtocol } from '#main/host/types.ts';
import type { LeaseRow, PortReport } from '#shared/contract/ports.ts';
import { type Attribution, attributeContainer, attributeListener, enrich } from './attribute.ts';
import type { Checker } from './check.ts';
import type { ContainerFact, WantedPort, World } from './world.ts';

const protocols = ['tcp', 'udp'] as const satisfies readonly SocketProtocol[];
const wildcard = '::';

export interface PortQuestion {
  port: number;
  world: World;
  /** The leases of this port. */
  leases: LeaseRow[];
}

/**
 * Everything known about a port: who listens, who leases it, and which containers lay claim to it without a socket that shows,
 * be it because they are stopped or because their engine forwards in the kernel.
 */
export async function describePort(
  { host, checker }: { host: Host; checker: Checker },
  { port, world, leases }: PortQuestion,
): Promise<PortReport> {
  const sockets = await host.listListeners({ owners: true, ports: [port] });
  const seen = sockets.map((listener) => ({ listener, who: attributeListener(listener, anybody(listener), world) }));
  const listeners = withoutRepetition(seen).map(({ listener, who }) => ({
    protocol: listener.protocol,
    address: listener.address,
    port,
    holder: enrich(who.holder, who, listener),
  }));
  const shown = new Set(seen.map(({ who }) => who.key));
  const claims = world.containers.flatMap((container) => claimsOf(container, { port, shown, world }));
  const untouched = listeners.length === 0 && leases.length === 0 && claims.length === 0;
  return { port, free: untouched && (await isBindable({ host, checker }, port, world)), listeners, leases, claims };
}

/** Who asks wants nothing, so nothing is their own. */
function anybody({ protocol, address, port }: Pick<WantedPort, 'protocol' | 'address' | 'port'>): WantedPort {
  return { service: null, endpoint: null, protocol, address, port, range: null };
}

/** Workers that share a port by SO_REUSEPORT have a socket each; one of a holder says it all. */
function withoutRepetition<T extends { listener: Listener; who: Attribution }>(seen: readonly T[]): T[] {
  const byHolder = new Map<string, T>();
  for (const one of seen) {
    const key = `${one.listener.protocol} ${one.listener.address} ${one.who.key}`;
    if (!byHolder.has(key)) byHolder.set(key, one);
  }
  return [...byHolder.values()];
}

function claimsOf(
  container: ContainerFact,
  { port, shown, world }: { port: number; shown: ReadonlySet<string>; world: World },
): PortReport['claims'] {
  const { id, name, image, state } = container;
  return container.ports.flatMap((claim) => {
    const protocol = protocols.find((known) => known === claim.protocol);
    if (protocol === undefined || claim.port !== port) return [];
    const { key } = attributeContainer(container, anybody({ ...claim, protocol }), world);
    if (container.running && shown.has(key)) return [];
    return [{ protocol, address: claim.address, container: { id, name, image, state } }];
  });
}

/** Where listeners are visible, there are none at this point; elsewhere only a bind tells. */
async function isBindable(
  { host, checker }: { host: Host; checker: Checker },
  port: number,
  world: World,
): Promise<boolean> {
  if (host.limitation === null) return true;
  const wanted = protocols.map((protocol) => anybody({ protocol, address: wildcard, port }));
  const findings = await checker.check(wanted, world);
  return findings.every(({ severity }) => severity !== 'blocking');
}
