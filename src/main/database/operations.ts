import type { Operation } from '#shared/contract/operations.ts';
import type { ReadDb, WriteDb } from './handle.ts';
import { type Query, type Range, walk } from './walk.ts';

interface Row {
  id: string;
  type: Operation['type'];
  subject_type: Operation['subject']['type'];
  subject_id: string;
  subject_name: string | null;
  actor: string;
  status: Operation['status'];
  progress: number;
  steps: string;
  conflicts: string;
  error: string | null;
  started_at: string;
  finished_at: string | null;
  undo: string | null;
}

/** The ports and the life of a service as they were. */
export interface ServiceBefore {
  serviceId: string;
  name: string;
  up: boolean;
  waits: boolean;
  endpoints: Array<{ name: string; address: string; lease: { port: number; address: string; reason: string } | null }>;
}

/** One thing that puts back what an operation changed. They are carried out in the order of the list. */
export type Inverse =
  | { type: 'restore-service'; before: ServiceBefore }
  /** `definition`: of a container that its engine removes as soon as it stops, and that has to be made anew. */
  | { type: 'start-container'; containerId: string; name: string; definition: unknown }
  | { type: 'start-process'; name: string; command: string[]; cwd: string; env: Record<string, string> }
  | { type: 'forget-service'; serviceId: string; name: string };

function toOperation(row: Row): Operation {
  return {
    id: row.id,
    type: row.type,
    subject: { type: row.subject_type, id: row.subject_id, name: row.subject_name },
    actor: JSON.parse(row.actor),
    status: row.status,
    dryRun: false,
    progress: row.progress,
    steps: JSON.parse(row.steps),
    conflicts: JSON.parse(row.conflicts),
    error: row.error === null ? null : JSON.parse(row.error),
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    undoable: row.undo !== null && row.finished_at !== null,
  };
}

/** The newest id of each kind that lists are in the order of. */
export function newestIds(db: ReadDb): string[] {
  return ['services', 'service_operations', 'port_conflicts'].flatMap(
    (table) => db.get<{ id: string | null }>(`SELECT max(id) AS id FROM ${table}`)?.id ?? [],
  );
}

export function findOperation(db: ReadDb, id: string): Operation | null {
  const row = db.get<Row>('SELECT * FROM service_operations WHERE id = @id', { id });
  return row === undefined ? null : toOperation(row);
}

export interface OperationFilter extends Range {
  /** The id of a subject. */
  subject?: string | undefined;
  /** The id of an actor. */
  actor?: string | undefined;
  status?: Operation['status'] | undefined;
  type?: Operation['type'] | undefined;
}

/** Which operations are wanted, as SQL that walks one index: that of the subject, the actor, the type, the status, or the ids. */
export function operationsQuery({ limit, order, from, subject, actor, status, type }: OperationFilter): Query {
  return walk('service_operations', {
    limit,
    order,
    from,
    where: [
      { sql: 'subject_id = @subject', value: { subject } },
      { sql: "(actor ->> '$.id') = @actor", value: { actor } },
      { sql: 'type = @type', value: { type } },
      { sql: 'status = @status', value: { status } },
    ],
  });
}

/** In the order of their ids, which is that of time. */
export function listOperations(db: ReadDb, filter: OperationFilter): Operation[] {
  const { sql, parameters } = operationsQuery(filter);
  return db.all<Row>(sql, parameters).map(toOperation);
}

/** What a crash left open. */
export function unfinishedOperations(db: ReadDb): Operation[] {
  return db
    .all<Row>("SELECT * FROM service_operations WHERE status IN ('pending', 'running') ORDER BY id")
    .map(toOperation);
}

/** How to put back what an operation changed; null when there is nothing to put back. Holds environments: never show it. */
export function undoOf(db: ReadDb, id: string): Inverse[] | null {
  const row = db.get<{ undo: string | null }>('SELECT undo FROM service_operations WHERE id = @id', { id });
  return row?.undo == null ? null : JSON.parse(row.undo);
}

/** Stores how to put back what an operation changes, or that there is nothing (any more). */
export function setUndo(db: WriteDb, id: string, undo: readonly Inverse[] | null): void {
  db.run('UPDATE service_operations SET undo = @undo WHERE id = @id', {
    id,
    undo: undo === null || undo.length === 0 ? null : JSON.stringify(undo),
  });
}

export function putOperation(db: WriteDb, operation: Operation): void {
  db.run(
    `INSERT INTO service_operations (id, type, subject_type, subject_id, subject_name, actor, status, progress, steps,
                                     conflicts, error, started_at, finished_at)
     VALUES (@id, @type, @subjectType, @subjectId, @subjectName, @actor, @status, @progress, @steps,
             @conflicts, @error, @startedAt, @finishedAt)
     ON CONFLICT (id) DO UPDATE SET
       status = excluded.status, progress = excluded.progress, steps = excluded.steps, conflicts = excluded.conflicts,
       error = excluded.error, finished_at = excluded.finished_at`,
    {
      id: operation.id,
      type: operation.type,
      subjectType: operation.subject.type,
      subjectId: operation.subject.id,
      subjectName: operation.subject.name,
      actor: JSON.stringify(operation.actor),
      status: operation.status,
      progress: operation.progress,
      steps: JSON.stringify(operation.steps),
      conflicts: JSON.stringify(operation.conflicts),
      error: operation.error === null ? null : JSON.stringify(operation.error),
      startedAt: operation.startedAt,
      finishedAt: operation.finishedAt,
    },
  );
}
