import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { isClosError } from '#shared/contract/clos-error.ts';
import { conflictSchema } from '#shared/contract/conflicts.ts';
import type { Range } from '#shared/contract/ports.ts';
import type { Service } from '#shared/contract/services.ts';
import { webImage } from '#tests/support/web-image.ts';
import type { Scene, Seat } from '#tests/support/worlds/oracle.ts';
import type { PlannedService, WorldPlan } from '#tests/support/worlds/random-world.ts';
import { specOf } from '#tests/support/worlds/specification.ts';
import type { Refusal } from '#tests/support/worlds/verdict.ts';
import { type Matrix, patient, removeServices } from '../conflict-matrix/matrix.ts';
import { invite, type RealStranger } from './strangers.ts';

/** A world that has come about on this machine. */
export interface RealWorld {
  range: Range;
  strangers: readonly RealStranger[];
  service(name: string): Promise<Service>;
  services(): Promise<Service[]>;
  scene(): Promise<Scene>;
  /** Takes away all that is of this world. */
  close(): Promise<void>;
}

const holding = fileURLToPath(new URL('holding.cjs', import.meta.url));
/** Room for everybody: a port for each place of the largest plan. */
const wideSize = 24;

function runtimeOf({ folder }: Matrix, { name, runtime, endpoints }: PlannedService) {
  if (runtime === 'container') return { type: 'container' as const, image: webImage };
  const places = endpoints.flatMap((one) => [one.protocol, one.address, `\${endpoints.${one.name}.port}`]);
  return { type: 'process' as const, command: ['node', holding, name, ...places], cwd: folder };
}

export async function buildRealWorld(matrix: Matrix, plan: WorldPlan): Promise<RealWorld> {
  const { client } = matrix;
  const size = plan.wide ? wideSize : plan.size;
  const first = await matrix.freePorts(size);
  const range: Range = { name: 'few', first, last: first + size - 1 };
  const { items } = await client.ports.ranges();
  await client.ports.putRanges({ items: [...items.filter(({ name }) => !['few', 'matrix'].includes(name)), range] });

  const strangers: RealStranger[] = [];
  const services = async () => (await client.services.list({ limit: 500 })).items;
  async function scene(): Promise<Scene> {
    const ours = (await services()).map(seatsOf);
    return {
      sockets: [...ours.flatMap(({ sockets }) => sockets), ...strangers.flatMap(({ sockets }) => sockets)],
      claims: strangers.flatMap(({ claims }) => claims),
      promises: ours.flatMap(({ leases }) => leases),
    };
  }
  async function close(): Promise<void> {
    await removeServices(client);
    await Promise.all(strangers.map(({ leave }) => leave()));
  }
  try {
    await addServices(matrix, plan, range);
    for (const stranger of plan.strangers) {
      const { sockets } = await scene();
      const come = await invite(matrix, stranger, { firstPort: first, sockets });
      if (come !== null) strangers.push(come);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    range,
    strangers,
    services,
    service: (name) => client.services.get({ id: name }),
    scene,
    close,
  };
}

/** The services of a plan, as they were before strangers came. */
async function addServices(matrix: Matrix, plan: WorldPlan, range: Range): Promise<void> {
  const { client } = matrix;
  for (const service of plan.services) {
    const runtime = runtimeOf(matrix, service);
    // Whoever is asked tells what is in the way.
    await client.services.create(specOf({ ...service, onConflict: 'ask' }, { range, runtime }));
  }
  const past = plan.services.filter((service) => service.past !== 'fresh');
  for (const { name } of past) await tolerant(() => client.services.startMany({ services: [name] }, patient));
  await Promise.all(
    past.filter((service) => service.past === 'ran').map(({ name }) => client.services.stop({ id: name }, patient)),
  );
}

/** What a service leases, and what it holds as far as it runs. */
function seatsOf({ name, status, runtime, endpoints }: Service) {
  const leases = endpoints.flatMap(({ protocol, address, lease }): Seat[] => {
    const v6only = runtime.type === 'container';
    return lease === null ? [] : [{ who: `service ${name}`, protocol, address, port: lease.port, v6only }];
  });
  return { leases, sockets: status === 'running' ? leases : [] };
}

async function tolerant(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!isClosError(error)) throw error;
  }
}

const problem = z.object({ code: z.string(), conflicts: z.array(conflictSchema).default([]) });

/** One command to its end. Null when it was not refused. */
export async function command({ system }: Matrix, path: string, body?: object): Promise<Refusal | null> {
  const response = await system.request(`/api/v2${path}`, {
    method: 'POST',
    headers: { prefer: 'wait=55', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return response.ok ? null : problem.parse(await response.json());
}
