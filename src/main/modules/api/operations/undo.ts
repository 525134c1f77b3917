import { ClosError, isClosError } from '#shared/contract/clos-error.ts';
import type { Actor, Operation } from '#shared/contract/operations.ts';
import { appendEvent } from '../../../database/events.ts';
import type { WriteDb } from '../../../database/handle.ts';
import { bindObserved } from '../../../database/observed.ts';
import { type Inverse, type ServiceBefore, setUndo, undoOf } from '../../../database/operations.ts';
import {
  findService,
  markDeleted,
  type StoredService,
  updateEndpointAddress,
  updateLife,
} from '../../../database/services.ts';
import { type ContainerDefinition, containerLabels } from '../../../runtimes/container/types.ts';
import { startAgain } from '../../../runtimes/process/start-again.ts';
import type { Provenance } from '../access/actors.ts';
import { serviceSubject } from '../access/actors.ts';
import type { ApiContext } from '../api-context.ts';
import { grantLease, releaseLease } from '../ports/leases.ts';
import { driverOf } from '../runtimes/drivers.ts';
import { restartDependents } from '../services/dependents.ts';
import { startAndRecord } from '../services/start-service.ts';
import { changeHealth, changeStatus, changeWaits, clearConflicts } from '../state/life.ts';
import { isActive } from '../state/service-view.ts';
import { type Command, plannedOperation } from './commands.ts';

type Restore = Extract<Inverse, { type: 'restore-service' }>;

function stepOf(inverse: Inverse): string {
  switch (inverse.type) {
    case 'restore-service': {
      const { name, up, endpoints } = inverse.before;
      const ports = endpoints.flatMap(({ lease }) => (lease === null ? [] : [`:${lease.port}`])).join(', ');
      return `Put ${name} back: ${up ? 'running' : 'stopped'}${ports === '' ? ', without a lease' : ` on ${ports}`}`;
    }
    case 'start-container':
      return `Start the container ${inverse.name} again`;
    case 'start-process':
      return `Start ${inverse.command.join(' ')} again in ${inverse.cwd}`;
    case 'forget-service':
      return `Take ${inverse.name} off the list; what runs goes on`;
  }
}

/** What an undo has to work with; NOT_UNDOABLE when there is nothing. */
function inversesOf(api: ApiContext, operation: Operation): Inverse[] {
  const inverses = undoOf(api.db.read, operation.id);
  if (inverses !== null && operation.finishedAt !== null) return inverses;
  const why =
    operation.finishedAt === null ? 'has not ended' : 'changed nothing that could be put back, or was undone already';
  throw new ClosError('NOT_UNDOABLE', `The operation ${why}.`);
}

/** The service as it is now; null when it was deleted since, and so cannot be put back. */
function present(api: ApiContext, { before }: Restore): StoredService | null {
  return findService(api.db.read, before.serviceId);
}

function endpointDiffers(service: StoredService, before: ServiceBefore): boolean {
  return before.endpoints.some(({ name, address, lease }) => {
    const now = service.endpoints.find((endpoint) => endpoint.name === name);
    return now !== undefined && (now.address !== address || now.lease?.port !== lease?.port);
  });
}

/** Stops what was not running before, and what has to move. */
async function makeRoom(api: ApiContext, restores: readonly Restore[], command: Command): Promise<void> {
  for (const restore of restores) {
    const service = present(api, restore);
    if (service === null) continue;
    command.hold(service);
    if (!isActive(service) || (restore.before.up && !endpointDiffers(service, restore.before))) continue;
    await driverOf(service).stop(api, service, command);
    await api.db.commit((write) => {
      const latest = findService(write, service.id);
      if (latest === null) return;
      updateLife(write, latest.id, { desired: 'stopped' });
      changeHealth(write, latest, { to: 'none', ...command });
      changeStatus(write, latest, { to: 'stopped', reason: 'put back by an undo', ...command });
    });
  }
}

/** First all leases that change are given back, then all are given out as they were: two services may swap a port. */
function restoreLeases(write: WriteDb, restores: readonly Restore[], command: Command): void {
  const { actor, cause } = command;
  for (const { before } of restores) {
    const service = findService(write, before.serviceId);
    for (const endpoint of service?.endpoints ?? []) {
      const was = before.endpoints.find(({ name }) => name === endpoint.name);
      if (service === null || was === undefined) continue;
      const same = was.lease?.port === endpoint.lease?.port && was.address === endpoint.address;
      if (!same) releaseLease(write, service, { endpoint, actor, cause });
      if (was.address !== endpoint.address) updateEndpointAddress(write, endpoint.id, was.address);
    }
  }
  for (const { before } of restores) {
    for (const { name, lease } of before.endpoints) {
      const service = findService(write, before.serviceId);
      const endpoint = service?.endpoints.find((one) => one.name === name);
      if (service === null || endpoint === undefined || lease === null) continue;
      const { port, reason } = lease;
      if (!grantLease(write, service, { endpoint, port, reason, actor, cause })) {
        throw new ClosError(
          'PORT_CONFLICT',
          `:${port} was leased to another service since, so ${before.name} cannot have it back.`,
          {
            extra: { conflicts: [] },
          },
        );
      }
    }
    const service = findService(write, before.serviceId);
    if (service === null) continue;
    changeWaits(write, service, { to: before.waits, reason: 'put back by an undo', actor, cause });
    clearConflicts(write, service, { reason: 'put back by an undo', actor, cause });
  }
}

/** Takes an adopted service off the list and leaves what runs alone. */
async function forget(api: ApiContext, serviceId: string, command: Command): Promise<void> {
  const service = findService(api.db.read, serviceId);
  if (service === null) return;
  command.hold(service);
  if (service.runtime.type === 'process' && service.runtime.observed?.adopted === true) {
    await api.processes.runtime.release(serviceId);
  }
  await api.db.commit((write) => {
    const latest = findService(write, serviceId);
    if (latest !== null) recordForgotten(write, latest, command);
  });
}

function recordForgotten(write: WriteDb, service: StoredService, { actor, cause }: Provenance): void {
  for (const endpoint of service.endpoints) releaseLease(write, service, { endpoint, actor, cause });
  if (service.adoptedContainer !== null) bindObserved(write, { name: service.adoptedContainer, serviceId: null });
  clearConflicts(write, service, { reason: `${service.name} is no service any more`, actor, cause });
  appendEvent(write, { type: 'service.deleted', subject: serviceSubject(service), actor, cause, data: {} });
  markDeleted(write, service.id);
}

type StartContainer = Extract<Inverse, { type: 'start-container' }>;

/** Starts a container again as it was; one that its engine has removed when it stopped is made anew. */
async function startContainer(api: ApiContext, { containerId, name, definition }: StartContainer, command: Command) {
  try {
    await api.engine.start(containerId);
  } catch (error) {
    if (!isClosError(error, 'CONTAINER_NOT_FOUND')) throw error;
    if (definition === null) {
      throw new ClosError(
        'CONTAINER_NOT_FOUND',
        `The container ${name} was removed since and cannot be started again.`,
      );
    }
    const labels = { [containerLabels.operation]: command.operation.id };
    await api.engine.start(await api.engine.createLike(definition as ContainerDefinition, { name, labels }));
  }
}

/** Puts things back in this order: what is in the way stops, adoptions end, leases return, strangers start, services start. */
async function putBack(api: ApiContext, inverses: readonly Inverse[], command: Command): Promise<void> {
  const restores = inverses.filter((inverse) => inverse.type === 'restore-service');
  await makeRoom(api, restores, command);
  for (const inverse of inverses) {
    if (inverse.type === 'forget-service')
      await command.step(stepOf(inverse), () => forget(api, inverse.serviceId, command));
  }
  if (restores.length > 0) {
    await command.step('Give the ports back', () => api.db.commit((write) => restoreLeases(write, restores, command)));
  }
  for (const inverse of inverses) {
    if (inverse.type === 'start-container')
      await command.step(stepOf(inverse), () => startContainer(api, inverse, command));
    if (inverse.type === 'start-process') await command.step(stepOf(inverse), () => startAgain(inverse));
  }
  for (const restore of restores) {
    const service = present(api, restore);
    if (service === null || service.runtime.type === 'external') continue;
    if (restore.before.up) await startAndRecord(api, { service }, command);
    else await restartDependents(api, service, command);
  }
}

/** `POST /operations/{id}/undo`. What cannot be put back fails the undo, which can be tried again. */
export async function undoOperation(
  api: ApiContext,
  operation: Operation,
  { actor, waitMs }: { actor: Actor; waitMs: number },
): Promise<Operation> {
  const inverses = inversesOf(api, operation);
  const services = inverses.flatMap((inverse) => {
    const id =
      inverse.type === 'restore-service'
        ? inverse.before.serviceId
        : inverse.type === 'forget-service'
          ? inverse.serviceId
          : null;
    const service = id === null ? null : findService(api.db.read, id);
    return service === null ? [] : [service];
  });
  return await api.commands.run({
    type: 'operation.undo',
    subject: { type: 'operation', id: operation.id, name: operation.subject.name },
    actor,
    services,
    waitMs,
    log: api.module.log,
    work: (command) => putBack(api, inverses, command),
    done: (write) => setUndo(write, operation.id, null),
  });
}

/** What an undo would do. Touches nothing. */
export function planUndo(api: ApiContext, operation: Operation, actor: Actor): Operation {
  const steps = inversesOf(api, operation).map((inverse) => ({
    name: stepOf(inverse),
    status: 'planned' as const,
    detail: null,
  }));
  const subject = { type: 'operation' as const, id: operation.id, name: operation.subject.name };
  return plannedOperation({ type: 'operation.undo', subject, actor }, steps);
}
