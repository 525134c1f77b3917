import { ClosError, isClosError } from '#shared/contract/clos-error.ts';
import { type Apply, recordResolved } from './resolution.ts';

/** Stops a container that CLOS does not manage. It stays where it is, and an undo starts it again. */
export const stopContainer: Apply = async (api, resolution, command) => {
  const { conflict } = resolution;
  const { container } = conflict.holder;
  if (container === null) throw new Error(`The holder of ${conflict.id} is no container`);
  await command.remember([{ type: 'start-container', containerId: container.id, name: container.name }]);
  await command.step(`Stop the container ${container.name}`, async () => {
    try {
      await api.engine.stop(container.id, { graceMs: api.module.config.engine.stopGraceMs });
    } catch (error) {
      if (!isClosError(error, 'CONTAINER_NOT_FOUND')) throw error;
      throw new ClosError('CONFLICT_CLOSED', `The container ${container.name} is gone. Start again.`);
    }
  });
  await api.db.commit((write) => recordResolved(write, resolution, command));
};
