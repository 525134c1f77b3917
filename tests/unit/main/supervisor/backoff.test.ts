import { describe, expect, it } from 'vitest';
import { createBackoff } from '#main/supervisor/backoff.ts';

const options = { minDelayMs: 100, maxDelayMs: 30_000, giveUpAfter: 5, windowMs: 60_000 };

describe('the backoff of a module', () => {
  it('doubles the delay at each end within the window and calls the sixth one degraded', () => {
    const backoff = createBackoff(options);

    expect([0, 1, 2, 3, 4, 5].map((second) => backoff.ended(second * 1000))).toEqual([
      { delayMs: 100, degraded: false },
      { delayMs: 200, degraded: false },
      { delayMs: 400, degraded: false },
      { delayMs: 800, degraded: false },
      { delayMs: 1600, degraded: false },
      { delayMs: 30_000, degraded: true },
    ]);
  });

  it('forgets ends that are older than the window', () => {
    const backoff = createBackoff(options);
    for (const second of [0, 1, 2, 3, 4]) backoff.ended(second * 1000);

    expect(backoff.ended(64_500)).toEqual({ delayMs: 100, degraded: false });
  });
});
