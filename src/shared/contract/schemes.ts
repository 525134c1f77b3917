import { z } from 'zod';

/** What speaks HTTP, so that the gateway can stand before it. */
const webSchemes: ReadonlySet<string> = new Set(['http', 'https']);

/** What is spoken at a port by custom (IANA's service names and ports, and the programs' own manuals). */
const byPort: ReadonlyMap<number, string> = new Map([
  [25, 'smtp'],
  [443, 'https'],
  [1025, 'smtp'],
  [1433, 'sqlserver'],
  [1883, 'mqtt'],
  [2379, 'http'],
  [3306, 'mysql'],
  [4222, 'nats'],
  [5432, 'postgres'],
  [5672, 'amqp'],
  [6379, 'redis'],
  [9042, 'cassandra'],
  [9092, 'kafka'],
  [11_211, 'memcached'],
  [26_257, 'postgres'],
  [27_017, 'mongodb'],
]);

export const schemeSchema = z
  .string()
  .max(32)
  .regex(/^[a-z][a-z0-9+.-]*$/, 'must be the scheme of a URL, such as http, postgres or redis, or auto')
  .describe('What is spoken there: the scheme of its URL. auto: told by the protocol, the port and the name');

/** What is known of an endpoint that tells what is spoken there. */
export interface Spoken {
  name: string;
  protocol: 'tcp' | 'udp';
  scheme: string;
  containerPort?: number | null | undefined;
  hostPort: number | 'auto';
}

/**
 * The scheme of an endpoint's URL: the one that it names, else what is usual at its port (the one inside, where there is one) or
 * the name that it has; a TCP port that nothing is known of is taken for HTTP.
 */
export function schemeOf({ name, protocol, scheme, containerPort, hostPort }: Spoken): string {
  if (scheme !== 'auto') return scheme;
  if (protocol === 'udp') return 'udp';
  const port = containerPort ?? (hostPort === 'auto' ? null : hostPort);
  const usual = port === null ? undefined : byPort.get(port);
  if (usual !== undefined) return usual;
  return [...byPort.values()].includes(name) ? name : 'http';
}

/** True if the gateway can send requests there. */
export function isWeb(endpoint: Spoken): boolean {
  return endpoint.protocol === 'tcp' && webSchemes.has(schemeOf(endpoint));
}
