import type { Conflict, DetectedConflict } from '#shared/contract/conflicts.ts';
import type { Sighting } from '#shared/contract/internal.ts';
import type { Actor } from '#shared/contract/operations.ts';
import { closeConflict, openConflictsOf, putConflict } from '../../../database/conflicts.ts';
import { appendEvent, lastSeqOf } from '../../../database/events.ts';
import type { WriteDb } from '../../../database/handle.ts';
import { observedExternal, putObservedExternal } from '../../../database/observed-externals.ts';
import { findService, type StoredService } from '../../../database/services.ts';
import type { Provenance } from '../access/actors.ts';
import type { ApiContext } from '../api-context.ts';
import { changeStatus } from '../state/life.ts';
import { conflictSentence } from './conflict-record.ts';
import { matchConflicts } from './match-conflicts.ts';

/**
 * What is worth telling although nobody has tried to start the service: somebody who is no service of CLOS is at its port, or
 * something answers in its place. That two services share a wish is no news before both are wanted.
 */
function isWorthTelling({ kind, severity, holder }: DetectedConflict): boolean {
  if (kind === 'shadowed' || kind === 'not-answering') return true;
  return severity === 'blocking' && (kind === 'process' || kind === 'container') && holder.service === null;
}

/** Brings the open conflicts of one service up to date with what was seen, each change with its event. */
function reconcile(
  write: WriteDb,
  service: StoredService,
  { seen, who }: { seen: readonly DetectedConflict[]; who: Provenance },
): void {
  const { actor, cause } = who;
  const open = openConflictsOf(write, service.id);
  const matches = matchConflicts(open, seen);
  const goesOn = new Set(matches.values());
  for (const conflict of open) {
    // What holds a port without listening the watch cannot see: the next start tells whether it has passed.
    if (goesOn.has(conflict) || conflict.kind === 'temporary') continue;
    closeConflict(write, conflict.id, 'cleared');
    const subject = { type: 'conflict' as const, id: conflict.id, name: service.name };
    const reason = `${conflictSentence(conflict)} no longer`;
    appendEvent(write, { type: 'conflict.cleared', subject, actor, cause, data: { reason } });
  }
  for (const [detected, known] of matches) {
    if (known === null ? !isWorthTelling(detected) : isAsTold(known, detected)) continue;
    const conflict = putConflict(write, detected, known);
    const subject = { type: 'conflict' as const, id: conflict.id, name: service.name };
    const type = known === null ? 'conflict.detected' : 'conflict.changed';
    appendEvent(write, { type, subject, actor, cause, data: { conflict } });
  }
}

function isAsTold({ holder: told }: Conflict, { holder }: DetectedConflict): boolean {
  return told.identity === holder.identity && told.name === holder.name;
}

/** A watched service runs while something answers at its ports. */
function recordAnswering(
  write: WriteDb,
  service: StoredService,
  { sighting, who }: { sighting: Sighting; who: Provenance },
): void {
  const { answering } = sighting;
  const before = observedExternal(write, service.id);
  const now = {
    answering: answering !== null,
    pid: answering?.pid ?? null,
    name: answering?.name ?? null,
    observedAt: new Date().toISOString(),
  };
  if (before?.answering === now.answering && before.pid === now.pid) return;
  putObservedExternal(write, service.id, now);
  const to = now.answering ? 'running' : 'stopped';
  changeStatus(write, service, { to, reason: now.answering ? null : 'nothing answers at its ports', ...who });
}

/** Something has happened to a service, or to what stands in its way, since the watch looked: what it saw is old. */
function isStale(write: WriteDb, service: StoredService, { asOf }: Sighting): boolean {
  const subjects = [service.id, ...openConflictsOf(write, service.id).map(({ id }) => id)];
  return subjects.some((id) => lastSeqOf(write, id) > asOf);
}

/**
 * Takes in what the watch of the resolver saw at the ports of some services; resolves with those that have to be looked at again.
 * A service that waits starts as soon as nothing is in its way. Services that a command has are left alone: it looks for itself.
 */
export async function recordSightings(
  api: ApiContext,
  sightings: readonly Sighting[],
  actor: Actor,
): Promise<{ stale: string[] }> {
  const who: Provenance = { actor, cause: null };
  const { ready, stale } = await api.db.commit((write) => {
    const startable: StoredService[] = [];
    const old: string[] = [];
    for (const sighting of sightings) {
      const service = findService(write, sighting.serviceId);
      if (service === null) continue;
      if (api.commands.current(service.id) !== null || isStale(write, service, sighting)) {
        old.push(service.id);
        continue;
      }
      if (service.runtime.type === 'external') recordAnswering(write, service, { sighting, who });
      reconcile(write, service, { seen: sighting.conflicts, who });
      if (service.waits && !sighting.conflicts.some(({ severity }) => severity === 'blocking')) startable.push(service);
    }
    return { ready: startable, stale: old };
  });
  for (const { id } of ready) api.waiting.clear(id);
  return { stale };
}
