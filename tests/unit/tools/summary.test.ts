import { describe, expect, it } from 'vitest';
import { add, failure, nothing, succeeded, summaryLine } from '../../../tools/lib/summary.ts';

describe('the summary of a run', () => {
  const one = {
    passed: 2,
    failed: [{ name: 'b > c', why: 'false' }],
    skipped: [{ name: 'a > b', reason: 'no engine' }],
  };

  it('adds parts without losing what failed and why something was left out', () => {
    const two = {
      passed: 3,
      failed: [{ name: 'e > f', why: 'undefined' }],
      skipped: [{ name: 'c > d', reason: 'no chromium' }],
    };
    expect(add(one, two)).toEqual({
      passed: 5,
      failed: [...one.failed, ...two.failed],
      skipped: [...one.skipped, ...two.skipped],
    });
  });

  it('adds a failure that is no test’s', () => {
    expect(summaryLine(add(one, failure('the build', 'no disk')))).toBe('2 passed, 2 failed, 1 skipped');
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
