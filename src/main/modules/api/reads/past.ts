import { ClosError } from '#shared/contract/clos-error.ts';
import type { Conflict } from '#shared/contract/conflicts.ts';
import type { Moment } from '#shared/contract/primitives.ts';
import type { Service } from '#shared/contract/services.ts';
import type { ReadDb } from '../../../database/handle.ts';
import { firstKeptSeq, knownSubjects, type PastState, seqAt, stateAt } from '../../../database/history.ts';
import { everKnownAs } from '../../../database/services.ts';

/** The event up to which a moment reaches. Rejects with HISTORY_NOT_KEPT for one that is before all that is kept. */
function seqOf(db: ReadDb, moment: Moment): number {
  const seq = typeof moment === 'number' ? moment : seqAt(db, moment);
  if (seq + 1 >= firstKeptSeq(db)) return seq;
  throw new ClosError('HISTORY_NOT_KEPT', 'What happened until then is no longer kept. Ask for a later time.');
}

/** As `readState` took it apart; what only the present can tell says nothing. */
function toService({ state, time }: PastState): Service {
  const { observed, runtime, instanceId: _instance, applied: _applied, adoptedContainer: _adopted, ...rest } = state;
  // A state of version 1 has neither of these.
  const startOnVisit = state.startOnVisit ?? false;
  const endpoints = (state.endpoints as object[]).map((endpoint) => ({ scheme: 'auto', ...endpoint }));
  const seen = observed === null ? null : { ...(observed as object), observedAt: time };
  return {
    ...rest,
    startOnVisit,
    endpoints,
    runtime: { ...(runtime as object), observed: seen },
    needsRestart: false,
  } as unknown as Service;
}

/** A service as it was at a moment, by its id or by a name that it had. SERVICE_NOT_FOUND where it was not there. */
export function serviceAt(db: ReadDb, ref: string, moment: Moment): Service {
  const seq = seqOf(db, moment);
  for (const id of everKnownAs(db, ref)) {
    const past = stateAt(db, id, seq);
    if (past !== null) return toService(past);
  }
  throw new ClosError('SERVICE_NOT_FOUND', `There was no service "${ref}" at ${moment}.`);
}

/** All services that were there at a moment. */
export function servicesAt(db: ReadDb, moment: Moment): Service[] {
  const seq = seqOf(db, moment);
  return knownSubjects(db, 'service').flatMap((id) => {
    const past = stateAt(db, id, seq);
    return past === null ? [] : [toService(past)];
  });
}

/** A conflict as it was at a moment. CONFLICT_NOT_FOUND where it was not there yet. */
export function conflictAt(db: ReadDb, id: string, moment: Moment): Conflict {
  const past = stateAt(db, id, seqOf(db, moment));
  if (past === null) throw new ClosError('CONFLICT_NOT_FOUND', `There was no conflict "${id}" at ${moment}.`);
  return past.state as unknown as Conflict;
}
