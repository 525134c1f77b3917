import { hostInUrl } from '#shared/contract/places.ts';
import type { PortRow } from '#shared/contract/ports.ts';

/** Where a browser on this machine reaches an address. */
function hostOf(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  // It may take IPv4 or leave it alone; the name reaches it either way.
  if (address === '::') return 'localhost';
  return hostInUrl(address);
}

/** Where whoever listens on a port may answer a browser; null where nobody listens, and for udp. */
export function portUrl({ protocol, listening, lease, addresses, port }: PortRow): string | null {
  const address = lease?.service == null ? addresses[0] : lease.address;
  if (protocol !== 'tcp' || !listening || address === undefined) return null;
  return `http://${hostOf(address)}:${port}`;
}
