import { ClosError } from '#shared/contract/clos-error.ts';
import type { Conflict, ConflictOption } from '#shared/contract/conflicts.ts';
import { closeConflict } from '../../../../database/conflicts.ts';
import { appendEvent } from '../../../../database/events.ts';
import type { WriteDb } from '../../../../database/handle.ts';
import { findService, type StoredService } from '../../../../database/services.ts';
import type { ApiContext } from '../../api-context.ts';
import type { Command } from '../../operations/commands.ts';

/** One option that is being applied: which conflict it ends, and the service that was kept from starting. */
export interface Resolution {
  conflict: Conflict;
  option: ConflictOption;
  service: StoredService;
}

/** What one kind of option does. */
export interface WayOut {
  /** The names of the steps that `apply` would take. */
  steps(api: ApiContext, resolution: Resolution): string[] | Promise<string[]>;
  /** Clears the way, or does what the option says instead. What it changes it has remembered before it changes it. */
  apply(api: ApiContext, resolution: Resolution, command: Command): Promise<void>;
  /** Afterwards the service that asked can be started; otherwise the port stays with its holder. */
  clears: boolean;
}

/** The conflict is settled by this option, in the caller's transaction. */
export function recordResolved(write: WriteDb, { conflict, option, service }: Resolution, command: Command): void {
  closeConflict(write, conflict.id, 'resolved');
  appendEvent(write, {
    type: 'conflict.resolved',
    subject: { type: 'conflict', id: conflict.id, name: service.name },
    actor: command.actor,
    cause: command.cause,
    data: { option: option.id, operationId: command.operation.id },
  });
}

/** The endpoint that wants the port, as it is in this transaction. */
export function wantingEndpoint(write: WriteDb, { conflict }: Pick<Resolution, 'conflict'>) {
  const service = findService(write, conflict.wanted.serviceId ?? '');
  const endpoint = service?.endpoints.find(({ name }) => name === conflict.wanted.endpoint);
  if (service === null || endpoint === undefined) throw new ClosError('CONFLICT_CLOSED', 'The endpoint is gone.');
  return { service, endpoint };
}
