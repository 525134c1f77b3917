import { listLeases } from '#main/database/leases.ts';
import type { StoredService } from '#main/database/services.ts';
import type { DetectedConflict } from '#shared/contract/conflicts.ts';
import type { WantedClaim } from '#shared/contract/internal.ts';
import { canBothBe, localhostReaches, type ModelPlace } from './who-can-bind.ts';
import type { ModelWorld } from './world.ts';

/** A conflict in one line: how bad it is, what it is about and who is behind it. */
export type Outline = string;

/** What was found, in the words of the oracle. */
export function outlineOf({ wanted, severity, kind, holder }: DetectedConflict): Outline {
  const who =
    holder.service !== null
      ? `service ${holder.service.name}`
      : holder.container !== null
        ? `container ${holder.container.name}`
        : holder.type === 'clos'
          ? 'clos'
          : `process ${holder.pid}`;
  const how = severity === 'blocking' ? 'blocks' : kind === 'shadowed' ? 'shadows' : 'claims';
  return `${wanted.service}/${wanted.endpoint}: ${who} ${how}`;
}

/**
 * Who stands in the way of what a service wants, beside it, or claims it, by what is there and by what CLOS has promised. Nothing
 * of this looks at how CLOS finds it out.
 */
export function conflictsOf(world: ModelWorld, service: StoredService, claims: readonly WantedClaim[]): Outline[] {
  return claims.flatMap((claim, index) => {
    const earlier = claims.slice(0, index).find((one) => one.port === claim.port && one.protocol === claim.protocol);
    const { blocking, shadowing, claiming } = neighboursOf(world, service, claim);
    if (earlier !== undefined) blocking.add(`service ${service.name}`);
    const say = (whose: Iterable<string>, how: string) =>
      [...whose].map((who) => `${service.name}/${claim.endpoint}: ${who} ${how}`);
    return [
      ...say(blocking, 'blocks'),
      ...say(
        [...shadowing].filter((who) => !blocking.has(who)),
        'shadows',
      ),
      // Where somebody is in the way already, whoever only claims the port is no further trouble.
      ...(blocking.size > 0 ? [] : say(claiming, 'claims')),
    ];
  });
}

function neighboursOf({ system, ownPorts, services }: ModelWorld, service: StoredService, claim: WantedClaim) {
  const { machine, api } = system;
  const { protocol, address, port } = claim;
  const boxed = service.runtime.type === 'container';
  // The engine takes `::` for IPv6 alone, a program for both.
  const wanted: ModelPlace = { protocol, address, port, v6only: boxed };
  const blocking = new Set<string>();
  const shadowing = new Set<string>();
  const claiming = new Set<string>();
  // What CLOS has promised, whatever the address: a port belongs to one endpoint.
  for (const lease of listLeases(api.db.read)) {
    if (lease.protocol === protocol && lease.port === port && lease.service?.id !== service.id) {
      blocking.add(`service ${lease.service?.name}`);
    }
  }
  if (protocol === 'tcp' && ownPorts.some((own) => own.port === port)) blocking.add('clos');
  const containers = new Map(machine.containers().map((container) => [container.id, container]));
  const nameOfContainer = (id: string) => {
    const container = containers.get(id);
    const owner = services().find((one) => one.id === container?.labels['dev.candlefish.clos.service']);
    return owner === undefined ? `container ${container?.name}` : `service ${owner.name}`;
  };
  const nameOfProcess = (pid: number) => {
    const owner = services().find(({ runtime }) => runtime.type === 'process' && runtime.observed?.pid === pid);
    if (owner !== undefined) return `service ${owner.name}`;
    return protocol === 'tcp' && ownPorts.some((own) => own.port === port) ? 'clos' : `process ${pid}`;
  };
  for (const socket of machine.sockets()) {
    if (socket.protocol !== protocol || socket.port !== port) continue;
    const who = socket.container === null ? nameOfProcess(socket.pid) : nameOfContainer(socket.container);
    if (who === `service ${service.name}`) continue;
    if (!canBothBe(socket, wanted)) blocking.add(who);
    else if (localhostReaches(socket).size > 0 && localhostReaches(wanted).size > 0) shadowing.add(who);
  }
  for (const { id, state, claims } of containers.values()) {
    const who = nameOfContainer(id);
    if (state === 'running' || who === `service ${service.name}`) continue;
    const meets = claims.some(
      (one) =>
        one.protocol !== 'sctp' &&
        !canBothBe({ protocol: one.protocol, address: one.address, port: one.port, v6only: true }, wanted),
    );
    if (meets) claiming.add(who);
  }
  return { blocking, shadowing, claiming };
}
