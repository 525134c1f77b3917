import type { Attempt, Webhook } from '#shared/contract/webhooks.ts';
import type { Paint } from './style.ts';
import { type Column, renderTable } from './table.ts';
import { ago } from './time.ts';

function stateText({ enabled, disabledReason, lastDelivery }: Webhook): string {
  if (!enabled) return disabledReason === null ? 'off' : `off: ${disabledReason}`;
  return lastDelivery?.state === 'retrying' ? `retries: ${lastDelivery.reason ?? ''}` : 'on';
}

function lastText({ lastDelivery }: Webhook, now: number): string {
  if (lastDelivery === null) return 'nothing yet';
  const { state, seq, lastAt } = lastDelivery;
  return `${state === 'delivered' ? '' : `${state} `}${seq}, ${ago(lastAt, now)}`;
}

/** Who is told of events, a line each. */
export function renderWebhooks(
  webhooks: readonly Webhook[],
  view: { width: number | null; paint: Paint; now: number },
): string[] {
  const columns: ReadonlyArray<Column<Webhook>> = [
    { title: 'WEBHOOK', value: ({ id }) => id },
    { title: 'URL', value: ({ url }) => url, shrinksTo: 20 },
    { title: 'TYPES', value: ({ types }) => types?.join(', ') ?? 'all', shrinksTo: 12, yields: 2 },
    {
      title: 'STATE',
      value: stateText,
      shrinksTo: 12,
      paint: (webhook, text) =>
        webhook.enabled && webhook.lastDelivery?.state !== 'retrying' ? text : view.paint('yellow', text),
    },
    { title: 'LAST EVENT', value: (webhook) => lastText(webhook, view.now), yields: 1 },
  ];
  return renderTable(webhooks, columns, view);
}

export function attemptText({ delivered, status, reason }: Attempt): string {
  return delivered ? `It was taken: HTTP ${status ?? ''}.` : `It was not taken. ${reason ?? ''}`;
}
