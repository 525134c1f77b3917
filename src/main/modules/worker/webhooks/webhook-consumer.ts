import { setTimeout as pause } from 'node:timers/promises';
import type { ClosEvent } from '#shared/contract/events.ts';
import type { Delivery } from '#shared/contract/webhooks.ts';
import { consumerOf, deliveryId, type WebhookTarget } from '../../../database/webhooks.ts';
import type { Consumer, Effect, ReactionCall } from '../events/consumer.ts';
import type { PostOutcome } from './post.ts';
import { delayAfter, delayLeft, type RetrySchedule } from './retry.ts';

export interface WebhookDelivery {
  schedule: RetrySchedule;
  /** What is recorded of an earlier try, maybe of another run of this process. */
  findDelivery(webhookId: string, seq: number): Delivery | null;
  post(webhook: WebhookTarget, message: { id: string; body: string }, signal: AbortSignal): Promise<PostOutcome>;
}

/** A webhook is not told about itself: a failure that is told would be the next failure. */
function isWanted({ id, types, subjects }: WebhookTarget, { type, subject }: ClosEvent): boolean {
  if (subject.id === id) return false;
  return (types === null || types.includes(type)) && (subjects === null || subjects.includes(subject.id));
}

async function deliver(
  webhook: WebhookTarget,
  { event, signal, report }: { event: ClosEvent } & ReactionCall,
  { schedule, findDelivery, post }: WebhookDelivery,
): Promise<Effect> {
  const id = deliveryId(webhook.id, event);
  const body = JSON.stringify(event);
  const known = findDelivery(webhook.id, event.seq);
  let attempt = known?.attempts ?? 0;
  // Who has changed the webhook since wants to know at once whether it works now.
  if (known?.nextAttemptAt != null && known.lastAt > webhook.updatedAt) {
    await pause(delayLeft(known.nextAttemptAt, Date.now(), schedule), undefined, { signal, ref: false });
  }
  for (;;) {
    attempt += 1;
    const { retryAfterMs, ...outcome } = await post(webhook, { id, body }, signal);
    if (!outcome.delivered) signal.throwIfAborted();
    const gone = outcome.status === 410;
    const isLast = outcome.delivered || gone || attempt >= schedule.attempts;
    const delay = delayAfter({ attempt, retryAfterMs }, schedule, Math.random());
    const now = Date.now();
    const effect: Effect = {
      type: 'delivery',
      event: { type: event.type, time: event.time },
      attempt,
      ...outcome,
      gone,
      at: new Date(now).toISOString(),
      nextAttemptAt: isLast ? null : new Date(now + delay).toISOString(),
    };
    if (isLast) return effect;
    report(effect);
    await pause(delay, undefined, { signal, ref: false });
  }
}

/** A webhook as one who reacts to events: it has each of them posted, until the receiver has taken it or it is given up. */
export function webhookConsumer(webhook: WebhookTarget, delivery: WebhookDelivery): Consumer {
  return {
    name: consumerOf(webhook.id),
    seq: webhook.seq,
    generation: webhook.updatedAt,
    types: webhook.types,
    wants: (event) => isWanted(webhook, event),
    react: (event, call) => deliver(webhook, { event, ...call }, delivery),
  };
}
