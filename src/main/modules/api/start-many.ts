import { ClosError, isClosError } from '#shared/contract/clos-error.ts';
import type { DetectedConflict } from '#shared/contract/conflicts.ts';
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

async function choicesOf(api: ApiContext, services: readonly StoredService[]) {
  const all: Array<{ service: StoredService; choice: PortChoice }> = [];
  for (const service of services) {
    const given = all.map(({ choice }) => choice.port);
    const choices = await choosePorts(api.module.sibling('resolver'), service, given);
    all.push(...choices.map((choice) => ({ service, choice })));
  }
  return all;
}

function planned(
  api: ApiContext,
  { service, choice: { endpoint, port, reason } }: { service: StoredService; choice: PortChoice },
  conflict: DetectedConflict | undefined,
): OperationStep {
  const seat = `${service.name}/${endpoint.name}`;
  if (conflict === undefined) return { name: `Lease :${port} to ${seat}`, status: 'planned', detail: reason };
  const detail = conflictSentence(conflict);
  const policy = policyFor(api, service);
  if (policy === 'wait') return { name: `${seat} waits for :${port}`, status: 'planned', detail };
  const strategy = policy === 'takeover' ? 'stop-service' : 'reassign';
  const option = conflict.options.find((one) => one.strategy === strategy);
  if (option === undefined) return { name: `Lease :${port} to ${seat}`, status: 'failed', detail };
  return { name: option.title, status: 'planned', detail };
}

/** What a start of several would do. Touches nothing. */
export async function planStartMany(
  api: ApiContext,
  services: readonly StoredService[],
  actor: Actor,
): Promise<Operation> {
  for (const service of services) assertDriven(service);
  const ordered = startOrder(services, listServices(api.db.read)).filter((service) => !isActive(service));
  const wanted = await choicesOf(api, ordered);
  const conflicts = await findBlockingOf(api.module.sibling('resolver'), wanted);
  const steps = ordered.flatMap((service): OperationStep[] => [
    ...wanted
      .filter((one) => one.service === service)
      .map((one) => {
        const conflict = conflicts.find(
          ({ wanted: { serviceId, endpoint } }) => serviceId === service.id && endpoint === one.choice.endpoint.name,
        );
        return planned(api, one, conflict);
      }),
    { name: driverOf(service).startStep(service), status: 'planned', detail: null },
  ]);
  return plannedOperation({ type: 'services.start', subject: subject(services), actor }, steps);
}
