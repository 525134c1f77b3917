import { listLeases } from '#main/database/leases.ts';
import type { Scene, Seat } from '#tests/support/worlds/oracle.ts';
import type { ModelSocket } from './machine.ts';
import type { ModelWorld } from './world.ts';

/** All that there is at the ports of a world, by its machine and by what CLOS has promised. */
export function sceneOf(world: ModelWorld): Scene {
  const { machine, api } = world.system;
  const nameOf = ownersOf(world);
  const claims = machine
    .containers()
    .filter(({ state }) => state !== 'running')
    .flatMap((container) =>
      container.claims.flatMap(({ protocol, address, port }): Seat[] =>
        protocol === 'sctp' ? [] : [{ who: nameOf.container(container.id), protocol, address, port, v6only: true }],
      ),
    );
  const leases = listLeases(api.db.read).map(({ protocol, port, service }) => ({
    who: `service ${service?.name}`,
    protocol,
    port,
  }));
  const own = world.ownPorts.map(({ port }) => ({ who: 'clos', protocol: 'tcp' as const, port }));
  const sockets = machine.sockets().map((socket): Seat => {
    const { protocol, address, port, v6only } = socket;
    return { who: nameOf.socket(socket), protocol, address, port, v6only };
  });
  return { sockets, claims, promises: [...leases, ...own] };
}

/** Whose things are, by the label of a container and by the process that CLOS has started. */
function ownersOf({ system, ownPorts, services }: ModelWorld) {
  const containers = new Map(system.machine.containers().map((one) => [one.id, one]));
  const all = services();
  const container = (id: string): string => {
    const found = containers.get(id);
    const owner = all.find((one) => one.id === found?.labels['dev.candlefish.clos.service']);
    return owner === undefined ? `container ${found?.name}` : `service ${owner.name}`;
  };
  const process = ({ pid, protocol, port }: ModelSocket): string => {
    const owner = all.find(({ runtime }) => runtime.type === 'process' && runtime.observed?.pid === pid);
    if (owner !== undefined) return `service ${owner.name}`;
    return protocol === 'tcp' && ownPorts.some((own) => own.port === port) ? 'clos' : `process ${pid}`;
  };
  return {
    container,
    socket: (socket: ModelSocket) => (socket.container === null ? process(socket) : container(socket.container)),
  };
}

/** How a world is, as far as an undo has to bring it back. */
export function snapshotOf(world: ModelWorld) {
  const { sockets } = sceneOf(world);
  const ours = new Set(world.services().map(({ id }) => id));
  return {
    services: world.services().map(({ name, status, desired, waits, endpoints }) => ({
      name,
      up: status === 'running',
      desired,
      waits,
      endpoints: endpoints.map(({ address, lease }) => ({
        address,
        lease: lease === null ? null : { port: lease.port, address: lease.address, reason: lease.reason },
      })),
    })),
    sockets: sockets.map(({ who, protocol, address, port }) => `${who} ${protocol} ${address} ${port}`).sort(),
    strangers: world.system.machine
      .containers()
      .filter(({ labels }) => !ours.has(labels['dev.candlefish.clos.service'] ?? ''))
      .map(({ id, name, state }) => ({ id, name, state })),
  };
}

export type Snapshot = ReturnType<typeof snapshotOf>;
