import { nameSchema } from '#shared/contract/primitives.ts';
import type { RuntimeType, ServiceSpecInput } from '#shared/contract/service-spec.ts';
import { UsageError } from '../failure.ts';

type EndpointInput = NonNullable<ServiceSpecInput['endpoints']>[number];

const mappingForm =
  'Write it as [NAME=][ADDRESS:]PORT:CONTAINER[/udp or a scheme], such as 3000:80, auto:5433/postgres or dns=5353:53/udp.';
const portForm =
  'Write it as [NAME=][ADDRESS:]PORT[/udp or a scheme], such as 3000, auto, admin=9000/https or dns=5353/udp.';

const prefix = '(?:(?<name>[a-z][a-z0-9-]*)=)?';
const host = '(?:(?<address>\\[[0-9a-fA-F:.]+\\]|\\d+\\.\\d+\\.\\d+\\.\\d+):)?(?<host>\\d{1,5}|auto)';
// A third protocol of transport is no scheme, and CLOS has no ports of it.
const spoken = '(?:/(?<spoken>(?!sctp$)[a-z][a-z0-9+.-]*))?';
const mapping = new RegExp(`^${prefix}(?:${host}:)?(?<container>\\d{1,5})${spoken}$`);
const single = new RegExp(`^${prefix}${host}${spoken}$`);

function portOf(text: string, argument: string, form: string): number {
  const port = Number(text);
  if (port >= 1 && port <= 65_535) return port;
  throw new UsageError(`"${argument}" names port ${text}, and ports go from 1 to 65535.`, form);
}

/**
 * Reads one `-p`.
 *
 * Of a container: `3000:80`, `auto:80`, `80` (the same as `auto:80`), `0.0.0.0:3000:80`, `[::1]:3000:80`, `dns=53:53/udp`. Of
 * everything else, which has no port inside: `3000`, `auto`, `admin=9000`, `5353/udp`. What is neither tcp nor udp after the slash
 * is the scheme of its URL: `8443/https`. Without a name the contract's own default stands. Throws `UsageError`.
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
    ...spokenAt(groups.spoken),
    hostPort: wanted === 'auto' ? 'auto' : portOf(wanted, argument, form),
    ...(groups.container === undefined ? {} : { containerPort: portOf(groups.container, argument, form) }),
  };
}

function spokenAt(word: string | undefined): Pick<EndpointInput, 'protocol' | 'scheme'> {
  if (word === undefined || word === 'tcp') return {};
  return word === 'udp' ? { protocol: 'udp' } : { scheme: word };
}

/**
 * Gives every endpoint a name of its own: one whose scheme is given is called by that, else the first one that speaks TCP is `http`
 * unless it was named, and the others are called by what they are, such as `tcp-5432`.
 */
export function nameEndpoints(endpoints: readonly EndpointInput[]): EndpointInput[] {
  const taken = new Set(endpoints.flatMap(({ name }) => name ?? []));
  return endpoints.map((endpoint) => {
    if (endpoint.name !== undefined) return endpoint;
    const protocol = endpoint.protocol ?? 'tcp';
    const plain = `${protocol}-${endpoint.containerPort ?? endpoint.hostPort ?? 'auto'}`;
    const wanted = endpoint.scheme ?? (protocol === 'tcp' ? 'http' : plain);
    let name = nameSchema.safeParse(wanted).success && !taken.has(wanted) ? wanted : plain;
    for (let count = 2; taken.has(name); count++) name = `${plain}-${count}`;
    taken.add(name);
    return { ...endpoint, name };
  });
}
