import { setTimeout as delay } from 'node:timers/promises';
import type { Config, Keep } from '../config/config.ts';
import type { CoreDb } from './core-db.ts';
import { lastSeq } from './events.ts';
import type { ReadDb, WriteDb } from './handle.ts';
import { firstKeptSeq } from './history.ts';
import { seqBelowNewest } from './restored.ts';
import { trimEvents } from './trim-events.ts';

/** What one part of a sweep takes away: at most `limit` at once, until there is nothing more to take. */
type Step = (db: WriteDb, limit: number) => { removed: number; done: boolean };

export interface Trimmed {
  /** The oldest event that is left. */
  keptFrom: number;
  events: number;
  operations: number;
  conflicts: number;
  requests: number;
}

const dayMs = 24 * 3_600_000;

const daysAgo = (days: number): string => new Date(Date.now() - days * dayMs).toISOString();

/** Events go from the oldest on, as long as they are too old or too many. */
function eventStep(db: ReadDb, keep: Keep): Step {
  const tooMany = seqBelowNewest(db, keep.maxCount);
  const mayGo = Math.min(seqBelowNewest(db, keep.always), lastSeq(db) - 1);
  const old = daysAgo(keep.maxAgeDays);
  return (write, limit) => {
    const oldest = write.all<{ seq: number; time: string }>(
      'SELECT seq, time FROM system_events ORDER BY seq LIMIT @limit',
      { limit },
    );
    const stays = oldest.findIndex(({ seq, time }) => seq > tooMany && (seq > mayGo || time > old));
    const going = stays < 0 ? oldest : oldest.slice(0, stays);
    const last = going.at(-1);
    if (last !== undefined) trimEvents(write, last.seq + 1);
    return { removed: going.length, done: stays >= 0 || last === undefined };
  };
}

/** A table whose rows end, and go from the oldest on. Ids are in the order of their making, whatever the clock did. */
interface Ending {
  table: 'service_operations' | 'port_conflicts' | 'audit';
  endedAt: 'finished_at' | 'closed_at' | 'time';
  remove(db: WriteDb, id: string): void;
}

function endedStep(db: ReadDb, keep: Keep, { table, endedAt, remove }: Ending): Step {
  const idBelowNewest = (count: number) =>
    db.get<{ id: string }>(`SELECT id FROM ${table} ORDER BY id DESC LIMIT 1 OFFSET @count`, { count })?.id ?? '';
  const tooMany = idBelowNewest(keep.maxCount);
  const mayGo = idBelowNewest(keep.always);
  const old = daysAgo(keep.maxAgeDays);
  let position = '';
  return (write, limit) => {
    const rows = write.all<{ id: string; ended: string | null }>(
      `SELECT id, ${endedAt} AS ended FROM ${table} WHERE id > @position ORDER BY id LIMIT @limit`,
      { position, limit },
    );
    position = rows.at(-1)?.id ?? position;
    const ended = rows.filter((row) => row.ended !== null);
    const going = ended.filter((row) => row.id <= tooMany || (row.id <= mayGo && String(row.ended) <= old));
    for (const { id } of going) remove(write, id);
    return { removed: going.length, done: rows.length < limit || going.length < ended.length };
  };
}

const operations: Ending = {
  table: 'service_operations',
  endedAt: 'finished_at',
  remove: (db, id) => db.run('DELETE FROM service_operations WHERE id = @id', { id }),
};

const conflicts: Ending = {
  table: 'port_conflicts',
  endedAt: 'closed_at',
  remove(db, id) {
    db.run('DELETE FROM port_conflicts WHERE id = @id', { id });
    db.run('DELETE FROM states WHERE subject_id = @id', { id });
    // What it was can be asked for as long as its events are there.
    db.run(
      `DELETE FROM snapshots WHERE subject_id = @id
         AND NOT EXISTS (SELECT 1 FROM system_events WHERE subject_id = @id AND changes IS NOT NULL)`,
      { id },
    );
  },
};

/** What the audit log says of a request, which was over when it was written. */
const requests: Ending = {
  table: 'audit',
  endedAt: 'time',
  remove: (db, id) => db.run('DELETE FROM audit WHERE id = @id', { id }),
};

/** What is only kept so that a repetition is recognised: a day. One from the future was made while the clock was wrong. */
function repetitionStep(table: 'facts' | 'idempotency_keys'): Step {
  const [key, time] = table === 'facts' ? ['id', 'seen'] : ['rowid', 'created_at'];
  const [old, future] = [daysAgo(1), daysAgo(-1)];
  return (db, limit) => {
    const { changes } = db.run(
      `DELETE FROM ${table} WHERE ${key} IN (SELECT ${key} FROM ${table} ORDER BY ${key} LIMIT @limit)
         AND (${time} < @old OR ${time} > @future)`,
      { limit, old, future },
    );
    return { removed: changes, done: changes < limit };
  };
}

/** An undo is offered for a day: what it would put back may hold an environment, and after a night nobody means it any more. */
function undoStep(): Step {
  const old = daysAgo(1);
  let position = '';
  return (db, limit) => {
    const last = db.get<{ id: string | null }>(
      'SELECT max(id) AS id FROM (SELECT id FROM service_operations WHERE id > @position ORDER BY id LIMIT @limit)',
      { position, limit },
    )?.id;
    if (last == null) return { removed: 0, done: true };
    const { changes } = db.run(
      `UPDATE service_operations SET undo = NULL
       WHERE id > @position AND id <= @last AND undo IS NOT NULL AND finished_at < @old`,
      { position, last, old },
    );
    position = last;
    return { removed: changes, done: false };
  };
}

/** The row of a deleted service is only there for its history. */
function deletedServiceStep(): Step {
  let position = '';
  return (db, limit) => {
    const rows = db.all<{ id: string; deleted: number }>(
      'SELECT id, deleted_at IS NOT NULL AS deleted FROM services WHERE id > @position ORDER BY id LIMIT @limit',
      { position, limit },
    );
    position = rows.at(-1)?.id ?? position;
    for (const { id } of rows.filter(({ deleted }) => deleted === 1)) {
      db.run(
        `DELETE FROM services WHERE id = @id
           AND NOT EXISTS (SELECT 1 FROM snapshots WHERE subject_id = @id)
           AND NOT EXISTS (SELECT 1 FROM system_events WHERE subject_id = @id)
           AND NOT EXISTS (SELECT 1 FROM port_conflicts WHERE service_id = @id)`,
        { id },
      );
    }
    return { removed: 0, done: rows.length < limit };
  };
}

/** So long one part may hold the loop; others have it for as long in between. */
const sliceMs = 8;

/** Repeats a step until it has nothing more to take, in transactions that are small enough to hold nobody up. */
async function take(db: CoreDb, step: Step, signal: AbortSignal): Promise<number> {
  let removed = 0;
  for (let limit = 16; !signal.aborted; ) {
    let spent = 0;
    const taken = await db.commit((write) => {
      const began = performance.now();
      const result = step(write, limit);
      spent = performance.now() - began;
      return result;
    });
    removed += taken.removed;
    if (taken.done) break;
    // Down at once, up slowly: a part of the log that changes many subjects takes longer.
    limit = spent > sliceMs / 2 ? Math.max(4, limit >> 1) : Math.min(2048, limit + (limit >> 2));
    await delay(sliceMs);
  }
  return removed;
}

/** Takes away what is older, or more, than is kept. Cut off anywhere, it has done a part. */
export async function sweep(db: CoreDb, keep: Config['history'], signal: AbortSignal): Promise<Trimmed> {
  const events = await take(db, eventStep(db.read, keep.events), signal);
  const ended = {
    operations: await take(db, endedStep(db.read, keep.operations, operations), signal),
    conflicts: await take(db, endedStep(db.read, keep.conflicts, conflicts), signal),
    requests: await take(db, endedStep(db.read, keep.audit, requests), signal),
  };
  for (const step of [repetitionStep('facts'), repetitionStep('idempotency_keys'), undoStep(), deletedServiceStep()]) {
    await take(db, step, signal);
  }
  return { keptFrom: firstKeptSeq(db.read), events, ...ended };
}
