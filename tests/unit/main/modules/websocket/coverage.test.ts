import { describe, expect, it } from 'vitest';
import { Coverage } from '#main/modules/websocket/coverage.ts';
import type { LiveTopic } from '#shared/contract/live.ts';

const wish = (topics: LiveTopic[], subjects: string[] | null = null) => ({
  topics: new Set(topics),
  subjects: subjects === null ? null : new Set(subjects),
});

/** The events 1 to 8, of which odd ones are about a, even ones about b. */
function given(isMissing: ReturnType<Coverage['add']>, topic: LiveTopic = 'service'): number[] {
  const events = Array.from({ length: 8 }, (_, i) => ({ seq: i + 1, topic, subject: i % 2 === 0 ? 'a' : 'b' }));
  return events.filter(isMissing).map(({ seq }) => seq);
}

describe('what a connection is given', () => {
  it('is everything of its topics after since', () => {
    const coverage = new Coverage();
    const isMissing = coverage.add(1, wish(['service', 'lease']), 5);
    expect([given(isMissing), given(isMissing, 'lease'), given(isMissing, 'engine')]).toEqual([
      [6, 7, 8],
      [6, 7, 8],
      [],
    ]);
    expect(coverage.key).toBe('lease service');
  });

  it('is, for a later subscription, only what no earlier one was given', () => {
    const coverage = new Coverage();
    coverage.add(1, wish(['service']), 5);
    const isMissing = coverage.add(2, wish(['service', 'engine']), 2);
    expect([given(isMissing), given(isMissing, 'engine')]).toEqual([
      [3, 4, 5],
      [3, 4, 5, 6, 7, 8],
    ]);
    expect(given(coverage.add(3, wish(['service']), 3))).toEqual([]);
  });

  it('is only what is about the subjects that were asked for', () => {
    const coverage = new Coverage();
    expect(given(coverage.add(1, wish(['service'], ['a']), 2))).toEqual([3, 5, 7]);
    expect(['a', 'b'].map((subject) => coverage.wants({ topic: 'service', subject }))).toEqual([true, false]);
    expect(given(coverage.add(2, wish(['service']), 0))).toEqual([1, 2, 4, 6, 8]);
    expect(coverage.key).toBeNull();
  });

  it('is nothing of what is not known here', () => {
    const coverage = new Coverage();
    coverage.add(1, wish(['service']), 0);
    expect(coverage.wants({ topic: null, subject: 'a' })).toBe(false);
  });

  it('no longer holds what only an ended subscription wanted', () => {
    const coverage = new Coverage();
    coverage.add(1, wish(['service', 'lease']), 0);
    coverage.add(2, wish(['lease'], ['a']), 0);
    expect([coverage.remove(1), coverage.remove(1)]).toEqual([true, false]);
    expect(coverage.wish).toEqual(wish(['lease'], ['a']));
    expect([coverage.remove(2), coverage.key, coverage.size]).toEqual([true, '', 0]);
    expect(given(coverage.add(3, wish(['service']), 6))).toEqual([7, 8]);
  });
});
