import { describe, expect, it } from 'vitest';
import { add, nothing, succeeded, summaryLine } from '../../../tools/lib/summary.ts';

describe('the summary of a run', () => {
  const one = { passed: 2, failed: 1, skipped: [{ name: 'a > b', reason: 'no engine' }] };

  it('adds parts without losing why something was left out', () => {
    const two = { passed: 3, failed: 0, skipped: [{ name: 'c > d', reason: 'no chromium' }] };
    expect(add(one, two)).toEqual({ passed: 5, failed: 1, skipped: [...one.skipped, ...two.skipped] });
  });

  it('mentions skipped tests only when there are some', () => {
    expect([summaryLine({ ...one, skipped: [] }), summaryLine(one)]).toEqual([
      '2 passed, 1 failed',
      '2 passed, 1 failed, 1 skipped',
    ]);
  });

  it('calls a run of nothing no success', () => {
    expect([succeeded(nothing), succeeded({ ...nothing, passed: 1 }), succeeded(one)]).toEqual([false, true, false]);
  });
});
