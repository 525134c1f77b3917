import { liftEvent } from '#shared/contract/event-versions.ts';
import type { ClosEvent, EventData, EventType } from '#shared/contract/events.ts';
import { eventTypes, isEventType } from '#shared/contract/events.ts';
import type { Actor, Subject } from '#shared/contract/operations.ts';
import type { Order } from '#shared/contract/primitives.ts';
import type { Parameters, ReadDb, WriteDb } from './handle.ts';
import type { PendingEvent } from './pending.ts';
import type { Query } from './walk.ts';

interface EventRow {
  seq: number;
  type: string;
  version: number;
  subject_type: Subject['type'];
  subject_id: string;
  subject_name: string | null;
  actor: string;
  cause: string | null;
  trace: string | null;
  time: string;
  data: string;
}

export interface NewEvent<T extends EventType> {
  type: T;
  subject: Subject;
  actor: Actor;
  cause: ClosEvent['cause'];
  data: EventData<T>;
}

/** Adds a fact to the history, in the transaction of the change that it tells. It gets its sequence number as the call ends. */
export function appendEvent<T extends EventType>(db: WriteDb, event: NewEvent<T>): void {
  const { version } = eventTypes[event.type];
  db.pending.events.push({ ...event, version, trace: db.pending.trace, time: new Date().toISOString() });
}

/** What an event changed of its subject: fields with their new values, null when the subject is gone, undefined when nothing changed. */
export type Changes = Readonly<Record<string, unknown>> | null | undefined;

/** Stores an event. Returns its sequence number. */
export function insertEvent(db: WriteDb, event: PendingEvent, changed: { changes: Changes; version: number }): number {
  const { changes, version } = changed;
  const { lastInsertRowid } = db.run(
    `INSERT INTO system_events
       (type, version, subject_type, subject_id, subject_name, actor, cause, trace, time, data, changes, state_version)
     VALUES
       (@type, @version, @subjectType, @subjectId, @subjectName, @actor, @cause, @trace, @time, @data, @changes, @stateVersion)`,
    {
      type: event.type,
      version: event.version,
      subjectType: event.subject.type,
      subjectId: event.subject.id,
      subjectName: event.subject.name,
      actor: JSON.stringify(event.actor),
      cause: event.cause === null ? null : JSON.stringify(event.cause),
      trace: event.trace,
      time: event.time,
      data: JSON.stringify(event.data),
      changes: changes === undefined ? null : JSON.stringify(changes),
      stateVersion: changes === undefined ? null : version,
    },
  );
  return lastInsertRowid;
}

function toEvent(row: EventRow): ClosEvent {
  return liftEvent({
    seq: row.seq,
    type: row.type,
    version: row.version,
    subject: { type: row.subject_type, id: row.subject_id, name: row.subject_name },
    actor: JSON.parse(row.actor),
    cause: row.cause === null ? null : JSON.parse(row.cause),
    trace: row.trace,
    time: row.time,
    data: JSON.parse(row.data),
  });
}

export interface EventFilter {
  limit: number;
  /** Oldest first unless said otherwise. */
  order?: Order;
  /** Events with a greater number. */
  after?: number;
  /** Events up to and with this number. */
  upTo?: number;
  types?: readonly string[] | undefined;
  /** The id of a subject. */
  subject?: string | undefined;
  /** The id of an actor. */
  actor?: string | undefined;
}

/**
 * Which events are wanted, as SQL that walks one index in the order of the answer: that of the subject, else of the actor, else of the
 * type, else of the numbers. The planner knows no frequencies, so a `+` keeps it from the other indexes.
 */
export function eventsQuery(filter: EventFilter): Query {
  const { limit, order = 'asc', after = 0, upTo = Number.MAX_SAFE_INTEGER, types = [], subject, actor } = filter;
  const named = Object.fromEntries(types.map((type, index) => [`type${index}`, type]));
  const parameters: Parameters = {
    limit,
    after,
    upTo,
    ...named,
    ...(subject === undefined ? {} : { subject }),
    ...(actor === undefined ? {} : { actor }),
  };
  const end = `AND seq > @after AND seq <= @upTo ORDER BY seq ${order} LIMIT @limit`;
  const oneOf = Object.keys(named).map((name) => `@${name}`);
  if (subject === undefined && actor === undefined && oneOf.length > 1) {
    // Each type's own walk ends after `limit` events; one walk for all of them would sort whatever there is.
    const walks = oneOf.map((name) => `SELECT seq FROM (SELECT seq FROM system_events WHERE type = ${name} ${end})`);
    const sql = `SELECT * FROM system_events WHERE seq IN (${walks.join(' UNION ALL ')}) ORDER BY seq ${order} LIMIT @limit`;
    return { sql, parameters };
  }
  const byType = oneOf.length > 1 ? `type IN (${oneOf})` : `type = ${oneOf[0]}`;
  const conditions = [
    ...(subject === undefined ? [] : ['subject_id = @subject']),
    ...(actor === undefined ? [] : [`${subject === undefined ? '' : '+'}(actor ->> '$.id') = @actor`]),
    ...(oneOf.length === 0 ? [] : [subject === undefined && actor === undefined ? byType : `+${byType}`]),
  ];
  return { sql: `SELECT * FROM system_events WHERE ${conditions.join(' AND ') || '1'} ${end}`, parameters };
}

/** The events that a filter wants, in its order. */
export function listEvents(db: ReadDb, filter: EventFilter): ClosEvent[] {
  const { sql, parameters } = eventsQuery(filter);
  return db.all<EventRow>(sql, parameters).map(toEvent);
}

/** The newest event of one type that a subject has, null when there is none. */
export function newestEvent(db: ReadDb, subjectId: string, type: EventType): ClosEvent | null {
  const row = db.get<EventRow>(
    'SELECT * FROM system_events WHERE subject_id = @subjectId AND type = @type ORDER BY seq DESC LIMIT 1',
    { subjectId, type },
  );
  return row === undefined ? null : toEvent(row);
}

/** The newest event of one subject; 0 when there is none. */
export function lastSeqOf(db: ReadDb, subjectId: string): number {
  return (
    db.get<{ seq: number | null }>('SELECT max(seq) AS seq FROM system_events WHERE subject_id = @subjectId', {
      subjectId,
    })?.seq ?? 0
  );
}

/** The newest sequence number, 0 before the first event. */
export function lastSeq(db: ReadDb): number {
  return db.get<{ seq: number | null }>('SELECT max(seq) AS seq FROM system_events')?.seq ?? 0;
}

/** True if the log holds the event of this number. Numbers follow one another without a gap, unless the log was restored. */
export function hasEvent(db: ReadDb, seq: number): boolean {
  return db.get('SELECT 1 FROM system_events WHERE seq = @seq', { seq }) !== undefined;
}

/** An event as JSON in UTF-8, the very bytes that a client gets. */
export interface EventText {
  seq: number;
  type: string;
  /** The id of its subject. */
  subject: string;
  json: Uint8Array;
}

/**
 * Events after a sequence number, in order, put together as JSON by SQLite, so that nothing is parsed on the way to a client.
 *
 * The columns `actor`, `cause` and `data` hold JSON already; the shape is that of `eventSchema`.
 */
export function listEventTexts(db: ReadDb, { after, limit }: { after: number; limit: number }): EventText[] {
  const rows = db.all<EventText & { version: number }>(
    `SELECT seq, type, version, subject_id AS subject, CAST(
       '{"seq":' || seq || ',"type":' || json_quote(type) || ',"version":' || version ||
       ',"subject":{"type":' || json_quote(subject_type) || ',"id":' || json_quote(subject_id) ||
       ',"name":' || json_quote(subject_name) || '},"actor":' || actor || ',"cause":' || coalesce(cause, 'null') ||
       ',"trace":' || json_quote(trace) || ',"time":' || json_quote(time) || ',"data":' || data || '}' AS BLOB) AS json
     FROM system_events WHERE seq > @after ORDER BY seq LIMIT @limit`,
    { after, limit },
  );
  return rows.map(({ version, json, ...event }) => {
    const { type } = event;
    const isOld = isEventType(type) && version < eventTypes[type].version;
    return { ...event, json: isOld ? Buffer.from(JSON.stringify(liftEvent(JSON.parse(String(json))))) : json };
  });
}

/** Whether the history can be read, as a line of `/readyz`. Never throws. */
export function checkEvents(db: ReadDb): { name: string; ok: boolean; detail: string } {
  try {
    return { name: 'core.db', ok: true, detail: `at event ${lastSeq(db)}` };
  } catch (error) {
    return { name: 'core.db', ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}
