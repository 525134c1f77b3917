import { ClosError } from '#shared/contract/clos-error.ts';
import type { Conflict, ConflictOption } from '#shared/contract/conflicts.ts';
import type { Actor, Operation } from '#shared/contract/operations.ts';
import { closeConflict } from '../../database/conflicts.ts';
import { appendEvent } from '../../database/events.ts';
import { findService, type StoredService, updateLife } from '../../database/services.ts';
import type { ApiContext } from './api-context.ts';
import { type Command, plannedOperation } from './commands.ts';
import { conflictSentence } from './conflict-record.ts';
import { changeStatus } from './life.ts';
import { grantLease } from './port-check.ts';
import { bringUp, recordNotStarted, recordStarted, requestHealthCheck } from './start-service.ts';

function findOption(conflict: Conflict, id: string): ConflictOption & { port: number } {
  const option = conflict.options.find((one) => one.id === id);
  if (option === undefined) {
    const known = conflict.options.map((one) => one.id).join(', ') || 'none';
    throw new ClosError('OPTION_NOT_FOUND', `The conflict has no option "${id}". It has: ${known}.`);
  }
  if (option.port === null) throw new Error(`The option ${option.strategy} of ${conflict.id} names no port`);
  return { ...option, port: option.port };
}

/** Leases the offered port to the endpoint and closes the conflict, in one transaction. */
async function reassign(
  api: ApiContext,
  { conflict, option }: { conflict: Conflict; option: ConflictOption & { port: number } },
  command: Command,
): Promise<void> {
  await api.db.commit((write) => {
    const service = findService(write, conflict.wanted.serviceId ?? '');
    const endpoint = service?.endpoints.find(({ name }) => name === conflict.wanted.endpoint);
    if (service === null || endpoint === undefined) throw new ClosError('CONFLICT_CLOSED', 'The endpoint is gone.');
    const { actor, cause } = command;
    const reason = `reassigned: ${conflictSentence(conflict)}`;
    if (!grantLease(write, service, { endpoint, port: option.port, reason, actor, cause })) {
      throw new ClosError(
        'PORT_CONFLICT',
        `:${option.port} was leased to another service meanwhile. Look at the conflict again.`,
      );
    }
    closeConflict(write, conflict.id, 'resolved');
    appendEvent(write, {
      type: 'conflict.resolved',
      subject: { type: 'conflict', id: conflict.id, name: service.name },
      actor,
      cause,
      data: { option: option.id, operationId: command.operation.id },
    });
  });
}

/** `POST /conflicts/{id}/resolve`: applies one option and starts the service that was waiting for it, as one operation. */
export async function resolveConflict(
  api: ApiContext,
  { conflict, optionId, service }: { conflict: Conflict; optionId: string; service: StoredService },
  { actor, waitMs }: { actor: Actor; waitMs: number },
): Promise<Operation> {
  const option = findOption(conflict, optionId);
  const operation = await api.commands.run({
    type: 'conflict.resolve',
    subject: { type: 'conflict', id: conflict.id, name: service.name },
    actor,
    serviceId: service.id,
    waitMs,
    log: api.module.log,
    intent: (write, command) => {
      updateLife(write, service.id, { desired: 'running' });
      changeStatus(write, service, { to: 'starting', ...command });
    },
    work: async (command) => {
      await command.step(`Lease :${option.port} to ${service.name}/${conflict.wanted.endpoint}`, () =>
        reassign(api, { conflict, option }, command),
      );
      return await bringUp(api, { serviceId: service.id }, command);
    },
    done: (write, command, applied) => recordStarted(write, { serviceId: service.id, applied }, command),
    failed: (write, command, error) =>
      recordNotStarted(write, { serviceId: service.id, before: service, error }, command),
  });
  requestHealthCheck(api, service);
  return operation;
}

/** What an option would do. Touches nothing. */
export function planResolution(
  { conflict, optionId, service }: { conflict: Conflict; optionId: string; service: StoredService },
  actor: Actor,
): Operation {
  const option = findOption(conflict, optionId);
  const steps = option.steps.map((name) => ({ name, status: 'planned' as const, detail: null }));
  const subject = { type: 'conflict' as const, id: conflict.id, name: service.name };
  return plannedOperation({ type: 'conflict.resolve', subject, actor }, steps);
}
