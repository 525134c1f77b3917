import { type ConflictOption, resolveCommand } from '#shared/contract/conflicts.ts';
import type { Suggestion } from '#shared/contract/ports.ts';
import type { Finding } from './detect.ts';
import type { ServiceFact } from './world.ts';

/** What is ended and started as a whole when a process is in the way: itself, or the package manager that it runs under. */
export interface Launcher {
  pid: number;
  name: string;
  command: string;
  /** Why it could not be started again as it was, as a sentence; null when it could. */
  lostForGood: string | null;
}

export interface ProposalContext {
  /** A free port of the endpoint's range instead of the wanted one; null when there is none. */
  suggestPort(wanted: Finding['wanted']): Promise<Suggestion | null> | Suggestion | null;
  /** Another address of this host on which the port can be had; null when there is none, or it would help nobody. */
  suggestAddress(finding: Finding): Promise<string | null> | string | null;
  /** What holds the port, as a whole; null for anything but a process. */
  launcher: Launcher | null;
  services: readonly ServiceFact[];
}

type Draft = Omit<ConflictOption, 'command' | 'recommended' | 'port' | 'address'> &
  Partial<Pick<ConflictOption, 'port' | 'address'>>;

/** As much of a command as a title has room for. */
const titleLength = 60;

/** Kinds that pass when the holder goes away. A lease does not: a service that stops keeps its port. */
const held: ReadonlySet<Finding['kind']> = new Set(['container', 'process', 'temporary']);

/**
 * What could be done about a conflict, the best first, only what the system can carry out: what stops nothing comes before what
 * does, what can be put back before what cannot. Recommended is the first that lets the service start now without ending a
 * program. Empty when nothing would help.
 */
export async function proposeOptions(finding: Finding, context: ProposalContext): Promise<ConflictOption[]> {
  const { wanted, kind, severity } = finding;
  if (wanted.service === null || kind === 'not-answering') return [];
  const drafts = [
    await reassign(finding, context),
    wait(finding),
    stopService(finding, context),
    stopContainer(finding),
    adopt(finding, context),
    await changeAddress(finding, context),
    endProcess(finding, context),
  ].filter((draft) => draft !== null);
  const best = drafts.find(({ strategy, risk }) => risk !== 'high' && strategy !== 'wait' && strategy !== 'adopt');
  return drafts.map((draft) => ({
    port: null,
    address: null,
    ...draft,
    recommended: severity === 'blocking' && draft === best,
    command: resolveCommand(null, draft.id),
  }));
}

/** The names of the services that are told the ports of this one. */
function toldOf(name: string | null, { services }: ProposalContext): string[] {
  return services.filter(({ references }) => name !== null && references.includes(name)).map((service) => service.name);
}

function seatOf({ wanted: { service, endpoint } }: Finding): string {
  return endpoint === null ? (service ?? '') : `${service}/${endpoint}`;
}

function thenStart({ wanted: { service, port } }: Finding): string {
  return `Start ${service} on ${port}`;
}

async function reassign(finding: Finding, context: ProposalContext): Promise<Draft | null> {
  const { wanted, kind, severity } = finding;
  // Another port does not bring back an address that is not there.
  if (kind === 'reserved' && severity === 'blocking') return null;
  const suggestion = await context.suggestPort(wanted);
  if (suggestion === null) return null;
  const { port, reason } = suggestion;
  const { service } = wanted;
  const affects = toldOf(service, context);
  return {
    id: 'reassign',
    strategy: 'reassign',
    title: `Run ${service} on ${port}`,
    steps: [
      `Lease ${port} to ${seatOf(finding)} instead of ${wanted.port}. ${reason}`,
      `Start ${service} on ${port} and keep that port until it is changed`,
      ...affects.map((name) => `Tell ${name} the new port; it is restarted if it runs`),
    ],
    affects,
    risk: 'none',
    reversible: true,
    port,
  };
}

function wait({ wanted, kind, severity }: Finding): Draft | null {
  if (severity !== 'blocking' || !held.has(kind)) return null;
  return {
    id: 'wait',
    strategy: 'wait',
    title: `Start ${wanted.service} when ${wanted.port} is free`,
    steps: [`Watch ${wanted.port}`, `Start ${wanted.service} by itself as soon as it can be had`],
    affects: [],
    risk: 'none',
    reversible: true,
  };
}

function stopService(finding: Finding, context: ProposalContext): Draft | null {
  const { holder, wanted } = finding;
  const other = context.services.find(({ id }) => id === holder.service?.id);
  if (other === undefined || other.id === wanted.serviceId || other.runtime === 'external') return null;
  const { name, active } = other;
  return {
    id: 'stop-service',
    strategy: 'stop-service',
    title: active
      ? `Stop ${name} and run ${wanted.service} on ${wanted.port}`
      : `Take ${wanted.port} from ${name}, which does not run`,
    steps: [
      ...(active ? [`Stop ${name}`] : []),
      `Give ${wanted.port} from ${name} to ${seatOf(finding)}; ${name} asks anew at its next start`,
      thenStart(finding),
    ],
    affects: [name, ...toldOf(name, context)],
    risk: active ? 'low' : 'none',
    reversible: true,
  };
}

function stopContainer(finding: Finding): Draft | null {
  const { holder } = finding;
  if (holder.type !== 'container' || holder.container === null || holder.service !== null) return null;
  const { name, state } = holder.container;
  if (state !== 'running' && state !== 'paused' && state !== 'restarting') return null;
  return {
    id: 'stop-container',
    strategy: 'stop-container',
    title: `Stop the container ${name}`,
    steps: [`Stop ${name}; it stays where it is and can be started again`, thenStart(finding)],
    affects: [],
    risk: 'low',
    reversible: true,
  };
}

/** A service has to come back as it was when it is started again, so only a program that could is offered to become one. */
function adopt({ kind, severity, holder }: Finding, { launcher }: ProposalContext): Draft | null {
  const program =
    kind === 'process' && holder.type === 'process' && !holder.protected && launcher?.lostForGood === null;
  const container = holder.type === 'container' && kind === 'container';
  if (severity !== 'blocking' || holder.service !== null || !(program || container)) return null;
  const name = holder.project ?? holder.name;
  return {
    id: 'adopt',
    strategy: 'adopt',
    title: `Make ${name} a service here`,
    steps: [`Take ${holder.name} over as it runs`, 'Give it a name and the lease of its ports'],
    affects: [],
    risk: 'none',
    reversible: true,
  };
}

async function changeAddress(finding: Finding, context: ProposalContext): Promise<Draft | null> {
  const address = await context.suggestAddress(finding);
  if (address === null) return null;
  const { wanted } = finding;
  return {
    id: 'change-address',
    strategy: 'change-address',
    title: `Run ${wanted.service} on ${address}:${wanted.port}`,
    steps: [`Bind ${seatOf(finding)} to ${address} instead of ${wanted.address}`, thenStart(finding)],
    affects: toldOf(wanted.service, context),
    risk: 'low',
    reversible: true,
    address,
  };
}

/** What was typed to start it, as far as a title has room: the program by its name, wherever it lies. */
function typed({ command }: Launcher): string {
  const short = command.replace(/^\S*[\\/]/, '');
  return short.length <= titleLength ? short : `${short.slice(0, titleLength - 1).trimEnd()}…`;
}

function endProcess(finding: Finding, { launcher }: ProposalContext): Draft | null {
  const { holder, kind } = finding;
  if (kind !== 'process' && kind !== 'shadowed') return null;
  if (holder.type !== 'process' || holder.pid === null || holder.protected || launcher === null) return null;
  return {
    id: 'end-process',
    strategy: 'end-process',
    title: `End ${typed(launcher)} (pid ${launcher.pid})`,
    steps: [
      launcher.pid === holder.pid
        ? `Ask ${holder.name} (pid ${holder.pid}) to end, and end it by force if it does not`
        : `Ask ${launcher.name} (pid ${launcher.pid}), which runs ${holder.name} (pid ${holder.pid}), to end, and end both by force if they do not`,
      launcher.lostForGood ?? 'Remember how it was started, so that it can be started again',
      thenStart(finding),
    ],
    affects: [],
    risk: 'high',
    reversible: launcher.lostForGood === null,
  };
}
