import { describe, expect, it } from 'vitest';
import { configSchema } from '#main/config/config.ts';
import { delayAfter, delayLeft, retryAfterMs } from '#main/modules/worker/webhooks/retry.ts';

const { webhooks } = configSchema.parse({});
const delay = (attempt: number, retryAfterMs: number | null, random = 0.5) =>
  delayAfter({ attempt, retryAfterMs }, webhooks, random);

describe('the retries of a webhook', () => {
  it('double from a second up to two hours, a fifth to either side', () => {
    const delays = (random: number) => [1, 2, 3, 13, 14, 23].map((attempt) => delay(attempt, null, random));
    expect(delays(0.5)).toEqual([1000, 2000, 4000, 4_096_000, 7_200_000, 7_200_000]);
    expect([delay(1, null, 0), delay(1, null, 1)]).toEqual([800, 1200]);
  });

  it('take about a day in all', () => {
    let total = 0;
    for (let attempt = 1; attempt < webhooks.attempts; attempt++) total += delay(attempt, null, 0.5);
    expect(Math.round(total / 3_600_000)).toBe(22);
  });

  it('go on after a restart where they were, however the clock has jumped', () => {
    const until = '2026-01-01T01:00:00.000Z';
    const left = (now: string) => delayLeft(until, Date.parse(now), webhooks);
    expect([left('2026-01-01T00:59:00Z'), left('2026-01-02T00:00:00Z'), left('2020-01-01T00:00:00Z')]).toEqual([
      60_000, 0, 8_640_000,
    ]);
    const quick = { ...webhooks, lastDelayMs: 1000 };
    expect(delayLeft(until, Date.parse('2026-01-01T00:30:00Z'), quick)).toBe(1_800_000);
  });

  it('wait for as long as the receiver asks, but an hour at most and never less than they would', () => {
    expect([delay(1, 90_000), delay(1, 86_400_000), delay(1, 10), delay(14, 60_000)]).toEqual([
      90_000, 3_600_000, 1000, 7_200_000,
    ]);
  });
});

describe('Retry-After', () => {
  it.each([
    ['120', 120_000],
    ['0', 0],
    ['Sun, 06 Nov 1994 08:50:07 GMT', 30_000],
    ['Sunday, 06-Nov-94 08:50:07 GMT', 30_000],
    ['Sun Nov  6 08:50:07 1994', 30_000],
    ['Sun, 06 Nov 1994 08:00:00 GMT', 0],
    ['-5', null],
    ['1.5', null],
    ['2026-01-01', null],
    ['Soon', null],
    ['', null],
    [null, null],
  ])('%s is %s ms', (header, ms) => {
    expect(retryAfterMs(header, Date.parse('1994-11-06T08:49:37Z'))).toBe(ms);
  });
});
