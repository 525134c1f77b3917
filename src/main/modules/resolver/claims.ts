import { isIPv4, isIPv6 } from 'node:net';

/** A claim to an address and port, by a socket, a lease, a container or a wish. */
export interface PortClaim {
  protocol: string;
  address: string;
  port: number;
  /** For `::` only: true leaves IPv4 alone, null when nobody can tell. A wish is dual-stack unless it says otherwise. */
  v6only?: boolean | null;
}

/** `unknown`: it depends on whether a `::` socket is IPv6-only, which the kernel's table does not show. A bind tells. */
export type Collision = 'yes' | 'no' | 'unknown';

/**
 * Whether two sockets can live beside each other on this host (Linux bind rules, without SO_REUSEPORT):
 *
 * - protocols and ports are apart;
 * - in one family an address meets itself and the wildcard;
 * - `::` also takes every IPv4 address, unless it is IPv6-only; any other IPv6 address takes none.
 */
export function hostCollision(a: PortClaim, b: PortClaim): Collision {
  if (a.protocol !== b.protocol || a.port !== b.port) return 'no';
  const left = readAddress(a.address);
  const right = readAddress(b.address);
  if (left.family === right.family) return sameFamilyMeets(left, right) ? 'yes' : 'no';
  const [six, v6only] = left.family === 6 ? [left, a.v6only] : [right, b.v6only];
  if (!six.wildcard || v6only === true) return 'no';
  return v6only === null ? 'unknown' : 'yes';
}

/**
 * Whether an engine refuses the second of two published ports: like the host, but IPv4 and IPv6 never meet, because it binds
 * `::` for IPv6 only. (moby libnetwork/portallocator: one map per address and protocol, the wildcard meets all of its family.)
 */
export function engineCollides(a: PortClaim, b: PortClaim): boolean {
  if (a.protocol !== b.protocol || a.port !== b.port) return false;
  const left = readAddress(a.address);
  const right = readAddress(b.address);
  return left.family === right.family && sameFamilyMeets(left, right);
}

/** The families in which a claim answers to the name `localhost`. */
export function localhostFamilies({ address, v6only }: PortClaim): ReadonlySet<4 | 6> {
  const { family, host, wildcard } = readAddress(address);
  if (family === 4) return new Set(wildcard || host === '127.0.0.1' ? [4] : []);
  if (wildcard) return new Set(v6only === false ? [4, 6] : [6]);
  return new Set(host === '::1' ? [6] : []);
}

/** True for addresses that every host with the family has: the wildcards and the loopback. */
export function isEverywhere(address: string): boolean {
  const { family, host, wildcard } = readAddress(address);
  return wildcard || (family === 4 ? host.startsWith('127.') : host === '::1');
}

/** `127.0.0.1:3000`, `[::1]:3000`. */
export function socketText({ address, port }: Pick<PortClaim, 'address' | 'port'>): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}

interface ReadAddress {
  family: 4 | 6;
  host: string;
  wildcard: boolean;
}

function sameFamilyMeets(a: ReadAddress, b: ReadAddress): boolean {
  return a.wildcard || b.wildcard || a.host === b.host;
}

/** One spelling per address. An IPv4 address in IPv6 clothes is bound as IPv4; what is no address stands for itself. */
function readAddress(address: string): ReadAddress {
  const bare = address.replace(/^\[|\]$/g, '').toLowerCase();
  if (bare === '' || bare === '*') return { family: 4, host: '0.0.0.0', wildcard: true };
  if (bare === 'localhost') return { family: 4, host: '127.0.0.1', wildcard: false };
  if (isIPv4(bare)) return { family: 4, host: bare, wildcard: bare === '0.0.0.0' };
  if (!isIPv6(bare)) return { family: 4, host: bare, wildcard: false };
  const [plain = bare, zone] = bare.split('%');
  const short = new URL(`http://[${plain}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short);
  if (mapped !== null) {
    const bits = Number.parseInt(mapped[1] ?? '0', 16) * 65_536 + Number.parseInt(mapped[2] ?? '0', 16);
    const host = [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.');
    return { family: 4, host, wildcard: host === '0.0.0.0' };
  }
  return { family: 6, host: zone === undefined ? short : `${short}%${zone}`, wildcard: short === '::' };
}
