import { describe, expect, it } from 'vitest';
import { Coverage } from '#main/modules/websocket/coverage.ts';

describe('what a connection has been given', () => {
  it('is replayed from since up to the position for topics that are new', () => {
    const coverage = new Coverage();
    const missing = coverage.add(1, ['service', 'lease'], { since: 5, position: 9 });
    expect(missing).toEqual(
      new Map([
        ['service', 9],
        ['lease', 9],
      ]),
    );
    expect(coverage.key).toBe('lease service');
  });

  it('is replayed only up to where an earlier subscription began', () => {
    const coverage = new Coverage();
    coverage.add(1, ['service'], { since: 5, position: 9 });
    expect(coverage.add(2, ['service', 'engine'], { since: 2, position: 12 })).toEqual(
      new Map([
        ['service', 5],
        ['engine', 12],
      ]),
    );
    expect(coverage.add(3, ['service'], { since: 3, position: 12 })).toEqual(new Map());
  });

  it('needs no replay at the position itself', () => {
    expect(new Coverage().add(1, ['service'], { since: 9, position: 9 })).toEqual(new Map());
  });

  it('loses a topic with the last subscription that wants it', () => {
    const coverage = new Coverage();
    coverage.add(1, ['service', 'lease'], { since: 0, position: 0 });
    coverage.add(2, ['lease'], { since: 0, position: 0 });
    expect([coverage.remove(1), coverage.covers('service'), coverage.covers('lease')]).toEqual([true, false, true]);
    expect([coverage.remove(1), coverage.remove(2), coverage.key]).toEqual([false, true, '']);
    expect(coverage.add(3, ['service'], { since: 1, position: 4 })).toEqual(new Map([['service', 4]]));
  });
});
