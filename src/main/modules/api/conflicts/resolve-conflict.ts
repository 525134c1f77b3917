import { ClosError } from '#shared/contract/clos-error.ts';
import type { Conflict, ConflictOption } from '#shared/contract/conflicts.ts';
import type { Actor, Operation } from '#shared/contract/operations.ts';
import type { StoredService } from '../../../database/services.ts';
import { updateLife } from '../../../database/services.ts';
import type { ApiContext } from '../api-context.ts';
import { plannedOperation } from '../operations/commands.ts';
import { assertDriven } from '../runtimes/drivers.ts';
import {
  bringUp,
  bringUpSteps,
  recordNotStarted,
  recordStarted,
  requestHealthCheck,
  type Started,
} from '../services/start-service.ts';
import { changeStatus } from '../state/life.ts';
import { applyOption, clearsTheWay, optionSteps, serviceAfter } from './resolutions/apply-option.ts';

function findOption(conflict: Conflict, id: string): ConflictOption {
  const option = conflict.options.find((one) => one.id === id);
  if (option !== undefined) return option;
  const known = conflict.options.map((one) => one.id).join(', ') || 'none';
  throw new ClosError('OPTION_NOT_FOUND', `The conflict has no option "${id}". It has: ${known}.`);
}

interface Choice {
  conflict: Conflict;
  optionId: string;
  service: StoredService;
}

/**
 * `POST /conflicts/{id}/resolve`: applies one option as one operation. Where that frees the way, the service that was kept from
 * starting starts.
 */
export async function resolveConflict(
  api: ApiContext,
  { conflict, optionId, service }: Choice,
  { actor, waitMs }: { actor: Actor; waitMs: number },
): Promise<Operation> {
  const option = findOption(conflict, optionId);
  const starts = clearsTheWay(option);
  if (starts) assertDriven(service);
  const operation = await api.commands.run<Started | null>({
    type: 'conflict.resolve',
    subject: { type: 'conflict', id: conflict.id, name: service.name },
    actor,
    services: [service],
    waitMs,
    log: api.module.log,
    intent: (write, command) => {
      if (!starts) return;
      updateLife(write, service.id, { desired: 'running' });
      changeStatus(write, service, { to: 'starting', ...command });
    },
    work: async (command) => {
      await applyOption(api, { conflict, option, service }, command);
      return starts ? await bringUp(api, { serviceId: service.id }, command) : null;
    },
    done: (write, command, started) => {
      if (started !== null) recordStarted(write, { serviceId: service.id, started }, command);
    },
    failed: (write, command, error) => {
      if (starts) recordNotStarted(write, { serviceId: service.id, before: service, error }, command);
    },
  });
  if (starts) requestHealthCheck(api, service);
  return operation;
}

/** What an option would do, step by step as it would be done. Touches nothing. */
export async function planResolution(
  api: ApiContext,
  { conflict, optionId, service }: Choice,
  actor: Actor,
): Promise<Operation> {
  const option = findOption(conflict, optionId);
  const resolution = { conflict, option, service };
  const names = await optionSteps(api, resolution);
  if (clearsTheWay(option)) names.push(...(await bringUpSteps(api, serviceAfter(resolution))));
  const steps = names.map((name) => ({ name, status: 'planned' as const, detail: null }));
  const subject = { type: 'conflict' as const, id: conflict.id, name: service.name };
  return plannedOperation({ type: 'conflict.resolve', subject, actor }, steps);
}
