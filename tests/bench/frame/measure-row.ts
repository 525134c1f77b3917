import type { BenchRow, Contender, Goal, Peer, Sample } from './bench-row.ts';
import { advantages, type Spread, spread } from './statistics.ts';

const defaultRounds = 7;

/** What a row came to. */
export interface RowResult {
  row: BenchRow;
  rounds: number;
  ours: Record<string, Spread>;
  /** The peers that were measured, with how many times better we are than each. */
  peers: Array<{ name: string; theirs: Record<string, Spread>; advantage: Record<string, Spread> }>;
  missing: Peer[];
  goals: Array<{ goal: Goal; value: number | undefined; met: boolean | undefined }>;
}

/**
 * Measures a row: everyone is prepared, then they take turns, round by round, each round beginning with another one, so that a
 * machine that warms up or is disturbed treats all alike. The first round of all does not count.
 */
export async function measureRow(row: BenchRow): Promise<RowResult> {
  const there = await Promise.all(row.peers.map(async (peer) => ({ peer, isThere: await peer.isThere() })));
  const peers = there.filter(({ isThere }) => isThere).map(({ peer }) => peer);
  const missing = there.filter(({ isThere }) => !isThere).map(({ peer }) => peer);
  const contenders: Contender[] = [row, ...peers];
  const rounds = row.rounds ?? defaultRounds;

  const samples = await takeTurns(contenders, rounds, Object.keys(row.measures));
  const [ourSamples = [], ...peerSamples] = contenders.map((contender) => samples.get(contender) ?? []);
  const valuesOf = (list: Sample[], measure: string): number[] => list.map((sample) => sample[measure] ?? Number.NaN);
  const perMeasure = (toSpread: (measure: string) => number[]): Record<string, Spread> =>
    Object.fromEntries(Object.keys(row.measures).map((measure) => [measure, spread(toSpread(measure))]));

  const result: Omit<RowResult, 'goals'> = {
    row,
    rounds,
    missing,
    ours: perMeasure((measure) => valuesOf(ourSamples, measure)),
    peers: peers.map(({ name }, index) => {
      const theirSamples = peerSamples[index] ?? [];
      return {
        name,
        theirs: perMeasure((measure) => valuesOf(theirSamples, measure)),
        advantage: perMeasure((measure) =>
          advantages(
            valuesOf(ourSamples, measure),
            valuesOf(theirSamples, measure),
            row.measures[measure]?.better ?? 'less',
          ),
        ),
      };
    }),
  };
  return { ...result, goals: (row.goals ?? []).map((goal) => judge(goal, result)) };
}

async function takeTurns(
  contenders: Contender[],
  rounds: number,
  measures: string[],
): Promise<Map<Contender, Sample[]>> {
  const samples = new Map<Contender, Sample[]>(contenders.map((contender) => [contender, []]));
  const ends: Array<() => Promise<void> | void> = [];
  try {
    for (const contender of contenders) ends.push((await contender.prepare?.()) ?? (() => undefined));
    for (let round = 0; round <= rounds; round += 1) {
      const first = round % contenders.length;
      for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
        const sample = await contender.run();
        const lacking = measures.filter((measure) => !Number.isFinite(sample[measure]));
        if (lacking.length > 0) throw new Error(`A round gave no number for ${lacking.join(', ')}`);
        if (round > 0) samples.get(contender)?.push(sample);
      }
    }
  } finally {
    for (const end of ends.reverse()) await end();
  }
  return samples;
}

function judge(goal: Goal, { ours, peers }: Pick<RowResult, 'ours' | 'peers'>): RowResult['goals'][number] {
  const spreads = goal.peer === undefined ? ours : peers.find(({ name }) => name === goal.peer)?.advantage;
  const value = spreads?.[goal.measure]?.median;
  if (value === undefined) return { goal, value, met: undefined };
  return { goal, value, met: value >= (goal.atLeast ?? -Infinity) && value <= (goal.atMost ?? Infinity) };
}

/** Runs `once` again and again for the given time and returns the durations, in ms: the raw material of most measures. */
export async function timesWithin(milliseconds: number, once: () => Promise<unknown> | unknown): Promise<number[]> {
  const times: number[] = [];
  for (const end = performance.now() + milliseconds; performance.now() < end || times.length === 0; ) {
    const started = performance.now();
    await once();
    times.push(performance.now() - started);
  }
  return times;
}
