import type { Reaction } from '#shared/contract/internal.ts';
import type { Webhook } from '#shared/contract/webhooks.ts';
import { findCursor, putCursor } from '../../../database/event-cursors.ts';
import { appendEvent } from '../../../database/events.ts';
import type { WriteDb } from '../../../database/handle.ts';
import {
  countGivenUp,
  disableWebhook,
  findDelivery,
  findWebhook,
  putDelivery,
  webhookOf,
} from '../../../database/webhooks.ts';
import type { Provenance } from '../access/actors.ts';

type DeliveryEffect = NonNullable<Reaction['effect']>;

/** So many deliveries in a row that were given up disable a webhook. */
const giveUpsAllowed = 2;

export function webhookSubject({ id, url }: Pick<Webhook, 'id' | 'url'>) {
  return { type: 'webhook' as const, id, name: url };
}

function tellFailure(write: WriteDb, webhook: Webhook, told: { seq: number; effect: DeliveryEffect } & Provenance) {
  const { seq, effect, actor, cause } = told;
  const reason = effect.reason ?? 'unknown';
  const common = { subject: webhookSubject(webhook), actor, cause };
  appendEvent(write, {
    ...common,
    type: 'webhook.delivery-failed',
    data: { seq, type: effect.event.type, attempts: effect.attempt, reason },
  });
  const inARow = countGivenUp(write, webhook.id, 'failed');
  if (!webhook.enabled || (!effect.gone && inARow < giveUpsAllowed)) return;
  const why = effect.gone
    ? 'The receiver answered HTTP 410: it wants no more events.'
    : `${inARow} deliveries in a row were given up. The last time: ${reason}`;
  disableWebhook(write, webhook.id, why);
  appendEvent(write, { ...common, type: 'webhook.disabled', data: { reason: why } });
}

function applyDelivery(
  write: WriteDb,
  webhook: Webhook,
  { seq, done, ...told }: Omit<Reaction, 'effect'> & { effect: DeliveryEffect } & Provenance,
): void {
  const { effect } = told;
  const known = findDelivery(write, webhook.id, seq)?.attempts ?? 0;
  // An attempt that is known already, of a worker that did not hear that it was recorded.
  if (!done && known >= effect.attempt) return;
  const state = effect.delivered ? 'delivered' : done ? 'failed' : 'retrying';
  putDelivery(write, webhook.id, {
    seq,
    ...effect.event,
    state,
    attempts: Math.max(known, effect.attempt),
    status: effect.status,
    reason: effect.reason,
    lastAt: effect.at,
    nextAttemptAt: effect.nextAttemptAt,
  });
  if (state === 'delivered') countGivenUp(write, webhook.id, 'delivered');
  if (state === 'failed') tellFailure(write, webhook, { seq, ...told });
}

/**
 * Records a report of somebody who reacts to events: what was done, and that the cursor moves, in one transaction. Anything about an
 * event at or before the cursor was recorded before, or is of no interest any more. True when it counted.
 */
export function applyReaction(write: WriteDb, reaction: Reaction, who: Provenance): boolean {
  const { consumer, seq, done, effect } = reaction;
  const cursor = findCursor(write, consumer);
  if (cursor === null || seq <= cursor) return false;
  const webhookId = webhookOf(consumer);
  const webhook = webhookId === null ? null : findWebhook(write, webhookId);
  if (effect !== null && webhook !== null) applyDelivery(write, webhook, { ...reaction, effect, ...who });
  if (done) putCursor(write, consumer, seq);
  return true;
}
