import { ClosError, isClosError } from '#shared/contract/clos-error.ts';
import type { ContainerDefinition } from '../../../../runtimes/container/types.ts';
import type { ApiContext } from '../../api-context.ts';
import { rememberService } from '../../state/service-before.ts';
import { recordResolved, type WayOut } from './resolution.ts';

async function findDefinition(
  api: ApiContext,
  { id, name }: { id: string; name: string },
): Promise<ContainerDefinition> {
  try {
    return await api.engine.definition(id);
  } catch (error) {
    if (!isClosError(error, 'CONTAINER_NOT_FOUND')) throw error;
    throw new ClosError('CONFLICT_CLOSED', `The container ${name} is gone. Start again.`);
  }
}

function stepOf({ name }: { name: string }): string {
  return `Stop the container ${name}`;
}

const apply: WayOut['apply'] = async (api, resolution, command) => {
  const { conflict } = resolution;
  const { container } = conflict.holder;
  if (container === null) throw new Error(`The holder of ${conflict.id} is no container`);
  const definition = await findDefinition(api, container);
  const { id: containerId, name } = container;
  await command.remember([
    { type: 'restore-service', before: rememberService(resolution.service) },
    { type: 'start-container', containerId, name, definition: definition.removedWhenStopped ? definition : null },
  ]);
  await command.step(stepOf(container), async () => {
    try {
      await api.engine.stop(container.id, { graceMs: api.module.config.engine.stopGraceMs });
    } catch (error) {
      // Gone is stopped.
      if (!isClosError(error, 'CONTAINER_NOT_FOUND')) throw error;
    }
    // Whoever checks the ports next must not find it still running.
    await api.seat.refresh(container.id);
  });
  await api.db.commit((write) => recordResolved(write, resolution, command));
};

/** Stops a container that CLOS does not manage. It stays where it is, and an undo starts it again. */
export const stopContainer: WayOut = {
  steps: (_api, { conflict: { holder } }) => (holder.container === null ? [] : [stepOf(holder.container)]),
  apply,
  clears: true,
};
