import type { Service } from './services.ts';

/** The name under which a container reaches its host: given to it where a template leads there. */
export const hostName = 'host.docker.internal';

type Endpoint = Service['endpoints'][number];

export interface Place {
  host: string;
  /** Null when only the range is known. */
  port: number | null;
}

/**
 * What this machine connects to where something is bound: a wildcard is reached through the loopback address of its own family,
 * since an engine takes `::` for IPv6 alone.
 */
export function reachableAddress(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  return address === '::' ? '::1' : address;
}

/** Where this machine reaches an endpoint, which has its port as soon as it starts. */
export function placeFromHost({ address, lease, hostPort }: Endpoint): Place {
  return { host: reachableAddress(address), port: lease?.port ?? (hostPort === 'auto' ? null : hostPort) };
}

/** Where a container of CLOS reaches an endpoint: by name inside CLOS's network, else through the host. */
export function placeFromContainer({ name, runtime }: Pick<Service, 'name' | 'runtime'>, endpoint: Endpoint): Place {
  if (runtime.type === 'container' && runtime.observed?.adopted !== true && endpoint.containerPort !== null) {
    return { host: name, port: endpoint.containerPort };
  }
  return { host: hostName, port: placeFromHost(endpoint).port };
}

/** A host as it stands in a URL: an IPv6 address in brackets. */
export function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
