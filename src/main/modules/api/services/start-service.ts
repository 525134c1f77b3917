import { type ClosError, isClosError } from '#shared/contract/clos-error.ts';
import type { Conflict, DetectedConflict } from '#shared/contract/conflicts.ts';
import type { Actor, Operation, OperationStep } from '#shared/contract/operations.ts';
import type { ConflictPolicy } from '#shared/contract/service-spec.ts';
import type { WriteDb } from '../../../database/handle.ts';
import { findService, type StoredService, updateLife } from '../../../database/services.ts';
import { readConflictSettings } from '../../../database/settings.ts';
import { serviceSubject } from '../access/actors.ts';
import type { ApiContext } from '../api-context.ts';
import { conflictSentence, portConflict, recordConflicts } from '../conflicts/conflict-record.ts';
import { applyOption } from '../conflicts/resolutions/apply-option.ts';
import { type Command, plannedOperation } from '../operations/commands.ts';
import { noneStaysFree } from '../ports/allocation.ts';
import type { PortChoice } from '../ports/leases.ts';
import { choosePorts, commitLeases, findBlocking } from '../ports/port-check.ts';
import { canWait, policyOf, reassigned, takeovers } from '../ports/port-policy.ts';
import { assertDriven, driverOf } from '../runtimes/drivers.ts';
import { changeStatus, changeWaits, clearConflicts } from '../state/life.ts';
import { specHash } from '../state/service-view.ts';
import { restartDependents, tellSteps } from './dependents.ts';
import { reload } from './reload.ts';

const checkStep = 'Check the ports';

/** How often a start looks again when somebody took a port between the check and the lease, or the lease and the bind. */
const attempts = 5;

/** What a start came to: what runs was made from `applied`, or the service waits for its ports. */
export type Started = { applied: string | null } | { waitsFor: string };

/** What a look at the ports of a service found, and the state of the service that it holds for. */
interface PortOutlook {
  of: string;
  choices: PortChoice[];
  conflicts: DetectedConflict[];
}

export interface StartRequest {
  serviceId: string;
  /** A look at the ports that has begun already. */
  early?: Promise<PortOutlook | null>;
  /** In place of what the service or the settings say. */
  policy?: ConflictPolicy;
}

function stateOf(api: ApiContext, service: StoredService): string {
  return `${service.revision} ${specHash(api.db.read, service)}`;
}

async function lookAtPorts(api: ApiContext, service: StoredService): Promise<PortOutlook> {
  const resolver = api.module.sibling('resolver');
  const choices = await choosePorts(resolver, service);
  return { of: stateOf(api, service), choices, conflicts: await findBlocking(resolver, service, choices) };
}

/** Takes the ports over from those who have to make room by policy. Rejects with PORT_CONFLICT where that needs a person. */
async function takeOver(
  api: ApiContext,
  { service, recorded }: { service: StoredService; recorded: readonly Conflict[] },
  command: Command,
): Promise<void> {
  const chosen = takeovers(recorded, readConflictSettings(api.db.read));
  if (chosen === null) throw portConflict(recorded);
  for (const { conflict, option } of chosen) {
    await applyOption(api, { conflict, option, service: reload(api, service.id) }, command);
  }
}

/** What a try to lease ports came to. `lost`: somebody was quicker. */
type Try = 'leased' | 'lost' | Pick<PortOutlook, 'choices' | 'conflicts'>;

/** True for a port of a range, which nobody asked for by number and which somebody has taken since it was chosen. */
function wasOvertaken({ kind, wanted }: DetectedConflict, choices: readonly PortChoice[]): boolean {
  const endpoint = choices.find((choice) => choice.endpoint.name === wanted.endpoint)?.endpoint;
  return kind !== 'reserved' && endpoint?.lease === null && endpoint.hostPort === 'auto';
}

/** Leases the ports that were found, or those that the policy `reassign` puts in their place. */
async function tryToLease(
  api: ApiContext,
  { service, outlook, policy }: { service: StoredService; outlook: PortOutlook; policy: ConflictPolicy },
  command: Command,
): Promise<Try> {
  const { conflicts } = outlook;
  const moved = policy === 'reassign' && conflicts.length > 0 ? reassigned(outlook.choices, conflicts) : null;
  if (moved === null && conflicts.length > 0) return outlook;
  if (moved !== null) command.say(conflicts.map(conflictSentence).join('; '));
  const { actor, cause } = command;
  const choices = moved ?? outlook.choices;
  return (await commitLeases(api.db, service, { choices, actor, cause })) ? 'leased' : 'lost';
}

/**
 * Answers conflicts by the service's policy. True when the way is clear now, false when the service shall wait. Rejects with
 * PORT_CONFLICT when a person has to decide.
 */
async function answerByPolicy(
  api: ApiContext,
  request: { service: StoredService; conflicts: readonly DetectedConflict[]; policy: ConflictPolicy },
  command: Command,
): Promise<boolean> {
  const { service, conflicts, policy } = request;
  const recorded = await keepConflicts(api, conflicts, command);
  if (policy === 'wait' && canWait(conflicts)) return false;
  if (policy !== 'takeover') throw portConflict(recorded);
  await takeOver(api, { service, recorded }, command);
  return true;
}

/**
 * Finds ports that can be had and leases them. False when the service shall wait for them; PORT_CONFLICT with the recorded
 * conflicts when a person has to decide. `outlook` spares the first look, if it is of this service as it is now; who loses a
 * port to somebody quicker looks again in turn with all others.
 */
async function leasePorts(
  api: ApiContext,
  request: { service: StoredService; outlook: PortOutlook | null; policy: ConflictPolicy | undefined },
  command: Command,
): Promise<boolean> {
  const { id, name } = request.service;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const policy = request.policy ?? policyOf(reload(api, id), readConflictSettings(api.db.read));
    const look = async (known: PortOutlook | null): Promise<Try> => {
      const service = reload(api, id);
      const outlook = known?.of === stateOf(api, service) ? known : await lookAtPorts(api, service);
      return await tryToLease(api, { service, outlook, policy }, command);
    };
    const came = attempt === 0 ? await look(request.outlook) : await api.allocation.inTurn(() => look(null));
    if (came === 'leased') return true;
    if (came === 'lost') continue;
    const overtaken = came.conflicts.every((conflict) => wasOvertaken(conflict, came.choices));
    if (overtaken && attempt < attempts - 1) continue;
    const answer = { service: reload(api, id), conflicts: came.conflicts, policy };
    if (!(await answerByPolicy(api, answer, command))) return false;
  }
  throw noneStaysFree(name);
}

async function keepConflicts(api: ApiContext, conflicts: readonly DetectedConflict[], command: Command) {
  const recorded = await recordConflicts(api.db, conflicts, command);
  command.operation.conflicts = [...new Set([...command.operation.conflicts, ...recorded.map(({ id }) => id)])];
  return recorded;
}

/**
 * Checks every port, leases them, and has the service running, and with it whoever is told of its ports. `early` is a look at
 * the ports that has begun already; a failed one is made again.
 */
export async function bringUp(
  api: ApiContext,
  { serviceId, early, policy }: StartRequest,
  command: Command,
): Promise<Started> {
  for (let attempt = 1; ; attempt++) {
    const service = reload(api, serviceId);
    if (service.endpoints.length > 0) {
      const leased = await command.step(checkStep, async () => {
        const outlook = attempt === 1 && early !== undefined ? await early : null;
        return await leasePorts(api, { service, outlook, policy }, command);
      });
      if (!leased) return { waitsFor: portsOf(service) };
    }
    try {
      const ready = reload(api, serviceId);
      const applied = await driverOf(ready).run(api, ready, command);
      await restartDependents(api, ready, command);
      return { applied };
    } catch (error) {
      // The race was lost: the next look finds who won it, if nobody let go again, and is answered like any other.
      if (!isClosError(error, 'PORT_CONFLICT') || attempt >= attempts) throw error;
    }
  }
}

/** The names of the steps that `bringUp` would take with the service as given. */
export async function bringUpSteps(api: ApiContext, service: StoredService): Promise<string[]> {
  return [
    ...(service.endpoints.length > 0 ? [checkStep] : []),
    ...(await driverOf(service).runSteps(api, service)),
    ...(await tellSteps(api, service)),
  ];
}

function portsOf({ endpoints }: StoredService): string {
  return endpoints
    .map(({ lease, hostPort, range }) =>
      lease === null && hostPort === 'auto' ? range : `:${lease?.port ?? hostPort}`,
    )
    .join(' and ');
}

/** What a start that came to its end means for the service, unless the service has ended again already. */
export function recordStarted(
  write: WriteDb,
  { serviceId, started }: { serviceId: string; started: Started },
  command: Command,
): void {
  const service = findService(write, serviceId);
  if (service === null) return;
  if ('waitsFor' in started) {
    const reason = `waits for ${started.waitsFor}`;
    updateLife(write, serviceId, { desired: 'stopped' });
    changeWaits(write, service, { to: true, reason, ...command });
    changeStatus(write, service, { to: 'stopped', reason, ...command });
    return;
  }
  if (started.applied !== null) updateLife(write, serviceId, { applied: started.applied });
  changeWaits(write, service, { to: false, reason: `${service.name} has started`, ...command });
  if (service.status === 'starting' || service.status === 'stopping')
    changeStatus(write, service, { to: 'running', ...command });
  clearConflicts(write, service, { reason: `${service.name} has started`, ...command });
}

const failures = new Set<ClosError['code']>(['CONTAINER_FAILED', 'IMAGE_NOT_FOUND', 'PROCESS_FAILED']);

const downStatuses: ReadonlySet<StoredService['status']> = new Set(['created', 'stopped', 'failed']);

/** A start that did not happen leaves the service as it was, with the reason; what could not run is a failure. */
export function recordNotStarted(
  write: WriteDb,
  { serviceId, before, error }: { serviceId: string; before: StoredService; error: ClosError },
  command: Command,
): void {
  const service = findService(write, serviceId);
  if (service === null) return;
  updateLife(write, serviceId, { desired: 'stopped' });
  if (service.status === 'failed') return;
  const kept = downStatuses.has(before.status) ? before.status : 'stopped';
  changeStatus(write, service, { to: failures.has(error.code) ? 'failed' : kept, reason: error.message, ...command });
}

const upStatuses = new Set<StoredService['status']>(['running', 'unhealthy']);

/**
 * Begins to look at the ports before the intent is stored, so that the resolver works while we wait for the disk. A look changes
 * nothing, and it holds only for the service as it is afterwards; null when it failed or would be of no use.
 */
async function lookEarly(api: ApiContext, service: StoredService): Promise<PortOutlook | null> {
  const goesOn = api.commands.current(service.id) === null && !upStatuses.has(service.status);
  if (!goesOn || service.endpoints.length === 0) return null;
  return await lookAtPorts(api, service).catch(() => null);
}

/** Starts one service within a command that has it: one that runs already stays as it is. */
export async function startWithin(api: ApiContext, request: StartRequest, command: Command): Promise<Started> {
  const service = reload(api, request.serviceId);
  if (upStatuses.has(service.status) && service.applied !== null) {
    await command.step(`${service.name} runs already`, async () => undefined);
    return { applied: null };
  }
  return await bringUp(api, request, command);
}

/** Starts one of several services of a command that has them all, with all that a start writes down. */
export async function startAndRecord(
  api: ApiContext,
  { service: before, policy }: { service: StoredService; policy?: ConflictPolicy },
  command: Command,
): Promise<void> {
  const serviceId = before.id;
  await api.db.commit((write) => recordStarting(write, before, command));
  try {
    const started = await startWithin(api, { serviceId, ...(policy === undefined ? {} : { policy }) }, command);
    await api.db.commit((write) => recordStarted(write, { serviceId, started }, command));
  } catch (error) {
    if (isClosError(error)) {
      await api.db.commit((write) => recordNotStarted(write, { serviceId, before, error }, command));
    }
    throw error;
  }
  requestHealthCheck(api, before);
}

/** The intent of a start, in the transaction that records it. */
export function recordStarting(write: WriteDb, service: StoredService, command: Command): void {
  updateLife(write, service.id, { desired: 'running' });
  if (!upStatuses.has(service.status)) changeStatus(write, service, { to: 'starting', ...command });
}

/** `POST /services/{id}/start` */
export async function startService(
  api: ApiContext,
  before: StoredService,
  { actor, waitMs }: { actor: Actor; waitMs: number },
): Promise<Operation> {
  assertDriven(before);
  const early = lookEarly(api, before);
  const operation = await api.commands.run({
    type: 'service.start',
    subject: serviceSubject(before),
    actor,
    services: [before],
    waitMs,
    log: api.module.log,
    intent: (write, command) => recordStarting(write, before, command),
    work: (command) => startWithin(api, { serviceId: before.id, early }, command),
    done: (write, command, started) => recordStarted(write, { serviceId: before.id, started }, command),
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
  assertDriven(service);
  const { choices, conflicts } = await lookAtPorts(api, service);
  const steps: OperationStep[] = choices.map(({ endpoint, port, reason }) => {
    const conflict = conflicts.find(({ wanted }) => wanted.endpoint === endpoint.name);
    return {
      name: `Lease :${port} to ${service.name}/${endpoint.name}`,
      status: conflict === undefined ? 'planned' : 'failed',
      detail: conflict === undefined ? reason : conflictSentence(conflict),
    };
  });
  steps.push({ name: driverOf(service).startStep(service), status: 'planned', detail: null });
  const plan = plannedOperation({ type: 'service.start', subject: serviceSubject(service), actor }, steps);
  if (conflicts.length === 0) return plan;
  const refusal = portConflict(conflicts);
  return { ...plan, status: 'failed', error: { code: refusal.code, detail: refusal.message } };
}
