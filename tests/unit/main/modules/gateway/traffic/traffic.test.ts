import { describe, expect, it } from 'vitest';
import { Histogram } from '#main/modules/gateway/traffic/histogram.ts';
import { Meters } from '#main/modules/gateway/traffic/meter.ts';
import { RateLimits } from '#main/modules/gateway/traffic/rate-limit.ts';

describe('a histogram of durations', () => {
  it('has no quantiles before there is a value', () => {
    expect(new Histogram().quantile(0.5)).toBeNull();
  });

  it('tells a bound that is at most a quarter above the value, from a tenth of a millisecond to ten minutes', () => {
    const ratios = Array.from({ length: 2000 }, (_value, index) => 0.1 * 1.008 ** index)
      .filter((ms) => ms < 600_000)
      .map((ms) => {
        const histogram = new Histogram();
        histogram.add(ms);
        return (histogram.quantile(0.5) ?? 0) / ms;
      });
    expect(ratios.filter((ratio) => ratio < 0.99 || ratio > 1.26)).toEqual([]);
  });

  it('tells the value that so many stay below', () => {
    const histogram = new Histogram();
    for (let ms = 1; ms <= 1000; ms += 1) histogram.add(ms);
    const [p50 = 0, p95 = 0, p99 = 0] = [0.5, 0.95, 0.99].map((share) => histogram.quantile(share) ?? 0);
    expect([p50 >= 500 && p50 < 625, p95 >= 950 && p95 < 1188, p99 >= 990 && p99 < 1238]).toEqual([true, true, true]);
  });

  it('takes what is shorter or longer than its buckets', () => {
    const histogram = new Histogram();
    for (const ms of [0, -1, 1e9, Number.POSITIVE_INFINITY]) histogram.add(ms);
    expect([histogram.quantile(0.5), (histogram.quantile(1) ?? 0) > 600_000]).toEqual([0.1, true]);
  });
});

describe('a rate limit', () => {
  const limit = { requestsPerSecond: 2, burst: 3 };

  it('lets a burst pass, then as many as come in a second, and says when to come again', () => {
    const limits = new RateLimits();
    const take = (now: number) => limits.take('rte_1', limit, now);
    expect([0, 0, 0, 0, 499, 500, 500, 1000, 1500].map(take)).toEqual([0, 0, 0, 1, 1, 0, 1, 0, 0]);
    // The bucket holds no more than the burst, however long nobody came.
    expect([60_000, 60_000, 60_000, 60_000].map(take)).toEqual([0, 0, 0, 1]);
  });

  it('counts each route for itself and forgets those that are gone', () => {
    const limits = new RateLimits();
    const single = { requestsPerSecond: 0.1, burst: 1 };
    expect(['a', 'b', 'a'].map((id) => limits.take(id, single, 0))).toEqual([0, 0, 10]);
    limits.keepOnly(new Set(['b']));
    expect(['a', 'b'].map((id) => limits.take(id, single, 0))).toEqual([0, 10]);
  });
});

describe('the meters of routes', () => {
  it('count what goes through, tell of each change, and outlive their route only while something runs', () => {
    const changed: string[] = [];
    const meters = new Meters((id) => changed.push(id));
    const meter = meters.of('rte_1');
    meter.begin();
    meter.answered(1);
    meter.end({ status: 201, bytesIn: 5, bytesOut: 7 });
    const close = meters.of('rte_2').tunnel();
    meters.keepOnly(new Set());

    expect(changed).toEqual(['rte_1', 'rte_2']);
    expect(meters.list().map(({ routeId, tunnels }) => [routeId, tunnels])).toEqual([['rte_2', 1]]);
    close();
    meters.keepOnly(new Set());
    expect([meters.list(), changed]).toEqual([[], ['rte_1', 'rte_2', 'rte_2']]);
    expect(meter.toTraffic('rte_1')).toEqual({
      routeId: 'rte_1',
      requests: 1,
      inFlight: 0,
      tunnels: 0,
      statuses: { '1xx': 0, '2xx': 1, '3xx': 0, '4xx': 0, '5xx': 0 },
      limited: 0,
      unanswered: 0,
      bytesIn: 5,
      bytesOut: 7,
      responseMs: { p50: 1.16, p95: 1.16, p99: 1.16 },
      lastAt: expect.any(String),
    });
  });
});
