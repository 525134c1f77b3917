import { newId } from '#shared/base/ids.ts';
import { type Conflict, type DetectedConflict, resolveCommand } from '#shared/contract/conflicts.ts';
import type { ReadDb, WriteDb } from './handle.ts';
import { type Query, type Range, walk } from './walk.ts';

interface Row {
  id: string;
  state: Conflict['state'];
  detected_at: string;
  closed_at: string | null;
  detail: string;
}

function toConflict(row: Row): Conflict {
  return {
    id: row.id,
    ...(JSON.parse(row.detail) as DetectedConflict),
    state: row.state,
    detectedAt: row.detected_at,
    closedAt: row.closed_at,
  };
}

export function findConflict(db: ReadDb, id: string): Conflict | null {
  const row = db.get<Row>('SELECT * FROM port_conflicts WHERE id = @id', { id });
  return row === undefined ? null : toConflict(row);
}

export interface ConflictFilter extends Range {
  state?: Conflict['state'] | undefined;
  kind?: Conflict['kind'] | undefined;
  /** The id of a service. */
  service?: string | undefined;
}

/** Which conflicts are wanted, as SQL that walks one index in the order of the answer: that of the service, the state, or the ids. */
export function conflictsQuery({ limit, order, from, state, kind, service }: ConflictFilter): Query {
  return walk('port_conflicts', {
    limit,
    order,
    from,
    where: [
      { sql: 'service_id = @service', value: { service } },
      { sql: 'state = @state', value: { state } },
      { sql: '+kind = @kind', value: { kind } },
    ],
  });
}

/** In the order of their ids, which is that of time. */
export function listConflicts(db: ReadDb, filter: ConflictFilter): Conflict[] {
  const { sql, parameters } = conflictsQuery(filter);
  return db.all<Row>(sql, parameters).map(toConflict);
}

export function openConflictsOf(db: ReadDb, serviceId: string): Conflict[] {
  return db
    .all<Row>("SELECT * FROM port_conflicts WHERE service_id = @serviceId AND state = 'open' ORDER BY id", {
      serviceId,
    })
    .map(toConflict);
}

/** The ids of the open conflicts of each service that has any. */
export function listOpenConflictIds(db: ReadDb): Map<string, string[]> {
  const rows = db.all<{ service_id: string; ids: string }>(
    `SELECT service_id, group_concat(id) AS ids FROM (SELECT service_id, id FROM port_conflicts
       WHERE state = 'open' AND service_id IS NOT NULL ORDER BY id) GROUP BY service_id`,
  );
  return new Map(rows.map(({ service_id, ids }) => [service_id, ids.split(',')]));
}

export function countOpenConflicts(db: ReadDb): number {
  return db.get<{ n: number }>("SELECT count(*) AS n FROM port_conflicts WHERE state = 'open'")?.n ?? 0;
}

/** With its id, now that it has one, in the commands of its options. */
function withCommands(conflict: DetectedConflict, id: string): DetectedConflict {
  const options = conflict.options.map((option) => ({ ...option, command: resolveCommand(id, option.id) }));
  return { ...conflict, options };
}

/** Records a conflict, or renews the open one that is `known`. */
export function putConflict(db: WriteDb, detected: DetectedConflict, known: Conflict | null): Conflict {
  const { serviceId } = detected.wanted;
  const id = known?.id ?? newId('cfl');
  const detectedAt = known?.detectedAt ?? new Date().toISOString();
  const detail = withCommands(detected, id);
  db.pending.renewed.add('conflict');
  db.run(
    `INSERT INTO port_conflicts (id, service_id, endpoint_id, kind, state, detected_at, detail)
     VALUES (@id, @serviceId, NULL, @kind, 'open', @detectedAt, @detail)
     ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, detail = excluded.detail`,
    { id, serviceId, kind: detected.kind, detectedAt, detail: JSON.stringify(detail) },
  );
  return { id, ...detail, state: 'open', detectedAt, closedAt: null };
}

export function closeConflict(db: WriteDb, id: string, state: 'resolved' | 'cleared'): void {
  db.run('UPDATE port_conflicts SET state = @state, closed_at = @now WHERE id = @id', {
    id,
    state,
    now: new Date().toISOString(),
  });
}
