import type { Client } from '#shared/client/client.ts';
import { ClosError, isClosError } from '#shared/contract/clos-error.ts';
import type { DetectedConflict } from '#shared/contract/conflicts.ts';
import type { Actor, Operation, OperationStep } from '#shared/contract/operations.ts';
import type { WriteDb } from '../../database/handle.ts';
import { findService, type StoredService, updateLife } from '../../database/services.ts';
import { serviceSubject } from './actors.ts';
import type { ApiContext } from './api-context.ts';
import { type Command, plannedOperation } from './commands.ts';
import { conflictSentence, portConflict, recordConflicts } from './conflict-record.ts';
import { changeStatus, clearConflicts } from './life.ts';
import { choosePorts, commitLeases, findBlocking, type PortChoice } from './port-check.ts';
import { runContainer } from './run-container.ts';
import { specHash } from './service-view.ts';

/** How often a start looks again when somebody took a port between the check and the lease, or the lease and the bind. */
const attempts = 5;

/** The latest state; a command has the service, so it cannot be gone. */
export function reload(api: ApiContext, id: string): StoredService {
  const service = findService(api.db.read, id);
  if (service === null) throw new ClosError('SERVICE_NOT_FOUND', 'The service was deleted meanwhile.');
  return service;
}

/** With the policy `reassign`, the ports that the recommended options offer; null where one conflict has none. */
function reassigned(choices: readonly PortChoice[], conflicts: readonly DetectedConflict[]): PortChoice[] | null {
  const next = [...choices];
  for (const conflict of conflicts) {
    const option = conflict.options.find(({ strategy }) => strategy === 'reassign');
    const index = next.findIndex(({ endpoint }) => endpoint.name === conflict.wanted.endpoint);
    const choice = next[index];
    if (option?.port == null || choice === undefined) return null;
    next[index] = { ...choice, port: option.port, reason: `reassigned by policy: ${conflictSentence(conflict)}` };
  }
  return next;
}

/** What a look at the ports of a service found, and the state of the service that it holds for. */
interface PortOutlook {
  of: string;
  choices: PortChoice[];
  conflicts: DetectedConflict[];
}

function stateOf(service: StoredService): string {
  return `${service.revision} ${specHash(service)}`;
}

async function lookAtPorts(resolver: Client, service: StoredService): Promise<PortOutlook> {
  const choices = await choosePorts(resolver, service);
  return { of: stateOf(service), choices, conflicts: await findBlocking(resolver, service, choices) };
}

/**
 * Finds ports that can be had and leases them; PORT_CONFLICT with the recorded conflicts otherwise. `outlook` spares the first
 * look, if it is of this service as it is now.
 */
async function leasePorts(
  api: ApiContext,
  { service, outlook }: { service: StoredService; outlook: PortOutlook | null },
  command: Command,
): Promise<void> {
  const resolver: Client = api.module.sibling('resolver');
  const known = outlook?.of === stateOf(service) ? outlook : await lookAtPorts(resolver, service);
  let { choices } = known;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const conflicts = attempt === 0 ? known.conflicts : await findBlocking(resolver, service, choices);
    if (conflicts.length > 0) {
      const moved = service.onConflict === 'reassign' ? reassigned(choices, conflicts) : null;
      if (moved === null) throw portConflict(await keepConflicts(api, conflicts, command));
      command.say(conflicts.map(conflictSentence).join('; '));
      choices = moved;
      continue;
    }
    if (await commitLeases(api.db, service, { choices, actor: command.actor, cause: command.cause })) return;
    choices = await choosePorts(resolver, reload(api, service.id));
  }
  throw new ClosError('RANGE_EXHAUSTED', `No port stayed free long enough for ${service.name}. Try again.`);
}

async function keepConflicts(api: ApiContext, conflicts: readonly DetectedConflict[], command: Command) {
  const recorded = await recordConflicts(api.db, conflicts, command);
  command.operation.conflicts = recorded.map(({ id }) => id);
  return recorded;
}

/** The engine found the port taken although the check did not: the race was lost. Who won it is the same conflict. */
async function explainLostRace(api: ApiContext, service: StoredService, command: Command): Promise<ClosError | null> {
  const resolver = api.module.sibling('resolver');
  const conflicts = await findBlocking(resolver, service, await choosePorts(resolver, service));
  return conflicts.length === 0 ? null : portConflict(await keepConflicts(api, conflicts, command));
}

/**
 * Checks every port, leases them, and has the container running. Resolves with the hash that the container was made from, for
 * `recordStarted` to keep. `early` is a look at the ports that has begun already; a failed one is made again.
 */
export async function bringUp(
  api: ApiContext,
  { serviceId, early }: { serviceId: string; early?: Promise<PortOutlook | null> },
  command: Command,
): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const service = reload(api, serviceId);
    if (service.endpoints.length > 0) {
      await command.step('Check the ports', async () => {
        const outlook = attempt === 1 && early !== undefined ? await early : null;
        await leasePorts(api, { service, outlook }, command);
      });
    }
    try {
      return await runContainer(api, reload(api, serviceId), command);
    } catch (error) {
      if (!isClosError(error, 'PORT_CONFLICT')) throw error;
      const explained = await explainLostRace(api, reload(api, serviceId), command);
      if (explained !== null) throw explained;
      // Whoever had it let go again: a start may simply be repeated.
      if (attempt >= attempts) throw error;
    }
  }
}

/**
 * What a start that succeeded means for the service, unless it has ended again already. `applied` is what its container was made
 * from; null when that is known.
 */
export function recordStarted(
  write: WriteDb,
  { serviceId, applied }: { serviceId: string; applied: string | null },
  command: Command,
): void {
  const service = findService(write, serviceId);
  if (service === null) return;
  if (applied !== null) updateLife(write, serviceId, { applied });
  if (service.status === 'starting' || service.status === 'stopping')
    changeStatus(write, service, { to: 'running', ...command });
  clearConflicts(write, service, { reason: `${service.name} has started`, ...command });
}

/** A start that did not happen leaves the service as it was, with the reason; a container that failed is a failure. */
export function recordNotStarted(
  write: WriteDb,
  { serviceId, before, error }: { serviceId: string; before: StoredService; error: ClosError },
  command: Command,
): void {
  const service = findService(write, serviceId);
  if (service === null) return;
  updateLife(write, serviceId, { desired: 'stopped' });
  if (service.status === 'failed') return;
  const kept = before.status === 'created' || before.status === 'stopped' ? before.status : 'stopped';
  const to = error.code === 'CONTAINER_FAILED' || error.code === 'IMAGE_NOT_FOUND' ? 'failed' : kept;
  changeStatus(write, service, { to, reason: error.message, ...command });
}

const upStatuses = new Set<StoredService['status']>(['running', 'unhealthy']);

/**
 * Begins to look at the ports before the intent is stored, so that the resolver works while we wait for the disk. A look changes
 * nothing, and it holds only for the service as it is afterwards; null when it failed or would be of no use.
 */
async function lookEarly(api: ApiContext, service: StoredService): Promise<PortOutlook | null> {
  const goesOn = api.commands.current(service.id) === null && !upStatuses.has(service.status);
  if (!goesOn || service.endpoints.length === 0) return null;
  return await lookAtPorts(api.module.sibling('resolver'), service).catch(() => null);
}

/** `POST /services/{id}/start` */
export async function startService(
  api: ApiContext,
  before: StoredService,
  { actor, waitMs }: { actor: Actor; waitMs: number },
): Promise<Operation> {
  const subject = serviceSubject(before);
  const early = lookEarly(api, before);
  const operation = await api.commands.run({
    type: 'service.start',
    subject,
    actor,
    serviceId: before.id,
    waitMs,
    log: api.module.log,
    intent: (write, command) => {
      updateLife(write, before.id, { desired: 'running' });
      if (!upStatuses.has(before.status)) changeStatus(write, before, { to: 'starting', ...command });
    },
    work: async (command) => {
      const service = reload(api, before.id);
      if (upStatuses.has(service.status) && service.applied !== null) {
        await command.step(`${service.name} runs already`, async () => undefined);
        return null;
      }
      return await bringUp(api, { serviceId: before.id, early }, command);
    },
    done: (write, command, applied) => recordStarted(write, { serviceId: before.id, applied }, command),
    failed: (write, command, error) => recordNotStarted(write, { serviceId: before.id, before, error }, command),
  });
  requestHealthCheck(api, before);
  return operation;
}

/** The first check comes at once; its failure never fails the start. */
export function requestHealthCheck(api: ApiContext, service: StoredService): void {
  if (service.healthCheck === null) return;
  api.module
    .sibling('monitor')
    .internal.requestHealthCheck({ serviceId: service.id })
    .catch((error: unknown) => api.module.log.debug({ err: error }, 'the first health check was not requested'));
}

/** The plan of a start. Touches nothing; a conflict shows as the step that would fail. */
export async function planStart(api: ApiContext, service: StoredService, actor: Actor): Promise<Operation> {
  const resolver = api.module.sibling('resolver');
  const choices = await choosePorts(resolver, service);
  const conflicts = await findBlocking(resolver, service, choices);
  const steps: OperationStep[] = choices.map(({ endpoint, port, reason }) => {
    const conflict = conflicts.find(({ wanted }) => wanted.endpoint === endpoint.name);
    return {
      name: `Lease :${port} to ${service.name}/${endpoint.name}`,
      status: conflict === undefined ? 'planned' : 'failed',
      detail: conflict === undefined ? reason : conflictSentence(conflict),
    };
  });
  steps.push({ name: `Start ${service.name} from ${service.runtime.image}`, status: 'planned', detail: null });
  const plan = plannedOperation({ type: 'service.start', subject: serviceSubject(service), actor }, steps);
  if (conflicts.length === 0) return plan;
  const refusal = portConflict(conflicts);
  return { ...plan, status: 'failed', error: { code: refusal.code, detail: refusal.message } };
}
