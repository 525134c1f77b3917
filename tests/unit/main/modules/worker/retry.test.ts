import { describe, expect, it } from 'vitest';
import { configSchema } from '#main/config/config.ts';
import { delayAfter, delayLeft } from '#main/modules/worker/webhooks/retry.ts';

const { webhooks } = configSchema.parse({});

describe('the retries of a webhook', () => {
  it('double from a second up to two hours, a fifth to either side', () => {
    const delays = (random: number) => [1, 2, 3, 13, 14, 23].map((attempt) => delayAfter(attempt, webhooks, random));
    expect(delays(0.5)).toEqual([1000, 2000, 4000, 4_096_000, 7_200_000, 7_200_000]);
    expect([delayAfter(1, webhooks, 0), delayAfter(1, webhooks, 1)]).toEqual([800, 1200]);
  });

  it('take about a day in all', () => {
    let total = 0;
    for (let attempt = 1; attempt < webhooks.attempts; attempt++) total += delayAfter(attempt, webhooks, 0.5);
    expect(Math.round(total / 3_600_000)).toBe(22);
  });

  it('go on after a restart where they were, however the clock has jumped', () => {
    const until = '2026-01-01T01:00:00.000Z';
    const left = (now: string) => delayLeft(until, Date.parse(now), webhooks);
    expect([left('2026-01-01T00:59:00Z'), left('2026-01-02T00:00:00Z'), left('2020-01-01T00:00:00Z')]).toEqual([
      60_000, 0, 8_640_000,
    ]);
  });
});
