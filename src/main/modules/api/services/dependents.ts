import { isClosError } from '#shared/contract/clos-error.ts';
import type { ReadDb } from '../../../database/handle.ts';
import { findService, listServiceSummaries, type StoredService, updateLife } from '../../../database/services.ts';
import type { ApiContext } from '../api-context.ts';
import type { Command } from '../operations/commands.ts';
import { driverOf } from '../runtimes/drivers.ts';
import { referencedServices, renderService } from '../state/environment.ts';
import { changeStatus } from '../state/life.ts';
import { isActive, isUp, renderOrNull, specHash } from '../state/service-view.ts';
import { reload } from './reload.ts';

/** The services that run and were told something of this one that is not so any more: what changed, they read only at a start. */
function staleDependents(db: ReadDb, changed: StoredService): StoredService[] {
  const word = `services.${changed.name}.`;
  const mentioning = listServiceSummaries(db).filter(
    ({ id, env, command }) => id !== changed.id && (env.includes(word) || command?.includes(word)),
  );
  return mentioning
    .flatMap(({ id }) => findService(db, id) ?? [])
    .filter(
      (service) =>
        isActive(service) &&
        service.applied !== null &&
        referencedServices(service).has(changed.name) &&
        service.applied !== specHash(db, service, changed),
    );
}

function tellStep({ name }: StoredService): string {
  return `Tell ${name}`;
}

/** The names of the steps in which the others would be told of this service as given. */
export async function tellSteps(api: ApiContext, changed: StoredService): Promise<string[]> {
  const names: string[] = [];
  for (const service of staleDependents(api.db.read, changed)) {
    const driver = driverOf(service);
    if (renderOrNull(api.db.read, service, changed) === null) {
      names.push(tellStep(service));
      continue;
    }
    const stopped = { ...service, runtime: { ...service.runtime, observed: null } };
    names.push(tellStep(service), ...driver.stopSteps(api, service), ...(await driver.runSteps(api, stopped, changed)));
  }
  return names;
}

async function restartOne(api: ApiContext, service: StoredService, command: Command): Promise<void> {
  const { db } = api;
  const driver = driverOf(service);
  command.hold(service);
  // Who is also told of one that has no port just now could not start again: it goes on with what it knows.
  renderService(db.read, service);
  await driver.stop(api, service, command);
  const applied = await driver.run(api, reload(api, service.id), command);
  await db.commit((write) => updateLife(write, service.id, { applied }));
}

/**
 * Restarts whoever was told of this service's ports, and only where what they were told has changed. One that is busy, or cannot
 * be started again, does not undo what the command is about; it says so in its step.
 */
export async function restartDependents(api: ApiContext, changed: StoredService, command: Command): Promise<void> {
  for (const service of staleDependents(api.db.read, changed)) {
    try {
      await command.step(tellStep(service), () => restartOne(api, service, command));
    } catch (error) {
      if (!isClosError(error)) throw error;
      await recordUntold(api, { service, error: error.message }, command);
    }
  }
}

/** A dependent that was stopped and did not come back is a failure of its own; one that was busy still shows `needsRestart`. */
async function recordUntold(
  api: ApiContext,
  { service, error }: { service: StoredService; error: string },
  command: Command,
): Promise<void> {
  await api.db.commit((write) => {
    const latest = findService(write, service.id);
    if (latest === null || isUp(latest)) return;
    changeStatus(write, latest, { to: 'failed', reason: error, ...command });
  });
}
