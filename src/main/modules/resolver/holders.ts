import type { Listener, ProcessOwner } from '#main/host/types.ts';
import type { Holder } from '#shared/contract/conflicts.ts';
import { matchesRule, type ProgramRule } from '#shared/contract/settings.ts';
import type { ContainerFact, LeaseFact, OwnPort } from './world.ts';

const nobody: Holder = {
  type: 'unknown',
  name: 'unknown',
  pid: null,
  identity: null,
  command: null,
  user: null,
  since: null,
  container: null,
  service: null,
  project: null,
  checkout: null,
  protected: false,
};

/** Another service, by its lease; what is known of its container or process is added where it listens. */
export function serviceHolder(service: { id: string; name: string }, since: string | null): Holder {
  return { ...nobody, type: 'service', name: service.name, since, service };
}

export function leaseHolder(lease: LeaseFact): Holder {
  if (lease.service === null) return { ...systemHolder(`the reservation "${lease.note ?? ''}"`), since: lease.since };
  const { id, name } = lease.service;
  return serviceHolder({ id, name }, lease.since);
}

export function containerHolder(container: ContainerFact, service: Holder['service']): Holder {
  const { id, name, image, state } = container;
  return {
    ...nobody,
    type: 'container',
    name,
    since: container.startedAt,
    container: { id, name, image, state },
    service,
    project: container.composeProject,
    checkout: container.checkout,
  };
}

/** One of CLOS's own servers: never to be ended from here. */
export function closHolder(own: OwnPort): Holder {
  return { ...nobody, type: 'clos', name: own.name, protected: true };
}

/** A process by its listener. Without an owner only the user is known: the process belongs to someone else, or to the kernel. */
export function processHolder(listener: Listener): Holder {
  const { owner } = listener;
  if (owner === null) {
    return { ...nobody, type: 'unknown', name: `a process of ${listener.user}`, user: listener.user, protected: true };
  }
  return { ...nobody, type: 'process', name: owner.name, since: owner.startedAt, ...processFacts(owner) };
}

/** Marks what a person has protected: it is never ended from here, whoever asks. */
export function withProtection(holder: Holder, protect: readonly ProgramRule[]): Holder {
  const named = holder.type === 'process' && protect.some((rule) => matchesRule(rule, holder));
  return named ? { ...holder, protected: true } : holder;
}

/** The system itself: a limit of the kernel, an address that is not there. */
export function systemHolder(name: string): Holder {
  return { ...nobody, type: 'system', name, protected: true };
}

export function unknownHolder(name: string): Holder {
  return { ...nobody, name };
}

/** Adds the process behind a service's listener to what its lease told. */
export function withProcess(holder: Holder, owner: ProcessOwner | null): Holder {
  if (owner === null || owner.forwarder || holder.pid !== null) return holder;
  const facts = processFacts(owner);
  return {
    ...holder,
    ...facts,
    protected: holder.protected || facts.protected,
    project: holder.project ?? facts.project,
  };
}

/** Adds the container that a service runs in. */
export function withContainer(holder: Holder, container: ContainerFact): Holder {
  return holder.container !== null
    ? holder
    : {
        ...holder,
        container: { id: container.id, name: container.name, image: container.image, state: container.state },
        project: holder.project ?? container.composeProject,
        checkout: holder.checkout ?? container.checkout,
      };
}

function processFacts(owner: ProcessOwner) {
  return {
    pid: owner.pid,
    identity: `${owner.pid}.${owner.startTicks}.${owner.bootId}`,
    command: owner.command,
    user: owner.user,
    project: owner.project,
    checkout: owner.checkout,
    protected: owner.protectedReason !== null,
  } satisfies Partial<Holder>;
}
