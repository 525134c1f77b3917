import { describe, expect, it } from 'vitest';
import type { BenchRow, Peer } from '../../bench/frame/bench-row.ts';
import { measureRow, timesWithin } from '../../bench/frame/measure-row.ts';
import { reportRow } from '../../bench/frame/report.ts';

/** A row that needs no machine: each round's number is given, and what happens is written down. */
function rowOf(log: string[], ours: number[], theirs: number[]): BenchRow {
  const contender = (name: string, numbers: number[]) => ({
    prepare: () => {
      log.push(`prepare ${name}`);
      return Promise.resolve(() => void log.push(`end ${name}`));
    },
    run: () => {
      log.push(name);
      return Promise.resolve({ time: numbers.shift() ?? Number.NaN });
    },
  });
  const peer: Peer = {
    name: 'peer',
    install: 'apt-get install peer',
    isThere: () => true,
    ...contender('peer', theirs),
  };
  const absent: Peer = { ...peer, name: 'absent', install: 'npm install absent', isThere: () => false };
  return {
    row: 99,
    title: 'time of nothing',
    goal: 'twice as fast',
    goals: [
      { measure: 'time', peer: 'peer', atLeast: 2 },
      { measure: 'time', atMost: 5 },
      { measure: 'time', peer: 'absent', atLeast: 2 },
    ],
    measures: { time: { unit: 'ms', better: 'less' } },
    rounds: 3,
    peers: [peer, absent],
    ...contender('us', ours),
  };
}

describe('measuring a row', () => {
  it('takes turns, each round begun by another, and ends in reverse what was prepared', async () => {
    const log: string[] = [];
    await measureRow(rowOf(log, [1, 1, 1, 1], [1, 1, 1, 1]));
    expect(log.join(', ')).toBe('prepare us, prepare peer, us, peer, peer, us, us, peer, peer, us, end peer, end us');
  });

  it('leaves the first round out and compares round with round', async () => {
    const { ours, peers, goals, missing } = await measureRow(rowOf([], [1000, 10, 20, 40], [1, 30, 80, 40]));
    expect({ ours, peers, missing: missing.map(({ name }) => name) }).toEqual({
      ours: { time: { median: 20, low: 15, high: 30 } },
      peers: [
        {
          name: 'peer',
          theirs: { time: { median: 40, low: 35, high: 60 } },
          advantage: { time: { median: 3, low: 2, high: 3.5 } },
        },
      ],
      missing: ['absent'],
    });
    expect(goals.map(({ value, met }) => ({ value, met }))).toEqual([
      { value: 3, met: true },
      { value: 20, met: false },
      { value: undefined, met: undefined },
    ]);
  });

  it('ends what was prepared when a round fails, and says which number is missing', async () => {
    const log: string[] = [];
    await expect(measureRow(rowOf(log, [1], [1, 1, 1, 1]))).rejects.toThrow('A round gave no number for time');
    expect(log.slice(-2)).toEqual(['end peer', 'end us']);
  });
});

describe('the report of a row', () => {
  it('shows medians, ratios, goals, and how to install the peer that is missing', async () => {
    const result = await measureRow(rowOf([], [1000, 10, 20, 40], [1, 30, 80, 40]));
    expect(reportRow(result)).toBe(
      [
        '99. time of nothing',
        '   goal: twice as fast',
        '               median of 3 (middle half)  per round',
        '   us    time  20 ms (15–30)',
        '   peer  time  40 ms (35–60)              we are 3 × (2–3.5) lower',
        '   met: time against peer: 3 ×, wanted at least 2 ×',
        '   MISSED: time: 20 ms, wanted at most 5 ms',
        '   open: time against absent: no number, wanted at least 2 ×',
        '   not measured: absent is not installed. To install it: npm install absent',
      ].join('\n'),
    );
  });
});

describe('timing a repeated piece of work', () => {
  it('runs it at least once, however short the time', async () => {
    expect(await timesWithin(0, () => undefined)).toEqual([expect.any(Number)]);
  });
});
