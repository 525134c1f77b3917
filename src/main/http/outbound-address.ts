import { BlockList, isIP, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';

/**
 * Where nothing that a person can name may make us send anything: link-local addresses and those at which clouds answer with a
 * machine's credentials, also as they look through NAT64 and 6to4, and addresses that are nobody's. IPv4 in its IPv6 form
 * (`::ffff:169.254.1.1`) is covered by the IPv4 rules (nodejs.org/api/net.html, blockList.check).
 */
const forbidden = new BlockList();
forbidden.addSubnet('169.254.0.0', 16, 'ipv4');
forbidden.addSubnet('fe80::', 10, 'ipv6');
forbidden.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');
forbidden.addSubnet('2002:a9fe::', 32, 'ipv6');
for (const address of ['100.100.100.200', '168.63.129.16', '192.0.0.192']) forbidden.addAddress(address, 'ipv4');
forbidden.addAddress('fd00:ec2::254', 'ipv6');
forbidden.addSubnet('0.0.0.0', 8, 'ipv4');
forbidden.addAddress('::', 'ipv6');
forbidden.addSubnet('224.0.0.0', 3, 'ipv4');
forbidden.addSubnet('ff00::', 8, 'ipv6');

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}

/** True for an address at which this very machine answers. */
function isOwn(address: string): boolean {
  if (loopback.check(address, familyOf(address))) return true;
  const own = new BlockList();
  for (const each of Object.values(networkInterfaces()).flat()) {
    if (each !== undefined) own.addAddress(each.address, each.family === 'IPv6' ? 'ipv6' : 'ipv4');
  }
  return own.check(address, familyOf(address));
}

/** Why nothing may be sent to an address and port, or null. `ownPorts` are those of CLOS itself. */
export function refuseAddress(address: string, port: number, ownPorts: ReadonlySet<number>): string | null {
  if (isIP(address) === 0 || address.includes('%')) return `"${address}" is no address without a zone.`;
  if (forbidden.check(address, familyOf(address))) return `${address} is link-local, a metadata service or nobody's.`;
  if (ownPorts.has(port) && isOwn(address)) return `Port ${port} is one of CLOS's own.`;
  return null;
}

/** The host of a URL without the brackets of an IPv6 address. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

/** Why an address that stands in a URL is refused; null for a name, and for what is no URL. */
export function refuseLiteralAddress(text: string): string | null {
  const url = URL.parse(text);
  const host = url === null ? '' : hostOf(url);
  return isIP(host) === 0 ? null : refuseAddress(host, 0, new Set());
}
