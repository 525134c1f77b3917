import { ClosError, isClosError } from '#shared/contract/clos-error.ts';
import type { ConflictOption, DetectedConflict } from '#shared/contract/conflicts.ts';
import type { Actor, Operation, OperationStep } from '#shared/contract/operations.ts';
import type { ConflictPolicy } from '#shared/contract/service-spec.ts';
import { listServices, type StoredService } from '../../database/services.ts';
import { readConflictSettings } from '../../database/settings.ts';
import type { ApiContext } from './api-context.ts';
import { plannedOperation } from './commands.ts';
import { conflictSentence } from './conflict-record.ts';
import { assertDriven, driverOf } from './drivers.ts';
import { referencedServices } from './environment.ts';
import type { PortChoice } from './leases.ts';
import { choosePorts, findBlockingOf } from './port-check.ts';
import { policyOf } from './port-policy.ts';
import { isActive } from './service-view.ts';
import { startAndRecord } from './start-service.ts';

const subject = (services: readonly StoredService[]) => ({
  type: 'system' as const,
  id: 'services',
  name: services.map(({ name }) => name).join(', '),
});

/**
 * The order in which the fewest things change: who holds a lease keeps it, then who more services are told of, so that the one
 * that moves is the one that fewest have to be told about. What another one of them is told of starts before it.
 */
export function startOrder(services: readonly StoredService[], all: readonly StoredService[]): StoredService[] {
  const references = new Map(all.map((service) => [service.id, referencedServices(service)]));
  const known = (service: StoredService) => all.filter(({ id }) => references.get(id)?.has(service.name)).length;
  const leased = ({ endpoints }: StoredService) => (endpoints.some(({ lease }) => lease !== null) ? 1 : 0);
  const wanted = [...services].sort(
    (a, b) => leased(b) - leased(a) || known(b) - known(a) || (a.name < b.name ? -1 : 1),
  );
  const ordered: StoredService[] = [];
  const visiting = new Set<string>();
  function visit(service: StoredService): void {
    if (visiting.has(service.id)) return;
    visiting.add(service.id);
    for (const name of references.get(service.id) ?? []) {
      const told = wanted.find((one) => one.name === name);
      if (told !== undefined) visit(told);
    }
    ordered.push(service);
  }
  for (const service of wanted) visit(service);
  return ordered;
}

/** Who asks for several at once has asked for a plan, and so does not want to be asked about each. */
function policyFor(api: ApiContext, service: StoredService): ConflictPolicy {
  const policy = policyOf(service, readConflictSettings(api.db.read));
  return policy === 'ask' ? 'reassign' : policy;
}

/** `POST /services/start`. One that cannot start does not keep the others from it; the operation fails in the end and names it. */
export async function startMany(
  api: ApiContext,
  services: readonly StoredService[],
  { actor, waitMs }: { actor: Actor; waitMs: number },
): Promise<Operation> {
  for (const service of services) assertDriven(service);
  return await api.commands.run({
    type: 'services.start',
    subject: subject(services),
    actor,
    services,
    waitMs,
    log: api.module.log,
    work: async (command) => {
      const failures: Array<{ name: string; error: ClosError }> = [];
      for (const service of startOrder(services, listServices(api.db.read))) {
        try {
          await startAndRecord(api, { service, policy: policyFor(api, service) }, command);
        } catch (error) {
          if (!isClosError(error)) throw error;
          failures.push({ name: service.name, error });
        }
      }
      const [first] = failures;
      if (first === undefined) return;
      const names = failures.map(({ name }) => name).join(', ');
      const detail = `${failures.length} of ${services.length} did not start (${names}). ${first.error.message}`;
      throw new ClosError(first.error.code, detail, { cause: first.error, extra: first.error.extra });
    },
  });
}

/** A port of a plan: what is asked for, what is in its way, and how the policy answers that. */
interface PlannedPort {
  service: StoredService;
  choice: PortChoice;
  conflict: DetectedConflict | null;
  /** Null where nothing is in the way, and where the service waits or is refused. */
  option: ConflictOption | null;
}

const answers: Partial<Record<ConflictPolicy, ConflictOption['strategy']>> = {
  reassign: 'reassign',
  takeover: 'stop-service',
};

/** The claim that a planned port comes to; null where the service will not have one. */
function claimed({ service, choice, conflict, option }: PlannedPort) {
  if (conflict !== null && option === null) return null;
  return { service, choice: { ...choice, port: option?.port ?? choice.port } };
}

/** The ports of one service, when those before it have theirs: as a start of all will find them. */
async function planPorts(
  api: ApiContext,
  service: StoredService,
  before: readonly PlannedPort[],
): Promise<PlannedPort[]> {
  const resolver = api.module.sibling('resolver');
  const taken = before.flatMap((one) => claimed(one) ?? []);
  const choices = await choosePorts(
    resolver,
    service,
    taken.map(({ choice }) => choice.port),
  );
  const conflicts = await findBlockingOf(resolver, [...taken, ...choices.map((choice) => ({ service, choice }))]);
  const strategy = answers[policyFor(api, service)];
  return choices.map((choice) => {
    const isOfChoice = ({ wanted }: DetectedConflict) =>
      wanted.serviceId === service.id && wanted.endpoint === choice.endpoint.name;
    const conflict = conflicts.find(isOfChoice) ?? null;
    const option = conflict?.options.find((one) => one.strategy === strategy) ?? null;
    return { service, choice, conflict, option };
  });
}

function planned(api: ApiContext, { service, choice, conflict, option }: PlannedPort): OperationStep {
  const { endpoint, port, reason } = choice;
  const seat = `${service.name}/${endpoint.name}`;
  if (conflict === null) return { name: `Lease :${port} to ${seat}`, status: 'planned', detail: reason };
  const detail = conflictSentence(conflict);
  if (option !== null) return { name: option.title, status: 'planned', detail };
  if (policyFor(api, service) === 'wait') return { name: `${seat} waits for :${port}`, status: 'planned', detail };
  return { name: `Lease :${port} to ${seat}`, status: 'failed', detail };
}

/** What a start of several would do. Touches nothing. */
export async function planStartMany(
  api: ApiContext,
  services: readonly StoredService[],
  actor: Actor,
): Promise<Operation> {
  for (const service of services) assertDriven(service);
  const ordered = startOrder(services, listServices(api.db.read)).filter((service) => !isActive(service));
  const ports: PlannedPort[] = [];
  const steps: OperationStep[] = [];
  for (const service of ordered) {
    const own = await planPorts(api, service, ports);
    ports.push(...own);
    steps.push(...own.map((one) => planned(api, one)));
    steps.push({ name: driverOf(service).startStep(service), status: 'planned', detail: null });
  }
  return plannedOperation({ type: 'services.start', subject: subject(services), actor }, steps);
}
