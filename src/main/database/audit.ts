import type { AuditEntry } from '#shared/contract/audit.ts';
import type { ReadDb, WriteDb } from './handle.ts';
import { type Query, type Range, walk } from './walk.ts';

interface Row extends Omit<AuditEntry, 'actor' | 'source'> {
  actor: string;
  source: string;
}

export interface AuditFilter extends Range {
  /** The id of an actor. */
  actor?: string | undefined;
  action?: string | undefined;
  subject?: string | undefined;
  outcome?: 'done' | 'refused' | 'failed' | undefined;
  trace?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
}

const statuses = { done: '+status < 400', refused: '+status BETWEEN 400 AND 499', failed: '+status >= 500' } as const;

export function insertAudit(db: WriteDb, entry: AuditEntry): void {
  db.run(
    `INSERT INTO audit (id, time, actor, action, subject, method, path, status, code, trace, source, ms)
     VALUES (@id, @time, @actor, @action, @subject, @method, @path, @status, @code, @trace, @source, @ms)`,
    { ...entry, actor: JSON.stringify(entry.actor), source: JSON.stringify(entry.source) },
  );
}

/** Which requests are wanted, as SQL that walks one index: that of the request, the actor, or the ids. */
export function auditQuery({ limit, order, from, outcome, trace, actor, ...rest }: AuditFilter): Query {
  const { action, subject, since, until } = rest;
  return walk('audit', {
    limit,
    order,
    from,
    where: [
      { sql: 'trace = @trace', value: { trace } },
      { sql: "(actor ->> '$.id') = @actor", value: { actor } },
      { sql: '+action = @action', value: { action } },
      { sql: '+subject = @subject', value: { subject } },
      { sql: '+time >= @since', value: { since } },
      { sql: '+time <= @until', value: { until } },
      ...(outcome === undefined ? [] : [{ sql: statuses[outcome], value: {} }]),
    ],
  });
}

/** In the order of their ids, which is that of time. */
export function listAudit(db: ReadDb, filter: AuditFilter): AuditEntry[] {
  const { sql, parameters } = auditQuery(filter);
  return db.all<Row>(sql, parameters).map((row) => ({
    ...row,
    actor: JSON.parse(row.actor),
    source: JSON.parse(row.source),
  }));
}
