import { createServer } from 'node:net';
import { inject } from 'vitest';
import { z } from 'zod';
import type { Client } from '#shared/client/client.ts';
import { type Conflict, conflictSchema } from '#shared/contract/conflicts.ts';
import type { Operation } from '#shared/contract/operations.ts';
import type { ServiceSpecInput } from '#shared/contract/service-spec.ts';
import type { Service } from '#shared/contract/services.ts';
import { engineCall, engineRequest } from '#tests/support/engine-http.ts';
import { eventually } from '#tests/support/eventually.ts';
import { matrixPorts, seat } from '#tests/support/ports.ts';
import { newHome, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';
import { webImage } from '#tests/support/web-image.ts';
import { answering, makeProject, removeProject } from './programs.ts';

/** A whole system with an engine, a folder to run programs in, and ports of its own. */
export interface Matrix {
  system: TestSystem;
  client: Client;
  socketPath: string;
  /** The folder of a project that is called `shop`. */
  folder: string;
  /** A port that nobody has, in either protocol, with room after it for what is offered instead. */
  freePort(): Promise<number>;
  /** The first of so many such ports in a row. */
  freePorts(count: number): Promise<number>;
  /** True for the ports of this file. */
  isOurs(port: number): boolean;
  close(): Promise<void>;
}

/** Wait for the end of every command. */
export const patient = { waitSeconds: 55 };

const block = matrixPorts.ofEachFile;
/** A wanted port and some that may be offered in its place. */
const stride = 4;

/** A system whose range `matrix` holds the ports of this file. */
export async function openMatrix({ dockerHost = inject('engine').dockerHost } = {}): Promise<Matrix> {
  const { socketPath } = inject('engine');
  const home = newHome();
  const folder = makeProject('shop');
  const system = await startSystem({ dockerHost, home });
  const { client } = system;
  const first = matrixPorts.first + seat * block;
  const { items } = await client.ports.ranges();
  await client.ports.putRanges({ items: [...items, { name: 'matrix', first, last: first + block - 1 }] });
  let next = first;
  async function freePorts(count: number): Promise<number> {
    for (;;) {
      const port = next;
      next += count;
      if (next > first + block) throw new Error('This file needs a larger block of ports');
      const ports = Array.from({ length: count }, (_, index) => port + index);
      if ((await Promise.all(ports.map(isFree))).every(Boolean)) return port;
    }
  }
  return {
    system,
    client,
    socketPath,
    folder,
    freePort: () => freePorts(stride),
    freePorts,
    isOurs: (port) => port >= first && port < first + block,
    async close() {
      await removeServices(client);
      await system.stop();
      removeProject(folder);
      removeHome(home);
    },
  };
}

/** True when nobody listens on a port over TCP, on any address. */
export function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ port, host: '::', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Takes services off, those that adopted something with what they adopted. */
export async function removeServices(client: Client, ...names: string[]): Promise<void> {
  const { items } = await client.services.list({ limit: 500 });
  const unwanted = items.filter(({ name }) => names.length === 0 || names.includes(name));
  await Promise.all(unwanted.map(({ id }) => client.services.delete({ id }, patient)));
}

let count = 0;
/** Another name each time, so that nothing of an earlier case, or of a file that runs beside this one, can be mistaken. */
export function newName(prefix: string): string {
  count += 1;
  return `${prefix}-${process.pid}-${count}`;
}

/** The specification of a service in a container that serves a page at port 80. */
export function boxed(name: string, endpoint: object, more: Partial<ServiceSpecInput> = {}): ServiceSpecInput {
  return {
    name,
    runtime: { type: 'container', image: webImage },
    endpoints: [{ containerPort: 80, range: 'matrix', ...endpoint }],
    ...more,
  };
}

/** The specification of a service whose program holds its port and says who it is. */
export function served(
  { folder }: Pick<Matrix, 'folder'>,
  name: string,
  endpoint: { protocol?: 'tcp' | 'udp'; address?: string; hostPort: number | 'auto' },
): ServiceSpecInput {
  const { protocol = 'tcp', address = '127.0.0.1' } = endpoint;
  const command = ['node', answering, protocol, address, `\${endpoints.http.port}`];
  return { name, runtime: { type: 'process', command, cwd: folder }, endpoints: [{ range: 'matrix', ...endpoint }] };
}

/** The refusal of a start: its status, and the conflicts in it, which the contract parses. */
export async function refusedStart({ system }: Matrix, name: string): Promise<Conflict[]> {
  const response = await system.request(`/api/v2/services/${name}/start`, {
    method: 'POST',
    headers: { prefer: 'wait=55' },
  });
  const body: unknown = await response.json();
  if (response.status !== 409)
    throw new Error(`The start of ${name} answered ${response.status}: ${JSON.stringify(body)}`);
  const problem = z.object({ code: z.literal('PORT_CONFLICT'), conflicts: z.array(conflictSchema) }).parse(body);
  return problem.conflicts;
}

/** The option that a person is advised to take. */
export function recommendedOf({ options }: Conflict): Conflict['options'][number] {
  const found = options.filter(({ recommended }) => recommended);
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} options are recommended`);
  return found[0];
}

/** Applies an option and waits for its end. */
export async function resolve({ client }: Matrix, { id }: Conflict, option: string): Promise<Operation> {
  return await client.conflicts.resolve({ id, option }, patient);
}

export async function undo({ client }: Matrix, { id }: Operation): Promise<Operation> {
  return await client.operations.undo({ id }, patient);
}

/** The open conflict of a service that the watch tells by itself. */
export async function toldConflict({ client }: Matrix, name: string, kind: Conflict['kind']): Promise<Conflict> {
  const right = ({ wanted, kind: found }: Conflict) => wanted.service === name && found === kind;
  const { items } = await eventually(
    () => client.conflicts.list({ state: 'open', limit: 500 }),
    (page) => page.items.some(right),
  );
  return items.find(right) as Conflict;
}

const listed = z.array(
  z.object({
    Id: z.string(),
    Names: z.array(z.string()),
    State: z.string(),
    Ports: z.array(z.object({ IP: z.string().optional(), PublicPort: z.int().optional(), Type: z.string() })),
  }),
);

/** The containers of this file, as they are named: each with its id, state and published ports. */
export async function containersOf({ socketPath }: Pick<Matrix, 'socketPath'>) {
  const all = listed.parse(JSON.parse(await engineCall(socketPath, '/containers/json?all=1')));
  return all
    .map(({ Id, Names, State, Ports }) => ({
      id: Id,
      name: Names[0]?.slice(1) ?? '',
      state: State,
      ports: Ports.map(({ IP, PublicPort, Type }) => `${Type} ${IP ?? '-'}:${PublicPort ?? '-'}`).sort(),
    }))
    .filter(({ name }) => name.includes(`-${process.pid}-`))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Takes a container away, if it is there. */
export async function removeContainer({ socketPath }: Pick<Matrix, 'socketPath'>, ref: string): Promise<void> {
  await engineRequest(socketPath, `/containers/${ref}?force=1&v=1`, { method: 'DELETE' });
}

/** What runs of a service: the container or the process, and whether it does. */
export function runOf({ runtime }: Pick<Service, 'runtime'>): string | null {
  const { observed } = runtime;
  if (observed === null) return null;
  if ('containerId' in observed) return `${observed.containerId} ${observed.state}`;
  return 'state' in observed ? `${observed.pid} ${observed.state}` : `${observed.pid}`;
}

function lifeOf(service: Service) {
  const { name, status, desired, waits, endpoints } = service;
  return {
    name,
    status,
    desired,
    waits,
    run: runOf(service),
    endpoints: endpoints.map(({ address, lease }) => ({
      address,
      lease: lease === null ? null : { port: lease.port, address: lease.address, reason: lease.reason },
    })),
  };
}

/** All that a command could change: services, leases, containers, and the sockets on the ports of this file. */
export async function snapshot(matrix: Matrix) {
  const { client } = matrix;
  const [services, leases, listeners, containers] = await Promise.all([
    client.services.list({ limit: 500 }),
    client.ports.leases({ limit: 500 }),
    client.ports.listeners(),
    containersOf(matrix),
  ]);
  return {
    services: services.items.map(lifeOf),
    leases: leases.items.map(({ id, port, protocol, address, service, note }) => ({
      id,
      seat: `${protocol} ${address}:${port}`,
      holder: service?.name ?? note,
    })),
    sockets: listeners.items
      .filter(({ port }) => matrix.isOurs(port))
      .map(({ protocol, address, port, holder }) => `${protocol} ${address}:${port} ${holder.pid}`)
      .sort(),
    containers,
  };
}

/** A service as it is now, in short. */
export async function lifeOfService({ client }: Matrix, name: string) {
  return lifeOf(await client.services.get({ id: name }));
}
