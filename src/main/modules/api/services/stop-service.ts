import type { Actor, Operation } from '#shared/contract/operations.ts';
import { appendEvent } from '../../../database/events.ts';
import type { WriteDb } from '../../../database/handle.ts';
import { findService, markDeleted, type StoredService, updateLife } from '../../../database/services.ts';
import { serviceSubject } from '../access/actors.ts';
import type { ApiContext } from '../api-context.ts';
import { type Command, plannedOperation } from '../operations/commands.ts';
import { releaseLease } from '../ports/leases.ts';
import { driverOf } from '../runtimes/drivers.ts';
import { changeHealth, changeStatus, changeWaits, clearConflicts } from '../state/life.ts';
import { reload } from './reload.ts';
import { bringUp, recordNotStarted, recordStarted, requestHealthCheck } from './start-service.ts';

interface Caller {
  actor: Actor;
  waitMs: number;
}

const downStatuses = new Set<StoredService['status']>(['created', 'stopped']);

function recordStopping(write: WriteDb, service: StoredService, command: Command): void {
  updateLife(write, service.id, { desired: 'stopped' });
  if (!downStatuses.has(service.status)) changeStatus(write, service, { to: 'stopping', ...command });
}

function recordStopped(write: WriteDb, serviceId: string, command: Command): void {
  const service = findService(write, serviceId);
  if (service === null) return;
  changeHealth(write, service, { to: 'none', ...command });
  if (service.status === 'stopping') changeStatus(write, service, { to: 'stopped', ...command });
  if (service.waits) {
    changeWaits(write, service, { to: false, reason: `${service.name} was stopped`, ...command });
    changeStatus(write, service, { to: service.status, ...command });
  }
  clearConflicts(write, service, { reason: `${service.name} was stopped`, ...command });
}

/** The engine did not stop it: it is what it was, as far as anybody knows. */
function recordNotStopped(write: WriteDb, before: StoredService, command: Command): void {
  const service = findService(write, before.id);
  if (service === null) return;
  updateLife(write, before.id, { desired: before.desired });
  if (service.status === 'stopping')
    changeStatus(write, service, { to: before.status, reason: before.statusReason, ...command });
}

/** `POST /services/{id}/stop`. Leases stay. */
export async function stopService(
  api: ApiContext,
  before: StoredService,
  { actor, waitMs }: Caller,
): Promise<Operation> {
  return await api.commands.run({
    type: 'service.stop',
    subject: serviceSubject(before),
    actor,
    services: [before],
    waitMs,
    log: api.module.log,
    intent: (write, command) => recordStopping(write, before, command),
    work: (command) => driverOf(before).stop(api, reload(api, before.id), command),
    done: (write, command) => recordStopped(write, before.id, command),
    failed: (write, command) => recordNotStopped(write, before, command),
  });
}

/** `POST /services/{id}/restart`: stop, then all that a start does. */
export async function restartService(
  api: ApiContext,
  before: StoredService,
  { actor, waitMs }: Caller,
): Promise<Operation> {
  const operation = await api.commands.run({
    type: 'service.restart',
    subject: serviceSubject(before),
    actor,
    services: [before],
    waitMs,
    log: api.module.log,
    intent: (write, command) => {
      updateLife(write, before.id, { desired: 'running' });
      changeStatus(write, before, { to: downStatuses.has(before.status) ? 'starting' : 'stopping', ...command });
    },
    work: async (command) => {
      await driverOf(before).stop(api, reload(api, before.id), command);
      await api.db.commit((write) => {
        const service = findService(write, before.id);
        if (service !== null) changeStatus(write, service, { to: 'starting', ...command });
      });
      return await bringUp(api, { serviceId: before.id }, command);
    },
    done: (write, command, started) => recordStarted(write, { serviceId: before.id, started }, command),
    failed: (write, command, error) => recordNotStarted(write, { serviceId: before.id, before, error }, command),
  });
  requestHealthCheck(api, before);
  return operation;
}

/** `DELETE /services/{id}`: stop, remove the container, free the leases; operations and events stay. */
export async function deleteService(
  api: ApiContext,
  before: StoredService,
  { actor, waitMs }: Caller,
): Promise<Operation> {
  return await api.commands.run({
    type: 'service.delete',
    subject: serviceSubject(before),
    actor,
    services: [before],
    waitMs,
    log: api.module.log,
    intent: (write, command) => recordStopping(write, before, command),
    work: async (command) => {
      const driver = driverOf(before);
      // What CLOS only watches goes on; CLOS just does not watch it any more.
      if (before.runtime.type !== 'external') await driver.stop(api, reload(api, before.id), command);
      await driver.remove(api, before, command);
    },
    done: (write, command) => recordDeleted(write, before.id, command),
    failed: (write, command) => recordNotStopped(write, before, command),
  });
}

function recordDeleted(write: WriteDb, serviceId: string, command: Command): void {
  const service = findService(write, serviceId);
  if (service === null) return;
  const { actor, cause } = command;
  const subject = serviceSubject(service);
  clearConflicts(write, service, { reason: `${service.name} was deleted`, actor, cause });
  for (const endpoint of service.endpoints) releaseLease(write, service, { endpoint, actor, cause });
  appendEvent(write, { type: 'service.deleted', subject, actor, cause, data: {} });
  markDeleted(write, serviceId);
}

/** The plan of a stop, a restart or a deletion. Touches nothing. */
export function planStop(service: StoredService, type: 'service.stop' | 'service.restart', actor: Actor): Operation {
  const steps = [{ name: `Stop ${service.name}`, status: 'planned' as const, detail: null }];
  if (type === 'service.restart')
    steps.push({ name: `Start ${service.name}`, status: 'planned' as const, detail: null });
  return plannedOperation({ type, subject: serviceSubject(service), actor }, steps);
}
