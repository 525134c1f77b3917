import { type ClosError, isClosError } from '#shared/contract/clos-error.ts';
import type { DetectedConflict } from '#shared/contract/conflicts.ts';
import type { ConflictPolicy } from '#shared/contract/service-spec.ts';
import type { StoredService } from '../../../database/services.ts';
import { readConflictSettings } from '../../../database/settings.ts';
import type { ApiContext } from '../api-context.ts';
import type { Command } from '../operations/commands.ts';
import { isActive } from '../state/service-view.ts';
import type { PortChoice } from './leases.ts';
import { choosePorts, commitLeases, findBlockingOf, type GivenPort, toGiven } from './port-check.ts';
import { policyOf, reassigned } from './port-policy.ts';

/** What one of several services that start together is to lease, what is in its way there, and what it does about that. */
export interface PortPlan {
  service: StoredService;
  policy: ConflictPolicy;
  choices: readonly PortChoice[];
  conflicts: readonly DetectedConflict[];
  /** Why nothing could be chosen for it. */
  error: ClosError | null;
}

/**
 * Whoever asks for several at once has asked for a plan, and so does not want to be asked about each; and wants all of them, so
 * that none makes room for another.
 */
function policyFor(api: ApiContext, service: StoredService, isInside: boolean): ConflictPolicy {
  const policy = policyOf(service, readConflictSettings(api.db.read));
  return policy === 'ask' || (policy === 'takeover' && isInside) ? 'reassign' : policy;
}

/** The ports that nobody else of them may be given: who has one keeps it, who wants one comes before who takes any. */
function spokenFor(services: readonly StoredService[]): GivenPort[] {
  return services.flatMap(({ endpoints }) =>
    endpoints.flatMap(({ protocol, lease, hostPort }) => {
      const port = lease?.port ?? hostPort;
      return port === 'auto' ? [] : [{ protocol, port }];
    }),
  );
}

type Wanted = { service: StoredService; choice: PortChoice };

/** Looks at the ports of some of the services that start together; `settled` is what others of them are to lease. */
async function lookAtSome(
  api: ApiContext,
  { some, settled, all }: Record<'some' | 'all', readonly StoredService[]> & { settled: readonly Wanted[] },
): Promise<PortPlan[]> {
  const resolver = api.module.sibling('resolver');
  const given = [...settled.map(({ choice }) => toGiven(choice)), ...spokenFor(some)];
  const looks: Array<Pick<PortPlan, 'service' | 'choices' | 'error'>> = [];
  for (const service of some) {
    try {
      // What runs already stays as it is.
      const choices = isActive(service) ? [] : await choosePorts(resolver, service, given);
      given.push(...choices.map(toGiven));
      looks.push({ service, choices, error: null });
    } catch (error) {
      if (!isClosError(error, 'RANGE_EXHAUSTED')) throw error;
      looks.push({ service, choices: [], error });
    }
  }
  const wanted = looks.flatMap(({ service, choices }) => choices.map((choice) => ({ service, choice })));
  const found = await findBlockingOf(resolver, [...settled, ...wanted]);
  return looks.map((look) => {
    const conflicts = found.filter((conflict) => conflict.wanted.serviceId === look.service.id);
    const isInside = conflicts.some(({ holder }) => all.some(({ id }) => id === holder.service?.id));
    return { ...look, conflicts, policy: policyFor(api, look.service, isInside) };
  });
}

/** What is leased by a plan; null where that is settled only by the start. */
function leasesOf({ policy, choices, conflicts, error }: PortPlan): readonly PortChoice[] | null {
  if (error !== null) return null;
  if (conflicts.length === 0) return choices;
  return policy === 'reassign' ? reassigned(choices, conflicts) : null;
}

/**
 * One plan for the ports of services that start together, in the order in which they start. Touches nothing.
 *
 * At first nobody is moved to a port that another one of them asks for. Who finds none that way gets what is left when all others
 * are settled, and last come those that do not move: they wait, or take over.
 */
export async function planPorts(api: ApiContext, services: readonly StoredService[]): Promise<PortPlan[]> {
  const plans = await lookAtSome(api, { some: services, settled: [], all: services });
  const open = plans.filter((plan) => leasesOf(plan) === null);
  const moves = ({ policy }: PortPlan) => policy === 'reassign';
  for (const plan of [...open.filter(moves), ...open.filter((one) => !moves(one))]) {
    const settled = plans.flatMap((one) => (leasesOf(one) ?? []).map((choice) => ({ service: one.service, choice })));
    const [again = plan] = await lookAtSome(api, { some: [plan.service], settled, all: services });
    plans[plans.indexOf(plan)] = again;
  }
  return plans;
}

/** Leases what was planned, before anybody starts. Who loses a port to somebody quicker has that settled by its start. */
export async function leasePlanned(api: ApiContext, plans: readonly PortPlan[], command: Command): Promise<void> {
  const { actor, cause } = command;
  for (const plan of plans) {
    const choices = leasesOf(plan);
    if (choices !== null) await commitLeases(api.db, plan.service, { choices, actor, cause });
  }
}
