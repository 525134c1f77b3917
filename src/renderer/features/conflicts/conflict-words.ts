import type { Conflict, ConflictOption, Evidence } from '#shared/contract/conflicts.ts';
import { holderName } from '../../lib/conflict-words.ts';
import { listWords } from '../../lib/format.ts';

/** What else changes: "nothing stops · can be undone", "api is touched · cannot be undone". */
export function effectWords({ affects, risk, reversible }: ConflictOption): string {
  const touched = `${listWords(affects)} ${affects.length === 1 ? 'is' : 'are'} touched`;
  const parts = [
    affects.length > 0 ? touched : risk === 'none' ? 'nothing stops' : null,
    reversible ? 'can be undone' : 'cannot be undone',
  ];
  return parts.filter((part) => part !== null).join(' · ');
}

/** "can be undone" → "Can be undone." */
export function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

export const riskWords: Record<ConflictOption['risk'], string | null> = {
  none: null,
  low: 'low risk',
  high: 'high risk',
};

/** What is true once an option was applied. */
export function doneWords({ strategy, port, address }: ConflictOption, { wanted, holder }: Conflict): string {
  const service = wanted.service ?? 'It';
  const other = holderName(holder);
  switch (strategy) {
    case 'reassign':
      return `${service} is on :${port ?? wanted.port}`;
    case 'change-address':
      return `${service} is on ${address ?? 'another address'}:${wanted.port}`;
    case 'wait':
      return `${service} starts by itself when :${wanted.port} frees`;
    case 'adopt':
      return `${other} is a service now`;
    case 'stop-service':
    case 'stop-container':
    case 'end-process':
      return `${other} was stopped, ${service} has :${wanted.port}`;
  }
}

export const stateWords: Record<Conflict['state'], string> = {
  open: 'open',
  resolved: 'resolved',
  cleared: 'gone by itself',
};

export const sourceWords: Record<Evidence['source'], string> = {
  lease: 'lease',
  engine: 'engine',
  listener: 'listener',
  probe: 'tried',
  clos: 'CLOS',
  system: 'system',
};

/** The options in the order of their worth: what is recommended comes first, else as they were given. */
export function inOrder(options: readonly ConflictOption[]): ConflictOption[] {
  return [...options.filter(({ recommended }) => recommended), ...options.filter(({ recommended }) => !recommended)];
}
