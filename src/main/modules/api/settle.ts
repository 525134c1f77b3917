import type { Operation } from '#shared/contract/operations.ts';
import { appendEvent } from '../../database/events.ts';
import type { WriteDb } from '../../database/handle.ts';
import { releaseUnfinishedKeys } from '../../database/idempotency.ts';
import { putOperation, unfinishedOperations } from '../../database/operations.ts';
import { findService, markDeleted, type StoredService, updateLife } from '../../database/services.ts';
import { type Provenance, thisModule } from './actors.ts';
import type { ApiContext } from './api-context.ts';
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

/**
 * Settles what a crash left open, before the api says that it is ready: every unfinished operation was done or was not, by what
 * the runtime shows. Nothing is done a second time. What was left half-made in the engine is cleared by the first look at it.
 */
export async function settleAfterCrash(api: ApiContext): Promise<void> {
  const open = unfinishedOperations(api.db.read);
  await api.db.commit((write) => {
    releaseUnfinishedKeys(write);
    for (const operation of open) settle(write, operation);
  });
}
