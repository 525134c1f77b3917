import { describe, expect, it } from 'vitest';
import { advantages, median, quantile, spread } from '../../bench/frame/statistics.ts';

describe('a quantile', () => {
  it('lies between its neighbours in proportion', () => {
    const values = [40, 10, 30, 20];
    expect([0, 0.25, 0.5, 0.75, 1].map((q) => quantile(values, q))).toEqual([10, 17.5, 25, 32.5, 40]);
  });

  it('sorts numbers as numbers and leaves its argument alone', () => {
    const values = [9, 10, 100];
    expect([median([100, 9, 10]), median(values), values]).toEqual([10, 10, [9, 10, 100]]);
  });

  it('of a single value is that value, and of none an error', () => {
    expect(quantile([7], 0.9)).toBe(7);
    expect(() => median([])).toThrow('There are no values');
  });
});

describe('a spread', () => {
  it('is the median and the middle half', () => {
    expect(spread([1, 2, 3, 4, 100])).toEqual({ median: 3, low: 2, high: 4 });
  });
});

describe('an advantage', () => {
  it('is above 1 where we are better, whichever way the measure counts', () => {
    expect(advantages([200, 300], [100, 100], 'more')).toEqual([2, 3]);
    expect(advantages([5, 10], [10, 5], 'less')).toEqual([2, 0.5]);
  });

  it('compares rounds with rounds, so it wants as many of theirs as of ours', () => {
    expect(() => advantages([1, 2], [1], 'less')).toThrow('2 rounds of ours, 1 of theirs');
  });
});
