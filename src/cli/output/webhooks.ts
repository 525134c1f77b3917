import type { Attempt, Delivery, Webhook } from '#shared/contract/webhooks.ts';
import type { Paint } from './style.ts';
import { type Column, renderTable } from './table.ts';
import { ago, clockTime } from './time.ts';

function stateText({ enabled, disabledReason, lastDelivery }: Webhook): string {
  if (!enabled) return disabledReason === null ? 'off' : `off: ${disabledReason}`;
  return lastDelivery?.state === 'retrying' ? `retries: ${lastDelivery.reason ?? ''}` : 'on';
}

function lastText({ lastDelivery }: Webhook, now: number): string {
  if (lastDelivery === null) return 'nothing yet';
  const { state, seq, lastAt } = lastDelivery;
  return `${state === 'delivered' ? '' : `${state} `}${seq}, ${ago(lastAt, now)}`;
}

interface View {
  width: number | null;
  paint: Paint;
  now: number;
}

/** Who is told of events, a line each. */
export function renderWebhooks(webhooks: readonly Webhook[], view: View): string[] {
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

function outcomeText({ state, status, reason }: Delivery): string {
  return state === 'delivered' ? `delivered, HTTP ${status ?? ''}` : `${state}: ${reason ?? ''}`;
}

/** What came of deliveries, a line each. */
export function renderDeliveries(deliveries: readonly Delivery[], view: View): string[] {
  const columns: ReadonlyArray<Column<Delivery>> = [
    { title: 'EVENT', value: ({ seq }) => String(seq) },
    { title: 'TYPE', value: ({ type }) => type, shrinksTo: 16 },
    {
      title: 'OUTCOME',
      value: outcomeText,
      shrinksTo: 20,
      paint: ({ state }, text) =>
        state === 'delivered' ? text : view.paint(state === 'failed' ? 'red' : 'yellow', text),
    },
    { title: 'ATTEMPTS', value: ({ attempts }) => String(attempts), yields: 2 },
    { title: 'LAST', value: ({ lastAt }) => ago(lastAt, view.now) },
    {
      title: 'NEXT',
      value: ({ nextAttemptAt }) => (nextAttemptAt === null ? '' : clockTime(nextAttemptAt, view.now)),
    },
    { title: 'DELIVERY', value: ({ id }) => id, yields: 1 },
  ];
  return renderTable(deliveries, columns, view);
}

export function attemptText({ delivered, status, reason }: Attempt): string {
  return delivered ? `It was taken: HTTP ${status ?? ''}.` : `It was not taken. ${reason ?? ''}`;
}
