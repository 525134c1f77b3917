import { observedOfService } from '../../database/observed.ts';
import type { StoredService } from '../../database/services.ts';
import { needsNewContainer } from '../../runtimes/container/engine-errors.ts';
import type { ApiContext } from './api-context.ts';
import type { Command } from './commands.ts';
import { containerName, retiredName } from './container-name.ts';
import { toContainerSpec } from './container-spec.ts';
import { specHash } from './service-view.ts';

/** The id of the container that bears the service's name, if the engine has shown one. */
export function presentContainer(api: ApiContext, service: StoredService): string | null {
  const name = containerName(service);
  return observedOfService(api.db.read, service.id).find((row) => row.name === name)?.containerId ?? null;
}

async function create(api: ApiContext, service: StoredService, command: Command): Promise<string> {
  const { engine, module } = api;
  const { image, pull } = service.runtime;
  if (pull === 'always' || !(await engine.hasImage(image))) {
    await command.step(`Pull ${image}`, () =>
      engine.pull(image, {
        when: pull,
        onProgress: ({ percent, text }) => command.say(`${text} ${percent ?? 0} %`, (percent ?? 0) / 200),
      }),
    );
  }
  return await command.step('Create the container', () =>
    engine.create(
      toContainerSpec(service, {
        name: containerName(service),
        ports: service.endpoints.flatMap(({ protocol, containerPort, lease, address }) =>
          lease === null ? [] : [{ protocol, containerPort, address, port: lease.port }],
        ),
        homeLabel: api.homeLabel,
        instanceId: service.instanceId,
        operationId: command.operation.id,
        config: module.config.engine,
      }),
    ),
  );
}

async function start(api: ApiContext, id: string, command: Command): Promise<void> {
  await command.step('Start the container', () => api.engine.start(id));
}

/** Makes and starts a container; what was made and could not be started is taken away again. */
async function createAndStart(api: ApiContext, service: StoredService, command: Command): Promise<void> {
  const id = await create(api, service, command);
  try {
    await start(api, id, command);
  } catch (error) {
    await api.engine.remove(id, { force: true }).catch((cause: unknown) => {
      command.log.warn({ err: cause }, 'a container that could not start is left behind');
    });
    throw error;
  }
}

/** Rename the old one, create and start the new one, remove the old one; on failure the old one gets its name back. */
async function replace(
  api: ApiContext,
  service: StoredService,
  { old, command }: { old: string; command: Command },
): Promise<void> {
  const { engine, module } = api;
  await command.step('Set the old container aside', async () => {
    await engine.stop(old, { graceMs: module.config.engine.stopGraceMs });
    await engine.rename(old, retiredName(service));
  });
  try {
    await createAndStart(api, service, command);
  } catch (error) {
    await engine.rename(old, containerName(service)).catch((cause: unknown) => {
      command.log.warn({ err: cause }, 'the old container could not get its name back');
    });
    throw error;
  }
  await command.step('Remove the old container', () => engine.remove(old, { force: true }));
}

/**
 * Has a container of the service running that is made from its present revision and leases: starts the one that is there, or
 * replaces it. Returns the hash that it was made from.
 */
export async function runContainer(api: ApiContext, service: StoredService, command: Command): Promise<string> {
  const hash = specHash(service);
  const present = presentContainer(api, service);
  if (present === null) {
    await createAndStart(api, service, command);
  } else if (service.applied === hash) {
    try {
      await start(api, present, command);
    } catch (error) {
      // Somebody removed it and the engine's word of that is still on its way, or the engine itself has lost hold of it.
      if (!needsNewContainer(error)) throw error;
      await api.engine.remove(present, { force: true });
      await createAndStart(api, service, command);
    }
  } else {
    await replace(api, service, { old: present, command });
  }
  return hash;
}
