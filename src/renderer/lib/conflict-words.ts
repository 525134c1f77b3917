import type { Conflict, ConflictKind, Holder } from '#shared/contract/conflicts.ts';

/** Who wants a port, and what is the matter with it: "web" "wants", ":3000" stands after it. */
export function wantParts({ kind, wanted }: Pick<Conflict, 'kind' | 'wanted'>): { who: string; what: string } {
  const who = wanted.service ?? 'Somebody';
  switch (kind) {
    case 'shadowed':
      return { who, what: 'shares' };
    case 'not-answering':
      return { who, what: 'does not answer on' };
    default:
      return { who, what: 'wants' };
  }
}

/** "web wants :3000". */
export function wantWords(conflict: Pick<Conflict, 'kind' | 'wanted'>): string {
  const { who, what } = wantParts(conflict);
  return `${who} ${what} :${conflict.wanted.port}`;
}

/** Who holds the port, by the name that people know. */
export function holderName(holder: Holder): string {
  return holder.service?.name ?? holder.container?.name ?? holder.name;
}

/** The same with where it comes from: "node of blog". */
export function holderWords(holder: Holder): string {
  const name = holderName(holder);
  const { service, container, project } = holder;
  if (service !== null || container !== null || project === null || project === name) return name;
  return `${name} of ${project}`;
}

/** "web wants :3000, held by node of blog". */
export function conflictWords(conflict: Conflict): string {
  const { kind, holder } = conflict;
  if (kind === 'not-answering') return wantWords(conflict);
  return `${wantWords(conflict)}${kind === 'shadowed' ? ' with' : ', held by'} ${holderWords(holder)}`;
}

/** Each kind in two or three words, for lists. */
export const kindWords: Record<ConflictKind, string> = {
  lease: 'leased to another',
  container: 'held by a container',
  'stopped-container': 'claimed by a stopped container',
  process: 'held by a program',
  clos: 'used by CLOS',
  shadowed: 'two answer on localhost',
  reserved: 'kept by the system',
  temporary: 'busy for a moment',
  'not-answering': 'runs, does not answer',
};

/** "/home/ada/src/blog (main)": the checkout that somebody runs from. Null if it is not known. */
export function checkoutWords({ checkout }: Holder): string | null {
  if (checkout === null) return null;
  return checkout.branch === null ? checkout.root : `${checkout.root} (${checkout.branch})`;
}

/** What is the matter, in a sentence. */
export function explain({ kind, holder, wanted }: Conflict): string {
  const name = holderWords(holder);
  const from = checkoutWords(holder);
  switch (kind) {
    case 'lease':
      return `:${wanted.port} is leased to ${name}. A port of this machine belongs to one service.`;
    case 'container':
      return `The container ${name} publishes :${wanted.port}.`;
    case 'stopped-container':
      return `The container ${name} does not run, but claims :${wanted.port} and will want it when it starts.`;
    case 'process':
      return `${name} listens on :${wanted.port}. No service of CLOS leased it.`;
    case 'clos':
      return `CLOS itself uses :${wanted.port} for its ${holder.name}.`;
    case 'shadowed':
      return `localhost:${wanted.port} can reach ${name}${from === null ? '' : ` from ${from}`} instead of ${wanted.service ?? 'what is asked for'}: each listens in an address family of its own.`;
    case 'reserved':
      return `The system does not leave :${wanted.port} to programs for good (${holder.name}).`;
    case 'temporary':
      return `A connection that is still open uses :${wanted.port}. It usually passes by itself.`;
    case 'not-answering':
      return `${wanted.service ?? 'It'} runs and its port is published, but nobody answers there.`;
  }
}
