import { describe, expect, it } from 'vitest';
import type { Delivery, Webhook } from '#shared/contract/webhooks.ts';
import { deliveryState, typesWords, webhookState } from '../../../src/renderer/features/webhooks/webhook-words.ts';

const time = '2026-01-02T03:04:05.000Z';
const delivered: Delivery = {
  id: 'whk_1-1',
  seq: 1,
  type: 'port.reserved',
  time,
  state: 'delivered',
  attempts: 1,
  status: 204,
  reason: null,
  firstAt: time,
  lastAt: time,
  nextAttemptAt: null,
};
const failed: Delivery = {
  ...delivered,
  state: 'failed',
  status: 500,
  attempts: 24,
  reason: 'The answer was HTTP 500.',
};
const retrying: Delivery = { ...failed, state: 'retrying', attempts: 3, nextAttemptAt: time };
const webhook: Webhook = {
  id: 'whk_1',
  url: 'http://127.0.0.1:4000/',
  types: null,
  subjects: null,
  enabled: true,
  disabledReason: null,
  seq: 1,
  lastDelivery: null,
  createdAt: time,
  updatedAt: time,
};

describe('how a webhook is', () => {
  it('follows from what it was told to do and from its last delivery', () => {
    const states: Array<Partial<Webhook>> = [
      {},
      { lastDelivery: delivered },
      { lastDelivery: retrying },
      { lastDelivery: failed },
      { enabled: false, lastDelivery: failed },
      { enabled: false, disabledReason: 'It wants no more.' },
    ];
    expect(states.map((state) => webhookState({ ...webhook, ...state }))).toEqual([
      { glyph: 'running', text: 'on' },
      { glyph: 'running', text: 'on' },
      { glyph: 'unhealthy', text: 'retries' },
      { glyph: 'unhealthy', text: 'gave one up' },
      { glyph: 'stopped', text: 'off' },
      { glyph: 'failed', text: 'disabled by CLOS' },
    ]);
  });

  it('names the first of its types', () => {
    expect([null, ['a'], ['a', 'b', 'c']].map((types) => typesWords({ types }))).toEqual([
      'all events',
      'a',
      'a and 2 more',
    ]);
  });
});

describe('what came of a delivery', () => {
  it('is the answer, the next attempt or the end', () => {
    const deliveries = [delivered, { ...delivered, attempts: 2 }, retrying, failed, { ...failed, attempts: 1 }];
    expect(deliveries.map(deliveryState)).toEqual([
      { glyph: 'running', text: 'HTTP 204' },
      { glyph: 'running', text: 'HTTP 204 at attempt 2' },
      { glyph: 'unhealthy', text: expect.stringMatching(/^attempt 3, again at .*\d\d:\d\d$/) },
      { glyph: 'failed', text: 'given up after 24 attempts' },
      { glyph: 'failed', text: 'given up after one attempt' },
    ]);
  });
});
