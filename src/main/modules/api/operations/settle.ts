import type { Operation } from '#shared/contract/operations.ts';
import { appendEvent } from '../../../database/events.ts';
import type { WriteDb } from '../../../database/handle.ts';
import { releaseUnfinishedKeys } from '../../../database/idempotency.ts';
import { putOperation, unfinishedOperations } from '../../../database/operations.ts';
import { findService, listServices, markDeleted, type StoredService, updateLife } from '../../../database/services.ts';
import { type Provenance, thisModule } from '../access/actors.ts';
import type { ApiContext } from '../api-context.ts';
import { changeStatus } from '../state/life.ts';
import { isUp } from '../state/service-view.ts';

const between = new Set<StoredService['status']>(['starting', 'stopping']);

function serviceOf(write: WriteDb, operation: Operation): StoredService | null {
  const { subject, type } = operation;
  return type === 'conflict.resolve' ? findService(write, subject.name ?? '') : findService(write, subject.id);
}

/** Did what the operation wanted come about, by what the runtimes show? Of what changes several things nobody can say that. */
function wasDone(operation: Operation, service: StoredService | null): boolean {
  switch (operation.type) {
    case 'service.start':
    case 'service.restart':
    case 'conflict.resolve':
      return service !== null && isUp(service) && service.status !== 'unknown';
    case 'service.stop':
      return service === null || !isUp(service);
    case 'service.delete':
      return service === null || !isThere(service);
    case 'service.adopt':
      return service !== null;
    case 'services.start':
    case 'operation.undo':
      return false;
  }
}

/** Something of the service is there, running or not. */
function isThere({ runtime }: StoredService): boolean {
  return runtime.type === 'container' ? runtime.observed !== null : isUp({ runtime });
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
      : { code: 'INTERNAL', detail: 'CLOS ended before the operation did. What it had begun was settled; try again.' },
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
}

/** A service that was on its way when its command was cut off is where it is seen to be. */
function settleService(write: WriteDb, service: StoredService): void {
  if (!between.has(service.status)) return;
  const running = isUp(service);
  updateLife(write, service.id, { desired: running ? 'running' : 'stopped' });
  changeStatus(write, service, {
    to: running ? 'running' : 'stopped',
    reason: 'settled after CLOS was interrupted',
    actor: thisModule,
    cause: null,
  });
}

/**
 * Settles what a crash left open, before the api says that it is ready: every unfinished operation was done or was not, by what
 * the runtime shows. Nothing is done a second time. What was left half-made in the engine is cleared by the first look at it.
 */
export async function settleAfterCrash(api: ApiContext): Promise<void> {
  const open = unfinishedOperations(api.db.read);
  await api.db.commit((write) => {
    releaseUnfinishedKeys(write);
    for (const operation of open) settle(write, operation);
    for (const service of listServices(write)) settleService(write, service);
  });
}
