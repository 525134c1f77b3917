import type { RuntimeType, ServiceSpecInput } from '#shared/contract/service-spec.ts';
import { UsageError } from '../failure.ts';

type EndpointInput = NonNullable<ServiceSpecInput['endpoints']>[number];

const mappingForm =
  'Write it as [NAME=][ADDRESS:]PORT:CONTAINER[/udp], such as 3000:80, auto:5432 or dns=127.0.0.1:5353:53/udp.';
const portForm = 'Write it as [NAME=][ADDRESS:]PORT[/udp], such as 3000, auto, admin=9000 or dns=5353/udp.';

const prefix = '(?:(?<name>[a-z][a-z0-9-]*)=)?';
const host = '(?:(?<address>\\[[0-9a-fA-F:.]+\\]|\\d+\\.\\d+\\.\\d+\\.\\d+):)?(?<host>\\d{1,5}|auto)';
const protocol = '(?:/(?<protocol>tcp|udp))?';
const mapping = new RegExp(`^${prefix}(?:${host}:)?(?<container>\\d{1,5})${protocol}$`);
const single = new RegExp(`^${prefix}${host}${protocol}$`);

function portOf(text: string, argument: string, form: string): number {
  const port = Number(text);
  if (port >= 1 && port <= 65_535) return port;
  throw new UsageError(`"${argument}" names port ${text}, and ports go from 1 to 65535.`, form);
}

/**
 * Reads one `-p`.
 *
 * Of a container: `3000:80`, `auto:80`, `80` (the same as `auto:80`), `0.0.0.0:3000:80`, `[::1]:3000:80`, `dns=53:53/udp`. Of
 * everything else, which has no port inside: `3000`, `auto`, `admin=9000`, `5353/udp`. Without a name the contract's own default
 * stands. Throws `UsageError`.
 */
export function parseEndpoint(argument: string, type: RuntimeType): EndpointInput {
  const boxed = type === 'container';
  const form = boxed ? mappingForm : portForm;
  const groups = (boxed ? mapping : single).exec(argument)?.groups;
  if (groups === undefined) {
    const isMapping = !boxed && mapping.test(argument);
    const why = isMapping
      ? 'has a port inside, and only containers have one.'
      : `is not a port${boxed ? ' mapping' : ''}.`;
    throw new UsageError(`"${argument}" ${why}`, form);
  }
  const wanted = groups.host ?? 'auto';
  return {
    ...(groups.name === undefined ? {} : { name: groups.name }),
    ...(groups.address === undefined ? {} : { address: groups.address.replace(/^\[|\]$/g, '') }),
    ...(groups.protocol === 'udp' ? { protocol: 'udp' } : {}),
    hostPort: wanted === 'auto' ? 'auto' : portOf(wanted, argument, form),
    ...(groups.container === undefined ? {} : { containerPort: portOf(groups.container, argument, form) }),
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
    const spoken = endpoint.protocol ?? 'tcp';
    const plain = `${spoken}-${endpoint.containerPort ?? endpoint.hostPort ?? 'auto'}`;
    const wanted = spoken === 'tcp' && !taken.has('http') ? 'http' : plain;
    let name = wanted;
    for (let count = 2; taken.has(name); count++) name = `${plain}-${count}`;
    taken.add(name);
    return { ...endpoint, name };
  });
}
