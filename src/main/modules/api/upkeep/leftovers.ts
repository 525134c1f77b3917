import type { ReadDb } from '../../../database/handle.ts';
import { findOperation } from '../../../database/operations.ts';
import { findService, listServices, type StoredService } from '../../../database/services.ts';
import { containerLabels, type ObservedContainer } from '../../../runtimes/container/types.ts';
import type { ApiContext } from '../api-context.ts';
import { containerName, retiredName } from '../runtimes/container-name.ts';

/** A container that came of a start which did not come about: it was never started, or its operation has failed since. */
function isHalfMade(db: ReadDb, { state, labels }: ObservedContainer): boolean {
  // One that was adopted as it was is nobody's leftover.
  if (labels[containerLabels.operation] === undefined) return false;
  if (state === 'created') return true;
  if (state !== 'exited' && state !== 'dead') return false;
  return findOperation(db, labels[containerLabels.operation] ?? '')?.status === 'failed';
}

const up = new Set<ObservedContainer['state']>(['running', 'paused', 'restarting']);

/** Settles the containers of one service that no command has. Returns those that stay. */
async function clearService(
  { engine, db }: ApiContext,
  service: StoredService,
  containers: readonly ObservedContainer[],
): Promise<ObservedContainer[]> {
  const name = containerName(service);
  const fresh = containers.find((container) => container.name === name);
  const old = containers.find((container) => container.name === retiredName(service));
  const others = containers.filter((container) => container !== fresh && container !== old);
  if (old === undefined) {
    if (fresh === undefined || !isHalfMade(db.read, fresh)) return [...containers];
    await engine.remove(fresh.id, { force: true });
    return others;
  }
  // A recreation was cut off: the new container counts if it runs, else the old one gets its name back.
  if (fresh !== undefined && up.has(fresh.state)) {
    await engine.remove(old.id, { force: true, keepVolumes: true });
    return [...others, fresh];
  }
  if (fresh !== undefined) await engine.remove(fresh.id, { force: true });
  await engine.rename(old.id, name);
  return [...others, { ...old, name }];
}

/** The services that adopted a container, by its name and by the one that it has while another takes its place. */
function adoptedNames(db: ReadDb): Map<string, string> {
  const adopting = listServices(db).filter(({ adoptedContainer }) => adoptedContainer !== null);
  return new Map(
    adopting.flatMap(
      (service): Array<[string, string]> => [
        [containerName(service), service.id],
        [retiredName(service), service.id],
      ],
    ),
  );
}

/**
 * Takes away what a start left behind that could not end, because the engine or CLOS was killed: a container that was made and
 * not started, the lesser half of a recreation that was cut off. Returns what then is there. Strangers, and the containers of
 * services that a command has, are left alone.
 */
export async function clearLeftovers(api: ApiContext, containers: ObservedContainer[]): Promise<ObservedContainer[]> {
  const groups = new Map<string, ObservedContainer[]>();
  const kept: ObservedContainer[] = [];
  const adopted = adoptedNames(api.db.read);
  for (const container of containers) {
    const { labels, name } = container;
    const labelled = labels[containerLabels.home] === api.homeLabel ? labels[containerLabels.service] : undefined;
    const id = adopted.get(name) ?? labelled;
    if (id === undefined) kept.push(container);
    else groups.set(id, [...(groups.get(id) ?? []), container]);
  }
  for (const [id, group] of groups) {
    const service = findService(api.db.read, id);
    if (service === null || api.commands.current(id) !== null) {
      kept.push(...group);
      continue;
    }
    try {
      kept.push(...(await clearService(api, service, group)));
    } catch (error) {
      api.module.log.warn({ err: error, service: id }, 'what an interrupted start left behind could not be cleared');
      kept.push(...group);
    }
  }
  return kept;
}
