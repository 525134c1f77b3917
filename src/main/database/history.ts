import { type Changes, insertEvent } from './events.ts';
import type { ReadDb, WriteDb } from './handle.ts';
import type { PendingEvent } from './pending.ts';
import {
  applyChanges,
  changesBetween,
  isKept,
  type Kept,
  kept,
  readState,
  type State,
  stateVersions,
} from './states.ts';

/** After so many changes of a subject its whole state is kept, so that a rebuild never reads more than these. */
const changesPerSnapshot = 50;

interface StateRow {
  seq: number;
  unsnapped: number;
  state: string;
}

/** A change of a subject that no event has told: it is one itself. */
function untold(type: Kept, id: string, changes: NonNullable<Changes>): PendingEvent {
  if (type !== 'service') throw new Error(`${type} ${id} changed without an event`);
  return {
    type: 'service.changed',
    version: 1,
    subject: { type, id, name: null },
    actor: { type: 'module', id: 'api', name: 'api' },
    cause: null,
    trace: null,
    time: new Date().toISOString(),
    data: { changed: Object.keys(changes) },
  };
}

/**
 * Ends a call of `commit`: its events get their sequence numbers, and the last one of each subject carries what the call has
 * changed of it. A change that none of them tells becomes an event of its own, so nothing happens unrecorded.
 *
 * In the transaction of the change itself: the log and the tables never differ.
 */
export function recordHistory(db: WriteDb): void {
  const { events, touched, trace } = db.pending;
  if (events.length === 0 && touched.size === 0) return;
  for (const { subject } of events) touched.set(subject.id, subject.type);
  const changed = new Map<
    string,
    { type: Kept; before: StateRow | undefined; after: State | null; changes: Changes }
  >();
  for (const [id, type] of touched) {
    if (!isKept(type)) continue;
    const before = db.get<StateRow>('SELECT seq, unsnapped, state FROM states WHERE subject_id = @id', { id });
    const after = readState[type](db, id);
    const changes = changesBetween(before === undefined ? null : JSON.parse(before.state), after);
    if (changes === undefined) continue;
    changed.set(id, { type, before, after, changes });
    if (changes !== null && !events.some(({ subject }) => subject.id === id)) {
      const event = untold(type, id, changes);
      const name = typeof after?.name === 'string' ? after.name : null;
      events.push({ ...event, trace, subject: { ...event.subject, name } });
    }
  }
  for (const [index, event] of events.entries()) {
    const { id } = event.subject;
    const change = events.findLastIndex(({ subject }) => subject.id === id) === index ? changed.get(id) : undefined;
    const seq = insertEvent(db, event, {
      changes: change?.changes,
      version: change === undefined ? 0 : stateVersions[change.type],
    });
    if (change !== undefined) keepState(db, { ...change, id, seq, time: event.time });
  }
}

function keepState(
  db: WriteDb,
  change: { type: Kept; id: string; seq: number; time: string; before: StateRow | undefined; after: State | null },
): void {
  const { type, id, seq, before, after } = change;
  if (after === null) {
    db.run('DELETE FROM states WHERE subject_id = @id', { id });
    return;
  }
  const unsnapped = (before?.unsnapped ?? 0) + 1;
  const isDue = unsnapped >= changesPerSnapshot;
  const state = JSON.stringify(after);
  db.run(
    `INSERT INTO states (subject_id, subject_type, seq, unsnapped, state) VALUES (@id, @type, @seq, @unsnapped, @state)
     ON CONFLICT (subject_id) DO UPDATE SET seq = excluded.seq, unsnapped = excluded.unsnapped, state = excluded.state`,
    { id, type, seq, unsnapped: isDue ? 0 : unsnapped, state },
  );
  if (isDue) putSnapshot(db, { ...change, state });
}

/** Keeps a whole state as of an event; one that is there already stays. */
export function putSnapshot(
  db: WriteDb,
  { id, type, seq, time, state }: { id: string; type: Kept; seq: number; time: string; state: string },
): void {
  db.run(
    `INSERT INTO snapshots (subject_id, subject_type, seq, time, state_version, state)
     VALUES (@id, @type, @seq, @time, @version, @state) ON CONFLICT DO NOTHING`,
    { id, type, seq, time, version: stateVersions[type], state },
  );
}

const present: Record<Kept, string> = {
  service: 'SELECT id FROM services WHERE deleted_at IS NULL',
  conflict: 'SELECT id FROM port_conflicts',
};

/**
 * Begins the history of what was there before there was one: the state of each subject that has none yet, as a snapshot as of
 * the newest event.
 */
export function beginHistory(db: WriteDb): void {
  const seq = db.get<{ seq: number | null }>('SELECT max(seq) AS seq FROM system_events')?.seq ?? 0;
  const time = new Date().toISOString();
  for (const type of kept) {
    const rows = db.all<{ id: string }>(`${present[type]} EXCEPT SELECT subject_id FROM states`);
    for (const { id } of rows) {
      const state = JSON.stringify(readState[type](db, id));
      db.run(
        'INSERT INTO states (subject_id, subject_type, seq, unsnapped, state) VALUES (@id, @type, @seq, 0, @state)',
        {
          id,
          type,
          seq,
          state,
        },
      );
      putSnapshot(db, { id, type, seq, time, state });
    }
  }
}

const newest = 'ORDER BY time DESC, seq DESC LIMIT 1';

/** The number of the newest event that had happened at a time; 0 before the first one. */
export function seqAt(db: ReadDb, time: string): number {
  return db.get<{ seq: number }>(`SELECT seq FROM system_events WHERE time <= @time ${newest}`, { time })?.seq ?? 0;
}

/** The number of the newest event from before a time; 0 before the first one. */
export function seqBefore(db: ReadDb, time: string): number {
  return db.get<{ seq: number }>(`SELECT seq FROM system_events WHERE time < @time ${newest}`, { time })?.seq ?? 0;
}

interface ChangeRow {
  seq: number;
  time: string;
  changes: string;
}

/** A subject as it was, and the event that left it so. */
export interface PastState {
  state: State;
  seq: number;
  time: string;
}

/**
 * Puts the state of a subject together as it was after the event with the number `seq`: its last snapshot until then, and what
 * each event since has changed. Null when it was not there.
 */
export function stateAt(db: ReadDb, id: string, seq: number): PastState | null {
  const snapshot = db.get<{ seq: number; time: string; state: string }>(
    'SELECT seq, time, state FROM snapshots WHERE subject_id = @id AND seq <= @seq ORDER BY seq DESC LIMIT 1',
    { id, seq },
  );
  const rows = db.all<ChangeRow>(
    `SELECT seq, time, changes FROM system_events
     WHERE subject_id = @id AND changes IS NOT NULL AND seq > @from AND seq <= @seq ORDER BY seq`,
    { id, from: snapshot?.seq ?? 0, seq },
  );
  let state: State | null = snapshot === undefined ? null : JSON.parse(snapshot.state);
  for (const { changes } of rows) state = applyChanges(state, JSON.parse(changes));
  const last = rows.at(-1) ?? snapshot;
  return state === null || last === undefined ? null : { state, seq: last.seq, time: last.time };
}

/** The oldest event that is still there, which is the first one unless old ones were removed; 1 in an empty log. */
export function firstKeptSeq(db: ReadDb): number {
  return db.get<{ seq: number | null }>('SELECT min(seq) AS seq FROM system_events')?.seq ?? 1;
}

const known: Record<Kept, string> = {
  service: 'SELECT id FROM services',
  conflict: 'SELECT id FROM port_conflicts',
};

/** The subjects of a kind that there ever were: those that are gone keep their rows. */
export function knownSubjects(db: ReadDb, type: Kept): string[] {
  return db.all<{ id: string }>(known[type]).map(({ id }) => id);
}
