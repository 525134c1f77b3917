import { describe, expect, it } from 'vitest';
import {
  type HealthState,
  initialHealth,
  nextDelay,
  nextHealth,
  startPeriodLeft,
} from '#main/modules/worker/health-state.ts';

const fail = { ok: false, reason: 'no' } as const;
const rules = { retries: 3, inStartPeriod: false };

function healthAfter(outcomes: string, options: { from?: HealthState; inStartPeriod?: boolean } = {}): HealthState {
  let state = options.from ?? initialHealth('none');
  for (const outcome of outcomes) {
    const { inStartPeriod = false } = options;
    state = nextHealth(state, outcome === '+' ? { ok: true } : fail, { ...rules, inStartPeriod });
  }
  return state;
}

describe('health', () => {
  it.each([
    ['+', { health: 'healthy', failures: 0, reason: null }],
    ['--', { health: 'starting', failures: 2, reason: 'no' }],
    ['---', { health: 'unhealthy', failures: 3, reason: 'no' }],
    ['+--', { health: 'healthy', failures: 2, reason: 'no' }],
    ['+--+--', { health: 'healthy', failures: 2, reason: 'no' }],
    ['+---', { health: 'unhealthy', failures: 3, reason: 'no' }],
    ['---+', { health: 'healthy', failures: 0, reason: null }],
  ])('after the checks %s', (outcomes, state) => {
    expect(healthAfter(outcomes)).toEqual(state);
  });

  it('does not count failures before the first success within the start period, but after it', () => {
    expect(healthAfter('-----', { inStartPeriod: true })).toEqual({ health: 'starting', failures: 0, reason: 'no' });
    expect(healthAfter('+---', { inStartPeriod: true })).toEqual({ health: 'unhealthy', failures: 3, reason: 'no' });
  });

  it('goes on from what was known', () => {
    expect(healthAfter('-', { from: initialHealth('unhealthy') }).health).toBe('unhealthy');
    expect(healthAfter('--', { from: initialHealth('healthy') }).health).toBe('healthy');
  });
});

describe('the next check', () => {
  it('comes after the interval, give or take a tenth', () => {
    const healthy = initialHealth('healthy');
    expect([0, 0.5, 1].map((random) => nextDelay(healthy, 10_000, random))).toEqual([9000, 10_000, 11_000]);
  });

  it('comes after a second at the most while the service starts', () => {
    const starting = initialHealth('none');
    expect([nextDelay(starting, 10_000, 0.5), nextDelay(starting, 200, 0.5)]).toEqual([1000, 200]);
  });
});

describe('the start period', () => {
  it.each([
    ['just started', 1000, 5000],
    ['half over', 3500, 2500],
    ['over', 99_000, 0],
    ['of a container from the future', -99_000, 5000],
  ])('that is %s', (_what, now, left) => {
    expect(startPeriodLeft({ startedAt: 1000, startPeriodMs: 5000 }, now)).toBe(left);
  });
});
