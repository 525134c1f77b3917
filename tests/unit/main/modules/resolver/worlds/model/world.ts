import { findService, listServices, type StoredService } from '#main/database/services.ts';
import { startMany } from '#main/modules/api/services/start-many.ts';
import { stopService } from '#main/modules/api/services/stop-service.ts';
import type { OwnPort } from '#main/modules/resolver/world.ts';
import { isClosError } from '#shared/contract/clos-error.ts';
import type { Actor } from '#shared/contract/operations.ts';
import type { Range } from '#shared/contract/ports.ts';
import type { ServiceSpecInput } from '#shared/contract/service-spec.ts';
import type { Place, PlannedService, WorldPlan } from '#tests/support/worlds/random-world.ts';
import { specOf } from '#tests/support/worlds/specification.ts';
import { type ModelSystem, openModelSystem } from './system.ts';

export const person: Actor = { type: 'key', id: 'key_ada', name: 'ada' };
export const caller = { actor: person, waitMs: 60_000 };

/** A world in which a plan has come about, as far as the machine let it. */
export interface ModelWorld {
  system: ModelSystem;
  range: Range;
  ownPorts: readonly OwnPort[];
  services(): StoredService[];
  service(name: string): StoredService;
}

const firstPort = 3000;
const runtimes: Record<PlannedService['runtime'], ServiceSpecInput['runtime']> = {
  container: { type: 'container', image: 'shop/web:1' },
  process: { type: 'process', command: ['node', 'server.js'], cwd: '/' },
};

export async function buildWorld(plan: WorldPlan): Promise<ModelWorld> {
  const range = { name: 'few', first: firstPort, last: firstPort + plan.size - 1 };
  // CLOS itself has one of the contested ports now and then.
  const ownPorts = plan.seed % 5 === 0 ? [{ name: 'gateway', port: firstPort + 1 }] : [];
  const system = await openModelSystem({ range, ownPorts });
  const { machine, api } = system;
  for (const { port } of ownPorts) machine.run([{ protocol: 'tcp', address: '127.0.0.1', port, v6only: false }]);
  const world: ModelWorld = {
    system,
    range,
    ownPorts,
    services: () => listServices(api.db.read),
    service(name) {
      const found = findService(api.db.read, name);
      if (found === null) throw new Error(`There is no service ${name}`);
      return found;
    },
  };
  for (const service of plan.services)
    await system.addService(specOf(service, { range, runtime: runtimes[service.runtime] }));
  for (const { name } of plan.services.filter(({ past }) => past !== 'fresh')) {
    await attempt(() => startMany(api, [world.service(name)], caller));
  }
  for (const { name } of plan.services.filter(({ past }) => past === 'ran')) {
    await stopService(api, world.service(name), caller);
  }
  for (const stranger of plan.strangers) {
    if (stranger.kind === 'listener') {
      const { protocol, address } = stranger.place;
      machine.run([{ protocol, address, port: portOf(stranger.place), v6only: stranger.v6only && address === '::' }]);
      continue;
    }
    const ports = stranger.places.map((place, index) => ({
      protocol: place.protocol,
      hostAddress: place.address,
      hostPort: portOf(place),
      containerPort: 80 + index,
    }));
    const id = await machine.addContainer(stranger.name, ports);
    if (stranger.running) await attempt(() => system.api.engine.start(id));
  }
  return world;
}

function portOf({ at }: Place): number {
  return firstPort + at;
}

/** What a call was refused with; null when it was not. */
export async function attempt(call: () => Promise<unknown>) {
  try {
    await call();
    return null;
  } catch (error) {
    if (isClosError(error)) return error;
    throw error;
  }
}
