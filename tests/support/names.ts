import { once } from 'node:events';
import {
  type ClientRequest,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
} from 'node:http';
import type { Server as NetServer } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { RouteTarget, TargetState } from '#shared/contract/routes.ts';
import type { ServiceSpecInput } from '#shared/contract/service-spec.ts';
import type { Service } from '#shared/contract/services.ts';
import { eventually } from './eventually.ts';
import { freePort } from './ports.ts';
import type { TestSystem } from './system.ts';

export const gatewayPort = ({ discovery }: TestSystem): number => Number(new URL(discovery.gateway.url).port);

/** Waits until the route of a name has a first target as wished, and gives it. */
export async function targetOf(
  { client }: TestSystem,
  name: string,
  right: (target: RouteTarget) => boolean,
): Promise<RouteTarget> {
  const [target] = await eventually(
    async () => (await client.routes.list({ limit: 500 })).items.find((route) => route.name === name)?.targets ?? [],
    ([first]) => first !== undefined && right(first),
  );
  if (target === undefined) throw new Error(`${name} has no target`);
  return target;
}

export const untilState = (system: TestSystem, name: string, state: TargetState): Promise<RouteTarget> =>
  targetOf(system, name, (target) => target.state === state);

/** Has a server of the test be a service with a name: CLOS watches it, and sends requests for the name to it. Gives its port. */
export async function nameServer(
  system: TestSystem,
  name: string,
  { server, address = '127.0.0.1', scheme = 'http' }: { server: Server | NetServer; address?: string; scheme?: string },
): Promise<number> {
  const port = await freePort();
  server.listen(port, address);
  await once(server, 'listening');
  const endpoints = [{ name: 'http', hostPort: port, scheme }];
  await system.client.services.create({ name, runtime: { type: 'external' }, endpoints });
  await untilState(system, name, 'ready');
  return port;
}

export interface NamedAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface NamedRequest {
  method?: string;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
}

/** Begins a request for a name and a path, such as `shop/cart?a`; the caller writes and ends it. */
export function openNamed(
  system: TestSystem,
  place: string,
  { method = 'GET', headers = {} }: NamedRequest = {},
): ClientRequest {
  const port = gatewayPort(system);
  const [name = ''] = place.split('/', 1);
  const host = `${name}.localhost:${port}`;
  const path = place.slice(name.length) || '/';
  return httpRequest({ host: '127.0.0.1', port, path, method, headers: { host, ...headers }, agent: false });
}

/** A request for a name and its whole answer. Rejects when the connection breaks before that. */
export async function askName(system: TestSystem, place: string, options: NamedRequest = {}): Promise<NamedAnswer> {
  const request = openNamed(system, place, options);
  request.end(options.body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const body = (await buffer(response)).toString('latin1');
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}

/** Makes a service of a program that listens at the port in `PORT`. It is not started. */
export function nameProgram(
  { client }: TestSystem,
  name: string,
  { command, cwd = '/', ...spec }: { command: string[]; cwd?: string } & Partial<ServiceSpecInput>,
): Promise<Service> {
  const runtime = { type: 'process' as const, command, cwd };
  return client.services.create({ name, runtime, endpoints: [{ name: 'http' }], ...spec });
}
