import { ClosError, isClosError } from '#shared/contract/clos-error.ts';
import type { LogLine } from '#shared/contract/services.ts';
import { observedOfService } from '../../../database/observed.ts';
import type { StoredService } from '../../../database/services.ts';
import { needsNewContainer } from '../../../runtimes/container/engine-errors.ts';
import { type ContainerDefinition, containerLabels, type PortBinding } from '../../../runtimes/container/types.ts';
import type { ApiContext } from '../api-context.ts';
import type { Command } from '../operations/commands.ts';
import { renderService } from '../state/environment.ts';
import { specHash } from '../state/service-view.ts';
import { containerName, retiredName } from './container-name.ts';
import { type ContainerService, toContainerSpec } from './container-spec.ts';
import type { LogQuery, RuntimeDriver } from './runtime-driver.ts';

function asContainer(service: StoredService): ContainerService {
  const { runtime } = service;
  if (runtime.type !== 'container') throw new Error(`${service.name} does not run in a container`);
  return { ...service, runtime };
}

/** What each part of the work is called, in a plan and when it is done. */
const steps = {
  create: 'Create the container',
  createLike: 'Create a container like it',
  start: 'Start the container',
  stop: 'Stop the container',
  setAside: 'Set the old container aside',
  removeOld: 'Remove the old container',
  letVanish: 'Stop the old container, which its engine then removes',
};

/** The id of the container that bears the service's name, if the engine has shown one. */
function presentContainer(api: ApiContext, service: StoredService): string | null {
  const name = containerName(service);
  return observedOfService(api.db.read, service.id).find((row) => row.name === name)?.containerId ?? null;
}

/** The leased ports as the engine is asked to publish them. */
function bindingsOf(service: ContainerService): PortBinding[] {
  return service.endpoints.flatMap(({ protocol, containerPort, lease, address }) =>
    lease === null || containerPort === null
      ? []
      : [{ protocol, containerPort, hostAddress: address, hostPort: lease.port }],
  );
}

async function needsPull(api: ApiContext, { runtime: { image, pull } }: ContainerService): Promise<boolean> {
  return pull === 'always' || !(await api.engine.hasImage(image));
}

function pullStep({ runtime: { image } }: ContainerService): string {
  return `Pull ${image}`;
}

async function ensureImage(api: ApiContext, service: ContainerService, command: Command) {
  if (!(await needsPull(api, service))) return;
  const { image, pull } = service.runtime;
  await command.step(pullStep(service), () =>
    api.engine.pull(image, {
      when: pull,
      signal: command.signal,
      onProgress: ({ percent, text }) => command.say(`${text} ${percent ?? 0} %`, (percent ?? 0) / 200),
    }),
  );
}

/** Makes the service's container. What `old` had of volumes and networks beyond the specification, the new one has too. */
async function create(
  api: ApiContext,
  service: ContainerService,
  { old, command }: { old: string | null; command: Command },
): Promise<string> {
  await ensureImage(api, service, command);
  const spec = toContainerSpec(service, {
    name: containerName(service),
    ports: bindingsOf(service),
    homeLabel: api.homeLabel,
    instanceId: service.instanceId,
    operationId: command.operation.id,
    config: api.module.config.engine,
    rendered: renderService(api.db.read, service),
  });
  return await command.step(steps.create, () => api.engine.create(spec, old === null ? {} : { carryFrom: old }));
}

/** Makes a container like an adopted one, with the ports as they are leased now: nothing else of it changes. */
async function createLike(
  api: ApiContext,
  service: ContainerService,
  { definition, name, command }: { definition: ContainerDefinition; name: string; command: Command },
): Promise<string> {
  return await command.step(steps.createLike, () =>
    api.engine.createLike(definition, {
      name,
      ports: bindingsOf(service),
      labels: {
        [containerLabels.home]: api.homeLabel,
        [containerLabels.service]: service.id,
        [containerLabels.operation]: command.operation.id,
        [containerLabels.instance]: service.instanceId,
      },
    }),
  );
}

async function start(api: ApiContext, id: string, command: Command): Promise<void> {
  await command.step(steps.start, () => api.engine.start(id));
}

/** Makes and starts a container; what was made and could not be started is taken away again. */
async function createAndStart(
  api: ApiContext,
  service: ContainerService,
  { old, command }: { old: string | null; command: Command },
): Promise<void> {
  const id =
    old !== null && service.adoptedContainer !== null
      ? await createLike(api, service, {
          definition: await api.engine.definition(old),
          name: containerName(service),
          command,
        })
      : await create(api, service, { old, command });
  try {
    await start(api, id, command);
  } catch (error) {
    await api.engine.remove(id, { force: true, keepVolumes: old !== null }).catch((cause: unknown) => {
      command.log.warn({ err: cause }, 'a container that could not start is left behind');
    });
    // Whoever tries again must not take it for the one to replace.
    await api.seat.refresh(id);
    throw error;
  }
}

/** Rename the old one, create and start the new one, remove the old one; on failure the old one gets its name back. */
async function replace(
  api: ApiContext,
  service: ContainerService,
  { old, command }: { old: string; command: Command },
): Promise<void> {
  const { engine, module } = api;
  const definition = service.adoptedContainer === null ? null : await engine.definition(old);
  if (definition?.removedWhenStopped) return await replaceVanishing(api, service, { definition, command });
  await command.step(steps.setAside, async () => {
    await engine.stop(old, { graceMs: module.config.engine.stopGraceMs });
    await engine.rename(old, retiredName(service));
  });
  try {
    await createAndStart(api, service, { old, command });
  } catch (error) {
    await engine.rename(old, containerName(service)).catch((cause: unknown) => {
      command.log.warn({ err: cause }, 'the old container could not get its name back');
    });
    throw error;
  }
  // Its volumes are the new one's now.
  await command.step(steps.removeOld, () => engine.remove(old, { force: true, keepVolumes: true }));
}

/** An adopted container that its engine removes when it stops: the next one is made before it does, so that nothing is lost. */
async function replaceVanishing(
  api: ApiContext,
  service: ContainerService,
  { definition, command }: { definition: ContainerDefinition; command: Command },
): Promise<void> {
  const { engine, module } = api;
  const next = await createLike(api, service, { definition, name: retiredName(service), command });
  await command.step(steps.letVanish, () => engine.stop(definition.id, { graceMs: module.config.engine.stopGraceMs }));
  await engine.remove(definition.id, { force: true, keepVolumes: true });
  await engine.rename(next, containerName(service));
  await start(api, next, command);
}

async function runSteps(api: ApiContext, stored: StoredService, changed?: StoredService): Promise<string[]> {
  const service = asContainer(stored);
  const present = presentContainer(api, service);
  if (present !== null && service.applied === specHash(api.db.read, service, changed)) return [steps.start];
  if (present !== null && service.adoptedContainer !== null) {
    const { removedWhenStopped } = await api.engine.definition(present);
    return removedWhenStopped
      ? [steps.createLike, steps.letVanish, steps.start]
      : [steps.setAside, steps.createLike, steps.start, steps.removeOld];
  }
  const made = [...((await needsPull(api, service)) ? [pullStep(service)] : []), steps.create, steps.start];
  return present === null ? made : [steps.setAside, ...made, steps.removeOld];
}

/** Starts the container that is there if it was made from the present revision and leases, else replaces it. */
async function run(api: ApiContext, stored: StoredService, command: Command): Promise<string> {
  const service = asContainer(stored);
  const hash = specHash(api.db.read, service);
  const present = presentContainer(api, service);
  if (present === null) {
    await createAndStart(api, service, { old: null, command });
  } else if (service.applied === hash) {
    try {
      await start(api, present, command);
    } catch (error) {
      // Somebody removed it and the engine's word of that is still on its way, or the engine itself has lost hold of it.
      if (!needsNewContainer(error)) throw error;
      if (isClosError(error, 'CONTAINER_NOT_FOUND')) await createAndStart(api, service, { old: null, command });
      else await replace(api, service, { old: present, command });
    }
  } else {
    await replace(api, service, { old: present, command });
  }
  return hash;
}

async function stop(api: ApiContext, service: StoredService, command: Command): Promise<void> {
  const id = presentContainer(api, service);
  if (id === null) return;
  await command.step(steps.stop, async () => {
    try {
      await api.engine.stop(id, { graceMs: api.module.config.engine.stopGraceMs });
    } catch (error) {
      // Gone is stopped.
      if (!isClosError(error, 'CONTAINER_NOT_FOUND')) throw error;
    }
    await api.seat.refresh(id);
  });
}

async function remove(api: ApiContext, service: StoredService, command: Command): Promise<void> {
  const id = presentContainer(api, service);
  // An adopted container was there before us and stays when we go.
  if (id === null || service.adoptedContainer !== null) return;
  await command.step('Remove the container', () => api.engine.remove(id, { force: true, carriedToo: true }));
}

async function* readLogs(api: ApiContext, containerId: string, query: LogQuery): AsyncGenerator<LogLine> {
  const { follow, since, tail, signal } = query;
  const lines = api.engine.logs(containerId, { follow, tail, signal, ...(since === undefined ? {} : { since }) });
  try {
    for await (const { stream, time, line } of lines) {
      // The engine writes nanoseconds, the contract speaks in milliseconds.
      yield { stream, time: time === null ? null : new Date(time).toISOString(), line };
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

export const containerDriver: RuntimeDriver = {
  startStep: (service) => `Start ${service.name} from ${asContainer(service).runtime.image}`,
  runSteps,
  stopSteps: (api, service) => (presentContainer(api, service) === null ? [] : [steps.stop]),
  run,
  stop,
  remove,
  logs(api, service, query) {
    const container = presentContainer(api, service);
    if (container === null) {
      throw new ClosError('CONTAINER_NOT_FOUND', `${service.name} has not been started yet, so it has no log.`);
    }
    return readLogs(api, container, query);
  },
};
