import type { AuditEntry } from '#shared/contract/audit.ts';
import type { ReadDb, WriteDb } from './handle.ts';

interface Row extends Omit<AuditEntry, 'actor' | 'source'> {
  actor: string;
  source: string;
}

export interface AuditFilter {
  actor?: string | undefined;
  action?: string | undefined;
  subject?: string | undefined;
  outcome?: 'done' | 'refused' | 'failed' | undefined;
  trace?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
}

const conditions = {
  actor: "(actor ->> '$.id' = @actor OR actor ->> '$.name' = @actor)",
  action: 'action = @action',
  subject: 'subject = @subject',
  trace: 'trace = @trace',
  since: 'time >= @since',
  until: 'time <= @until',
} as const;
const statuses = { done: 'status < 400', refused: 'status BETWEEN 400 AND 499', failed: 'status >= 500' } as const;

export function insertAudit(db: WriteDb, entry: AuditEntry): void {
  db.run(
    `INSERT INTO audit (id, time, actor, action, subject, method, path, status, code, trace, source, ms)
     VALUES (@id, @time, @actor, @action, @subject, @method, @path, @status, @code, @trace, @source, @ms)`,
    { ...entry, actor: JSON.stringify(entry.actor), source: JSON.stringify(entry.source) },
  );
}

/** Newest first from before the id `before`, or oldest first from after the id `after`. */
export function listAudit(
  db: ReadDb,
  { limit, ...page }: { limit: number } & ({ before: string | undefined } | { after: string }),
  { outcome, ...filter }: AuditFilter,
): AuditEntry[] {
  const given = Object.entries(filter).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const clauses = given.map(([name]) => conditions[name as keyof typeof conditions]);
  if (outcome !== undefined) clauses.push(statuses[outcome] as never);
  const isForward = 'after' in page;
  const position = isForward ? page.after : page.before;
  if (position !== undefined) clauses.push((isForward ? 'id > @position' : 'id < @position') as never);
  const where = clauses.length === 0 ? '' : `WHERE ${clauses.join(' AND ')}`;
  return db
    .all<Row>(`SELECT * FROM audit ${where} ORDER BY id ${isForward ? 'ASC' : 'DESC'} LIMIT @limit`, {
      ...Object.fromEntries(given),
      limit,
      ...(position === undefined ? {} : { position }),
    })
    .map((row) => ({ ...row, actor: JSON.parse(row.actor), source: JSON.parse(row.source) }));
}
