import { ClosError, isClosError } from '#shared/contract/clos-error.ts';
import type { Actor, Operation, OperationStep } from '#shared/contract/operations.ts';
import { listServices, type StoredService } from '../../../database/services.ts';
import type { ApiContext } from '../api-context.ts';
import { conflictSentence } from '../conflicts/conflict-record.ts';
import { plannedOperation } from '../operations/commands.ts';
import { leasePlanned, type PortPlan, planPorts } from '../ports/plan-ports.ts';
import { canWait } from '../ports/port-policy.ts';
import { assertDriven, driverOf } from '../runtimes/drivers.ts';
import { referencedServices } from '../state/environment.ts';
import { isActive } from '../state/service-view.ts';
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
      const plans = await command.step('Plan the ports', async () => {
        const planned = await planPorts(api, startOrder(services, listServices(api.db.read)));
        await leasePlanned(api, planned, command);
        return planned;
      });
      for (const { service, policy } of plans) {
        try {
          await startAndRecord(api, { service, policy }, command);
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

function stepsOf({ service, policy, choices, conflicts, error }: PortPlan): OperationStep[] {
  if (error !== null) return [{ name: `Choose the ports of ${service.name}`, status: 'failed', detail: error.message }];
  return choices.map(({ endpoint, port, reason }) => {
    const seat = `${service.name}/${endpoint.name}`;
    const conflict = conflicts.find(({ wanted }) => wanted.endpoint === endpoint.name);
    if (conflict === undefined) return { name: `Lease :${port} to ${seat}`, status: 'planned', detail: reason };
    const detail = conflictSentence(conflict);
    if (policy === 'wait' && canWait(conflicts))
      return { name: `${seat} waits for :${port}`, status: 'planned', detail };
    const strategy = policy === 'takeover' ? 'stop-service' : policy;
    const option = conflict.options.find((one) => one.strategy === strategy);
    if (option === undefined) return { name: `Lease :${port} to ${seat}`, status: 'failed', detail };
    return { name: option.title, status: 'planned', detail };
  });
}

/** What a start of several would do. Touches nothing. */
export async function planStartMany(
  api: ApiContext,
  services: readonly StoredService[],
  actor: Actor,
): Promise<Operation> {
  for (const service of services) assertDriven(service);
  const plans = await planPorts(api, startOrder(services, listServices(api.db.read)));
  const steps = plans
    .filter(({ service }) => !isActive(service))
    .flatMap((plan): OperationStep[] => [
      ...stepsOf(plan),
      { name: driverOf(plan.service).startStep(plan.service), status: 'planned', detail: null },
    ]);
  return plannedOperation({ type: 'services.start', subject: subject(services), actor }, steps);
}
