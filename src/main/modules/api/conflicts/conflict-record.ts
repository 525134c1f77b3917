import { ClosError } from '#shared/contract/clos-error.ts';
import type { Conflict, DetectedConflict } from '#shared/contract/conflicts.ts';
import { openConflictsOf, putConflict } from '../../../database/conflicts.ts';
import type { CoreDb } from '../../../database/core-db.ts';
import { appendEvent } from '../../../database/events.ts';
import type { Provenance } from '../access/actors.ts';
import { matchConflicts } from './match-conflicts.ts';

/** `:3000 is held by node (pid 4242)`: the sentence that stands for a conflict wherever there is room for one line. */
export function conflictSentence({
  kind,
  wanted,
  holder,
}: Pick<DetectedConflict, 'kind' | 'wanted' | 'holder'>): string {
  const pid = holder.pid === null ? '' : ` (pid ${holder.pid})`;
  const type = holder.type === 'unknown' || holder.type === 'system' ? '' : `${holder.type} `;
  const who = `${type}${holder.name}${pid}`;
  switch (kind) {
    case 'not-answering':
      return `:${wanted.port} does not answer although ${wanted.service} runs`;
    case 'shadowed':
      return `localhost:${wanted.port} may reach ${who} instead of ${wanted.service ?? wanted.address}`;
    case 'stopped-container':
      return `:${wanted.port} is claimed by the stopped container ${holder.name}`;
    case 'reserved':
      return `:${wanted.port} is not to be had: ${holder.name}`;
    case 'lease':
    case 'container':
    case 'process':
    case 'clos':
    case 'temporary':
      return `:${wanted.port} is held by ${who}`;
  }
}

/** Records conflicts with their events; one that is open already is renewed without one. */
export async function recordConflicts(
  db: CoreDb,
  detected: readonly DetectedConflict[],
  { actor, cause }: Provenance,
): Promise<Conflict[]> {
  return await db.commit((write) => {
    const services = new Set(detected.flatMap(({ wanted }) => wanted.serviceId ?? []));
    const open = [...services].flatMap((id) => openConflictsOf(write, id));
    return [...matchConflicts(open, detected)].map(([one, known]) => {
      const conflict = putConflict(write, one, known);
      if (known === null) {
        appendEvent(write, {
          type: 'conflict.detected',
          subject: { type: 'conflict', id: conflict.id, name: one.wanted.service },
          actor,
          cause,
          data: { conflict },
        });
      }
      return conflict;
    });
  });
}

/** The refusal that carries the conflicts. Each has its options, and each option its command. */
export function portConflict(conflicts: ReadonlyArray<Conflict | DetectedConflict>): ClosError {
  return new ClosError('PORT_CONFLICT', `${conflicts.map(conflictSentence).join('; ')}.`, { extra: { conflicts } });
}
