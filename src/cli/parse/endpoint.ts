import type { ServiceSpecInput } from '#shared/contract/services.ts';
import { UsageError } from '../failure.ts';

type EndpointInput = NonNullable<ServiceSpecInput['endpoints']>[number];

const form =
  'Write it as [NAME=][ADDRESS:]PORT:CONTAINER[/udp], such as 3000:80, auto:5432 or dns=127.0.0.1:5353:53/udp.';
const pattern =
  /^(?:([a-z][a-z0-9-]*)=)?(?:(?:(\[[0-9a-fA-F:.]+\]|\d+\.\d+\.\d+\.\d+):)?(\d{1,5}|auto):)?(\d{1,5})(?:\/(tcp|udp))?$/;

function portOf(text: string, argument: string): number {
  const port = Number(text);
  if (port >= 1 && port <= 65_535) return port;
  throw new UsageError(`"${argument}" names port ${text}, and ports go from 1 to 65535.`, form);
}

/**
 * Reads one `-p`: `3000:80`, `auto:80`, `80` (the same as `auto:80`), `0.0.0.0:3000:80`, `[::1]:3000:80`, `dns=53:53/udp`.
 *
 * Without a name the contract's own default stands. Throws `UsageError`.
 */
export function parseEndpoint(argument: string): EndpointInput {
  const match = pattern.exec(argument);
  if (match === null) throw new UsageError(`"${argument}" is not a port mapping.`, form);
  const [, name, address, host = 'auto', container = '', protocol] = match;
  return {
    ...(name === undefined ? {} : { name }),
    ...(address === undefined ? {} : { address: address.replace(/^\[|\]$/g, '') }),
    ...(protocol === 'udp' ? { protocol: 'udp' } : {}),
    hostPort: host === 'auto' ? 'auto' : portOf(host, argument),
    containerPort: portOf(container, argument),
  };
}

/**
 * Gives every endpoint a name of its own: the first one that speaks TCP is `http` unless it was named, the others are called
 * by what they are, such as `tcp-5432`.
 */
export function nameEndpoints(endpoints: readonly EndpointInput[]): EndpointInput[] {
  const taken = new Set(endpoints.flatMap(({ name }) => name ?? []));
  return endpoints.map((endpoint) => {
    if (endpoint.name !== undefined) return endpoint;
    const protocol = endpoint.protocol ?? 'tcp';
    const plain = `${protocol}-${endpoint.containerPort}`;
    const wanted = protocol === 'tcp' && !taken.has('http') ? 'http' : plain;
    let name = wanted;
    for (let count = 2; taken.has(name); count++) name = `${plain}-${count}`;
    taken.add(name);
    return { ...endpoint, name };
  });
}
