import type { DetectedConflict } from '#shared/contract/conflicts.ts';
import type { WantedClaim } from '#shared/contract/internal.ts';
import type { Range } from '#shared/contract/ports.ts';
import type { Service } from '#shared/contract/services.ts';
import { canBothBe, localhostReaches, type ModelPlace } from './who-can-bind.ts';

/** A place, and whose it is: `service web`, `container db`, `process 4242`, `clos`. */
export interface Seat extends ModelPlace {
  who: string;
}

/** All that there is at the ports of a machine, as somebody knows it who does not ask CLOS. */
export interface Scene {
  sockets: readonly Seat[];
  /** What containers that do not run would bind. */
  claims: readonly Seat[];
  /** What CLOS has promised or has itself: a port of the host, whatever the address. */
  promises: ReadonlyArray<Pick<Seat, 'who' | 'protocol' | 'port'>>;
}

/** Who asks for a place. An engine takes `::` for IPv6 alone, a program for both families. */
export interface Asking {
  name: string;
  runtime: { type: 'container' | 'process' | 'external' };
}

/** The ports of a service as a start would ask for them; those that may be any are left out. */
export function claimsOf({ id, name, endpoints }: Pick<Service, 'id' | 'name' | 'endpoints'>): WantedClaim[] {
  return endpoints.flatMap(({ name: endpoint, protocol, address, hostPort, lease, range }) => {
    const port = lease?.port ?? hostPort;
    return port === 'auto' ? [] : [{ service: { id, name }, endpoint, protocol, address, port, range }];
  });
}

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
export function conflictsOf(scene: Scene, asking: Asking, claims: readonly WantedClaim[]): Outline[] {
  const given: WantedClaim[] = [];
  return claims.flatMap((claim) => {
    const earlier = given.find((one) => one.port === claim.port && one.protocol === claim.protocol);
    const { blocking, shadowing, claiming } = neighboursOf(scene, asking, claim);
    if (earlier !== undefined) blocking.add(`service ${asking.name}`);
    if (blocking.size === 0) given.push(claim);
    const say = (whose: Iterable<string>, how: string) =>
      [...whose].map((who) => `${asking.name}/${claim.endpoint}: ${who} ${how}`);
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

type Claim = Pick<WantedClaim, 'protocol' | 'address' | 'port'>;

/** Who meets a claim of a service, and how. */
export function neighboursOf({ sockets, claims, promises }: Scene, { name, runtime }: Asking, claim: Claim) {
  const { protocol, address, port } = claim;
  const wanted: ModelPlace = { protocol, address, port, v6only: runtime.type === 'container' };
  const isOther = ({ who }: Pick<Seat, 'who'>) => who !== `service ${name}`;
  const isThere = (one: Pick<Seat, 'protocol' | 'port'>) => one.protocol === protocol && one.port === port;
  const blocking = new Set(promises.filter((one) => isOther(one) && isThere(one)).map(({ who }) => who));
  const shadowing = new Set<string>();
  const claiming = new Set<string>();
  for (const socket of sockets.filter((one) => isOther(one) && isThere(one))) {
    if (!canBothBe(socket, wanted)) blocking.add(socket.who);
    else if (localhostReaches(socket).size > 0 && localhostReaches(wanted).size > 0) shadowing.add(socket.who);
  }
  for (const one of claims.filter(isOther)) if (!canBothBe(one, wanted)) claiming.add(one.who);
  return { blocking, shadowing, claiming };
}

/** How many ports of a range nobody has, claims or was promised. */
export function countFree({ sockets, claims, promises }: Scene, { first, last }: Range, protocol: string): number {
  const had = [...sockets, ...claims, ...promises].filter((one) => one.protocol === protocol).map(({ port }) => port);
  return last - first + 1 - new Set(had.filter((port) => port >= first && port <= last)).size;
}
