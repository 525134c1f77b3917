import type { Delivery, Webhook } from '#shared/contract/webhooks.ts';
import type { GlyphStatus } from '../../lib/glyph.ts';
import { clockWords } from '../../lib/time.ts';

export interface StateWords {
  glyph: GlyphStatus;
  text: string;
}

/** How a webhook is, by what it was told to do and by what came of it last. */
export function webhookState({ enabled, disabledReason, lastDelivery }: Webhook): StateWords {
  if (!enabled) {
    return disabledReason === null ? { glyph: 'stopped', text: 'off' } : { glyph: 'failed', text: 'disabled by CLOS' };
  }
  switch (lastDelivery?.state) {
    case 'retrying':
      return { glyph: 'unhealthy', text: 'retries' };
    case 'failed':
      return { glyph: 'unhealthy', text: 'gave one up' };
    default:
      return { glyph: 'running', text: 'on' };
  }
}

/** "all events", "port.reserved", "port.reserved and 2 more". */
export function typesWords({ types }: Pick<Webhook, 'types'>): string {
  if (types === null) return 'all events';
  const [first = 'none', ...others] = types;
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}

const deliveryGlyphs = {
  delivered: 'running',
  retrying: 'unhealthy',
  failed: 'failed',
} as const satisfies Record<Delivery['state'], GlyphStatus>;

/** What came of a delivery: "HTTP 204", "attempt 3, again at 09:12", "given up after 24 attempts". */
export function deliveryState({ state, status, attempts, nextAttemptAt }: Delivery): StateWords {
  const glyph = deliveryGlyphs[state];
  switch (state) {
    case 'delivered':
      return { glyph, text: attempts === 1 ? `HTTP ${status}` : `HTTP ${status} at attempt ${attempts}` };
    case 'retrying':
      return { glyph, text: `attempt ${attempts}, again at ${clockWords(nextAttemptAt ?? '')}` };
    case 'failed':
      return { glyph, text: `given up after ${attempts === 1 ? 'one attempt' : `${attempts} attempts`}` };
  }
}
