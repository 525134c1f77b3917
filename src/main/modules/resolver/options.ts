import { type ConflictOption, resolveCommand } from '#shared/contract/conflicts.ts';
import type { Suggestion } from '#shared/contract/ports.ts';
import type { Finding } from './detect.ts';

export interface ProposalContext {
  /** A free port of the endpoint's range instead of the wanted one; null when there is none. */
  suggestPort(wanted: Finding['wanted']): Promise<Suggestion | null> | Suggestion | null;
}

/**
 * What could be done about a conflict, the best first, only what the system can carry out. Empty when nothing of it would help:
 * nobody in particular wants the port, the address itself is missing, or no port is left.
 */
export async function proposeOptions(finding: Finding, context: ProposalContext): Promise<ConflictOption[]> {
  const reassign = await proposeReassign(finding, context);
  return reassign === null ? [] : [reassign];
}

async function proposeReassign(finding: Finding, context: ProposalContext): Promise<ConflictOption | null> {
  const { wanted, kind, severity } = finding;
  if (wanted.service === null || kind === 'not-answering') return null;
  // Another port does not bring back an address that is not there.
  if (kind === 'reserved' && severity === 'blocking') return null;
  const suggestion = await context.suggestPort(wanted);
  if (suggestion === null) return null;

  const { port, reason } = suggestion;
  const { service, endpoint } = wanted;
  const steps = [
    `Lease ${port} to ${endpoint === null ? service : `${service}/${endpoint}`} instead of ${wanted.port}. ${reason}`,
    `Start ${service} on ${port} and keep that port until it is changed`,
  ];
  return {
    id: 'reassign',
    strategy: 'reassign',
    title: `Run ${service} on ${port}`,
    steps,
    affects: [],
    risk: 'none',
    // Until an operation can be undone, nothing says that it can.
    reversible: false,
    recommended: severity === 'blocking',
    command: resolveCommand(null, 'reassign'),
    port,
  };
}
