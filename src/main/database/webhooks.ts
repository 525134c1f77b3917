import { newId } from '#shared/base/ids.ts';
import type { Delivery, Webhook } from '#shared/contract/webhooks.ts';
import { deleteCursor, putCursor } from './event-cursors.ts';
import type { ReadDb, WriteDb } from './handle.ts';

/** What is kept of the deliveries of one webhook; the oldest give way. */
const keptDeliveries = 500;

/** A webhook as those who deliver need it. The secret never leaves this machine. */
export interface WebhookTarget {
  id: string;
  url: string;
  types: string[] | null;
  subjects: string[] | null;
  secret: string;
  enabled: boolean;
  /** Events up to this one are done. */
  seq: number;
  updatedAt: string;
}

export interface WebhookSettings {
  url: string;
  types: readonly string[] | null;
  subjects: readonly string[] | null;
  secret: string;
  enabled: boolean;
}

interface Row {
  id: string;
  url: string;
  types: string | null;
  subjects: string | null;
  secret: string;
  enabled: 0 | 1;
  disabled_reason: string | null;
  given_up: number;
  created_at: string;
  updated_at: string;
  cursor: number;
}

interface DeliveryRow {
  webhook_id: string;
  seq: number;
  type: string;
  time: string;
  state: Delivery['state'];
  attempts: number;
  status: number | null;
  reason: string | null;
  first_at: string;
  last_at: string;
  next_attempt_at: string | null;
}

const select = `SELECT webhooks.*, event_cursors.seq AS cursor FROM webhooks
  JOIN event_cursors ON event_cursors.consumer = 'webhook:' || webhooks.id`;

/** The name under which the cursor of a webhook is kept. */
export function consumerOf(webhookId: string): string {
  return `webhook:${webhookId}`;
}

/** The webhook of a consumer; null where it is another kind of one. */
export function webhookOf(consumer: string): string | null {
  return consumer.startsWith('webhook:') ? consumer.slice('webhook:'.length) : null;
}

/**
 * Made of what is delivered and to whom, so it is the same at every attempt, whatever crashed in between. The time is in it because
 * the numbers begin anew where a restored backup ends, and another event must not pass for one that was delivered.
 */
export function deliveryId(webhookId: string, { seq, time }: { seq: number; time: string }): string {
  return `${webhookId}-${seq}-${Date.parse(time).toString(36)}`;
}

function parseList(text: string | null): string[] | null {
  return text === null ? null : JSON.parse(text);
}

function toTarget(row: Row): WebhookTarget {
  return {
    id: row.id,
    url: row.url,
    types: parseList(row.types),
    subjects: parseList(row.subjects),
    secret: row.secret,
    enabled: row.enabled === 1,
    seq: row.cursor,
    updatedAt: row.updated_at,
  };
}

function toDelivery(row: DeliveryRow): Delivery {
  return {
    id: deliveryId(row.webhook_id, row),
    seq: row.seq,
    type: row.type,
    time: row.time,
    state: row.state,
    attempts: row.attempts,
    status: row.status,
    reason: row.reason,
    firstAt: row.first_at,
    lastAt: row.last_at,
    nextAttemptAt: row.next_attempt_at,
  };
}

function toWebhook(db: ReadDb, row: Row): Webhook {
  const { secret: _secret, updatedAt, ...shown } = toTarget(row);
  const [lastDelivery = null] = listDeliveries(db, { webhookId: row.id, order: 'desc', limit: 1 });
  return { ...shown, disabledReason: row.disabled_reason, lastDelivery, createdAt: row.created_at, updatedAt };
}

export function listWebhooks(db: ReadDb): Webhook[] {
  return db.all<Row>(`${select} ORDER BY webhooks.id`).map((row) => toWebhook(db, row));
}

export function findWebhook(db: ReadDb, id: string): Webhook | null {
  const row = db.get<Row>(`${select} WHERE webhooks.id = @id`, { id });
  return row === undefined ? null : toWebhook(db, row);
}

export function findWebhookTarget(db: ReadDb, id: string): WebhookTarget | null {
  const row = db.get<Row>(`${select} WHERE webhooks.id = @id`, { id });
  return row === undefined ? null : toTarget(row);
}

/** The webhooks that want events now. */
export function listWebhookTargets(db: ReadDb): WebhookTarget[] {
  return db.all<Row>(`${select} WHERE webhooks.enabled = 1 ORDER BY webhooks.id`).map(toTarget);
}

function columnsOf({ url, types, subjects, secret, enabled }: WebhookSettings) {
  return {
    url,
    types: types === null ? null : JSON.stringify(types),
    subjects: subjects === null ? null : JSON.stringify(subjects),
    secret,
    enabled: enabled ? 1 : 0,
    now: new Date().toISOString(),
  };
}

/** Adds a webhook that begins after the event with the number `after`. Returns its id. */
export function insertWebhook(db: WriteDb, settings: WebhookSettings, after: number): string {
  const id = newId('whk');
  db.run(
    `INSERT INTO webhooks (id, url, types, subjects, secret, enabled, created_at, updated_at)
     VALUES (@id, @url, @types, @subjects, @secret, @enabled, @now, @now)`,
    { id, ...columnsOf(settings) },
  );
  putCursor(db, consumerOf(id), after);
  return id;
}

/** Whoever changes it has seen how it did: what was given up until now counts no more. */
export function updateWebhook(db: WriteDb, id: string, settings: WebhookSettings): void {
  db.run(
    `UPDATE webhooks SET url = @url, types = @types, subjects = @subjects, secret = @secret, enabled = @enabled,
       disabled_reason = iif(@enabled = 1, NULL, disabled_reason), given_up = 0, updated_at = @now WHERE id = @id`,
    { id, ...columnsOf(settings) },
  );
}

export function disableWebhook(db: WriteDb, id: string, reason: string): void {
  db.run('UPDATE webhooks SET enabled = 0, disabled_reason = @reason, updated_at = @now WHERE id = @id', {
    id,
    reason,
    now: new Date().toISOString(),
  });
}

export function deleteWebhook(db: WriteDb, id: string): void {
  deleteCursor(db, consumerOf(id));
  db.run('DELETE FROM webhooks WHERE id = @id', { id });
}

/** Counts one more delivery that was given up, or none any more. Returns how many there are in a row. */
export function countGivenUp(db: WriteDb, id: string, outcome: 'delivered' | 'failed'): number {
  const next = outcome === 'failed' ? 'given_up + 1' : '0';
  db.run(`UPDATE webhooks SET given_up = ${next} WHERE id = @id`, { id });
  return db.get<{ n: number }>('SELECT given_up AS n FROM webhooks WHERE id = @id', { id })?.n ?? 0;
}

export interface DeliveryFilter {
  webhookId: string;
  limit: number;
  order: 'asc' | 'desc';
  /** The number of the event that the page before ended with. */
  from?: number | undefined;
  state?: Delivery['state'] | undefined;
}

/** In the order of the events. */
export function listDeliveries(db: ReadDb, { webhookId, limit, order, from, state }: DeliveryFilter): Delivery[] {
  const conditions = [
    'webhook_id = @webhookId',
    ...(from === undefined ? [] : [`seq ${order === 'asc' ? '>' : '<'} @from`]),
    ...(state === undefined ? [] : ['state = @state']),
  ];
  return db
    .all<DeliveryRow>(
      `SELECT * FROM webhook_deliveries WHERE ${conditions.join(' AND ')} ORDER BY seq ${order} LIMIT @limit`,
      { webhookId, limit, ...(from === undefined ? {} : { from }), ...(state === undefined ? {} : { state }) },
    )
    .map(toDelivery);
}

export function findDelivery(db: ReadDb, webhookId: string, seq: number): Delivery | null {
  const row = db.get<DeliveryRow>('SELECT * FROM webhook_deliveries WHERE webhook_id = @webhookId AND seq = @seq', {
    webhookId,
    seq,
  });
  return row === undefined ? null : toDelivery(row);
}

/** Records what came of the newest attempt at a delivery. */
export function putDelivery(
  db: WriteDb,
  webhookId: string,
  delivery: Omit<Delivery, 'id' | 'firstAt' | 'nextAttemptAt'> & { nextAttemptAt: string | null },
): void {
  db.run(
    `INSERT INTO webhook_deliveries
       (webhook_id, seq, type, time, state, attempts, status, reason, first_at, last_at, next_attempt_at)
     VALUES (@webhookId, @seq, @type, @time, @state, @attempts, @status, @reason, @lastAt, @lastAt, @nextAttemptAt)
     ON CONFLICT (webhook_id, seq) DO UPDATE SET state = excluded.state, attempts = excluded.attempts,
       status = excluded.status, reason = excluded.reason, last_at = excluded.last_at,
       next_attempt_at = excluded.next_attempt_at`,
    { webhookId, ...delivery },
  );
  db.run(
    `DELETE FROM webhook_deliveries WHERE webhook_id = @webhookId AND seq <=
       (SELECT seq FROM webhook_deliveries WHERE webhook_id = @webhookId ORDER BY seq DESC LIMIT 1 OFFSET ${keptDeliveries})`,
    { webhookId },
  );
}
