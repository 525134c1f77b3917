import type { Conflict, ConflictOption } from '#shared/contract/conflicts.ts';
import { listWords } from '../../lib/format.ts';

/** "web wants :3000". */
export function wantWords({ wanted }: Conflict): string {
  return `${wanted.service ?? 'Somebody'} wants :${wanted.port}`;
}

/** What else changes: "nothing else changes", "api is told · can be undone". */
export function effectWords(option: ConflictOption): string {
  const parts = [
    option.affects.length === 0
      ? option.risk === 'none'
        ? 'nothing stops'
        : null
      : `${listWords(option.affects)} ${option.affects.length === 1 ? 'is' : 'are'} touched`,
    option.risk === 'high' ? 'risky' : null,
    option.reversible ? 'can be undone' : 'cannot be undone',
  ];
  return parts.filter((part) => part !== null).join(' · ');
}

export const stateWords: Record<Conflict['state'], string> = {
  open: 'open',
  resolved: 'resolved',
  cleared: 'gone by itself',
};
