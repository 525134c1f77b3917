import type { Operation } from '#shared/contract/operations.ts';
import { appendEvent } from '../../database/events.ts';
import type { WriteDb } from '../../database/handle.ts';
import { releaseUnfinishedKeys } from '../../database/idempotency.ts';
import { listObserved } from '../../database/observed.ts';
import { putOperation, unfinishedOperations } from '../../database/operations.ts';
import { findService, listServices, markDeleted, type StoredService, updateLife } from '../../database/services.ts';
import { type Provenance, thisModule } from './actors.ts';
import type { ApiContext } from './api-context.ts';
import { containerName, retiredName } from './container-name.ts';
import { changeStatus } from './life.ts';

const between = new Set<StoredService['status']>(['starting', 'stopping']);

function serviceOf(write: WriteDb, operation: Operation): StoredService | null {
  const { subject, type } = operation;
  return type === 'conflict.resolve' ? findService(write, subject.name ?? '') : findService(write, subject.id);
}

/** Did what the operation wanted come about, by what the runtime shows? */
function wasDone(operation: Operation, service: StoredService | null): boolean {
  switch (operation.type) {
    case 'service.start':
    case 'service.restart':
    case 'conflict.resolve':
      return service?.runtime.observed?.state === 'running' && service.status !== 'unknown';
    case 'service.stop':
      return service?.runtime.observed?.state !== 'running';
    case 'service.delete':
      return service === null || service.runtime.observed === null;
  }
}

function settle(write: WriteDb, operation: Operation): void {
  const service = serviceOf(write, operation);
  const done = wasDone(operation, service);
  const who: Provenance = { actor: thisModule, cause: { type: 'operation', id: operation.id } };
  const settled: Operation = {
    ...operation,
    status: done ? 'succeeded' : 'failed',
    progress: done ? 1 : operation.progress,
    error: done
      ? null
      : { code: 'INTERNAL', detail: 'CLOS ended before the operation did. Nothing of it is left; try again.' },
    finishedAt: new Date().toISOString(),
  };
  putOperation(write, settled);
  appendEvent(write, {
    type: 'operation.finished',
    subject: { type: 'operation', id: operation.id, name: operation.subject.name },
    ...who,
    data: { operation: settled },
  });
  if (service === null) return;
  if (operation.type === 'service.delete' && done) {
    appendEvent(write, { type: 'service.deleted', subject: operation.subject, ...who, data: {} });
    markDeleted(write, service.id);
    return;
  }
  if (!between.has(service.status)) return;
  const running = service.runtime.observed?.state === 'running';
  updateLife(write, service.id, { desired: running ? 'running' : 'stopped' });
  changeStatus(write, service, {
    to: running ? 'running' : 'stopped',
    reason: 'settled after CLOS was interrupted',
    ...who,
  });
}

/** A recreation that was cut off: the new container counts if it runs, else the old one gets its name back. */
async function settleContainers(api: ApiContext): Promise<void> {
  const observed = listObserved(api.db.read);
  for (const service of listServices(api.db.read)) {
    const old = observed.find(({ name, serviceId }) => serviceId === service.id && name === retiredName(service));
    if (old === undefined) continue;
    const fresh = observed.find(({ name }) => name === containerName(service));
    if (fresh?.state === 'running') {
      await api.engine.remove(old.containerId, { force: true });
      continue;
    }
    if (fresh !== undefined) await api.engine.remove(fresh.containerId, { force: true });
    await api.engine.rename(old.containerId, containerName(service));
  }
}

/**
 * Settles what a crash left open, before the api says that it is ready: every unfinished operation was done or was not, by what
 * the runtime shows. Nothing is done a second time.
 */
export async function settleAfterCrash(api: ApiContext): Promise<void> {
  const open = unfinishedOperations(api.db.read);
  if (open.length > 0 && api.engine.state.status === 'available') {
    await settleContainers(api).catch((error: unknown) => {
      api.module.log.warn({ err: error }, 'a recreation that was cut off could not be settled');
    });
  }
  await api.db.commit((write) => {
    releaseUnfinishedKeys(write);
    for (const operation of open) settle(write, operation);
  });
}
