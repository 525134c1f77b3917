import { isIPv6 } from 'node:net';
import type { Listener } from '#main/host/types.ts';
import type { ConflictKind, Holder } from '#shared/contract/conflicts.ts';
import { engineCollides, hostCollision, type PortClaim } from './claims.ts';
import {
  closHolder,
  containerHolder,
  processHolder,
  serviceHolder,
  withContainer,
  withProcess,
  withProtection,
} from './holders.ts';
import type { ContainerFact, ServiceFact, WantedPort, World } from './world.ts';

/** Who stands behind a port. Two findings with one key are one holder. */
export interface Attribution {
  key: string;
  kind: ConflictKind;
  holder: Holder;
  /** The container behind it, as far as one is. */
  container: ContainerFact | null;
  /** It is the very service that wants the port: no conflict with itself. */
  own: boolean;
}

/** Who asks: a service is never in its own way. Null is a stranger. */
export type Asking = Pick<WantedPort, 'service'>;

/** A wanted port as a claim: the engine binds `::` for IPv6 only, a process for both families unless told otherwise. */
export function claimOf(wanted: WantedPort): PortClaim {
  const { protocol, address, port } = wanted;
  return { protocol, address, port, v6only: wanted.byEngine === true };
}

/** An engine binds `::` for IPv6 alone: known of a socket whose container publishes nothing in IPv4 at the same port. */
export function withEngineFamily(listener: Listener, world: World): Listener {
  const { address, v6only, owner } = listener;
  if (address !== '::' || v6only !== null || (owner !== null && !owner.forwarder)) return listener;
  const container = containerBehind(listener, world);
  const published = container?.ports.filter(
    ({ protocol, port }) => protocol === listener.protocol && port === listener.port,
  );
  const isSixOnly = published !== undefined && published.length > 0 && published.every((one) => isIPv6(one.address));
  return isSixOnly ? { ...listener, v6only: true } : listener;
}

/** True when a container publishes (or, stopped, would publish) something that the wanted port cannot live beside. */
export function containerMeets(container: ContainerFact, wanted: WantedPort): boolean {
  return container.ports.some((published) =>
    wanted.byEngine === true
      ? engineCollides(published, wanted)
      : hostCollision({ ...published, v6only: true }, claimOf(wanted)) === 'yes',
  );
}

/** The service of a managed container. One that nothing else names goes by the container's own name. */
function serviceOfContainer(container: ContainerFact, world: World): Holder['service'] {
  const id = container.managedServiceId;
  if (id === null) return null;
  const named =
    world.services?.find((service) => service.id === id)?.name ??
    world.leases.find((lease) => lease.service?.id === id)?.service?.name;
  return { id, name: named ?? container.name };
}

/**
 * The service that CLOS only watches and that has the lease of one of these ports: whoever is there is what it watches. Not for the
 * service itself, which asks who that is.
 */
function watchedService(places: readonly PortClaim[], asking: Asking, world: World): Holder['service'] {
  return leasingService(places, world, ({ id, runtime }) => runtime === 'external' && id !== asking.service?.id);
}

/**
 * The service that has the lease of a port and whose container the engine has not told of yet: the forwarder there is its own. A
 * lease and the socket that comes with it are one holder.
 */
function arrivingService(listener: Listener, asking: Asking, world: World): Holder['service'] {
  const isKnown = (id: string) =>
    world.containers.some(({ running, managedServiceId }) => running && managedServiceId === id);
  return leasingService(
    [listener],
    world,
    ({ id, runtime, active }) => runtime === 'container' && active && id !== asking.service?.id && !isKnown(id),
  );
}

function leasingService(
  places: readonly PortClaim[],
  { services = [], leases }: World,
  isMeant: (service: ServiceFact) => boolean,
): Holder['service'] {
  const meant = new Set(services.filter(isMeant).map(({ id }) => id));
  const lease = leases.find(
    ({ service, ...claim }) =>
      service !== null && meant.has(service.id) && places.some((place) => hostCollision(place, claim) !== 'no'),
  );
  return lease?.service == null ? null : { id: lease.service.id, name: lease.service.name };
}

export function attributeContainer(container: ContainerFact, asking: Asking, world: World): Attribution {
  const service = serviceOfContainer(container, world) ?? watchedService(container.ports, asking, world);
  return {
    key: service === null ? `container:${container.id}` : `service:${service.id}`,
    kind: container.running ? 'container' : 'stopped-container',
    holder: containerHolder(container, service),
    container,
    own: service !== null && service.id === asking.service?.id,
  };
}

/**
 * Who stands behind a listener: the container that its process runs in, the container that a forwarder stands for (found in the
 * engine's port map, also when the forwarder is hidden from us), a process that CLOS manages or watches, CLOS itself, else the process.
 */
export function attributeListener(listener: Listener, asking: Asking, world: World): Attribution {
  const container = containerBehind(listener, world);
  if (container !== undefined) return attributeContainer(container, asking, world);

  const { owner } = listener;
  const managed =
    owner === null ? undefined : world.processes?.find(({ pid }) => pid === owner.pid || owner.ancestors.includes(pid));
  if (managed !== undefined) {
    const service = { id: managed.serviceId, name: managed.serviceName };
    return {
      key: `service:${service.id}`,
      kind: 'process',
      holder: withProcess(serviceHolder(service, owner?.startedAt ?? null), owner),
      container: null,
      own: service.id === asking.service?.id,
    };
  }

  const forwards = owner === null || owner.forwarder;
  const leasing =
    watchedService([listener], asking, world) ?? (forwards ? arrivingService(listener, asking, world) : null);
  if (leasing !== null) {
    const holder = withProcess(serviceHolder(leasing, owner?.startedAt ?? null), owner);
    return { key: `service:${leasing.id}`, kind: 'process', holder, container: null, own: false };
  }

  const clos = listener.protocol === 'tcp' ? world.ownPorts.find(({ port }) => port === listener.port) : undefined;
  if (clos !== undefined)
    return { key: `clos:${clos.port}`, kind: 'clos', holder: closHolder(clos), container: null, own: false };

  return {
    key: owner === null ? `socket:${listener.protocol}:${listener.inode}` : `process:${owner.pid}`,
    kind: 'process',
    holder: withProtection(processHolder(listener), world.protect ?? []),
    container: null,
    own: false,
  };
}

/** Adds what another sign of the same holder tells: its container, its process. */
export function enrich(holder: Holder, who: Attribution, listener: Listener | null): Holder {
  const boxed = who.container === null ? holder : withContainer(holder, who.container);
  return withProcess(boxed, listener?.owner ?? null);
}

function containerBehind(listener: Listener, world: World): ContainerFact | undefined {
  const { owner } = listener;
  const running = world.containers.filter((container) => container.running);
  if (owner !== null && owner.containerId !== null) {
    return running.find((container) => container.id === owner.containerId);
  }
  if (owner !== null && !owner.forwarder) return undefined;
  const publishing = (matches: (published: PortClaim) => boolean) =>
    running.find((container) => container.ports.some(matches));
  // A forwarder may listen on other addresses than the map says (in a virtual machine, for both families): the port decides.
  return (
    publishing((published) => engineCollides(published, listener)) ??
    (owner === null
      ? undefined
      : publishing(({ protocol, port }) => protocol === listener.protocol && port === listener.port))
  );
}
