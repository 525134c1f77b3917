import type { Measure } from './bench-row.ts';

/**
 * The value below which the share `q` (0 to 1) of the values lies, between two neighbours in proportion (type 7 of Hyndman and
 * Fan, "Sample Quantiles in Statistical Packages", 1996). Throws without values.
 */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * q;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) throw new Error('There are no values');
  return below + (above - below) * (position - Math.floor(position));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** A median with the half of the values that lies around it: machines are noisy, and a number without its noise misleads. */
export interface Spread {
  median: number;
  low: number;
  high: number;
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), low: quantile(values, 0.25), high: quantile(values, 0.75) };
}

/** How many times better ours is in each round: above 1 we are better, whichever way the measure counts. */
export function advantages(ours: readonly number[], theirs: readonly number[], better: Measure['better']): number[] {
  if (ours.length !== theirs.length) throw new Error(`${ours.length} rounds of ours, ${theirs.length} of theirs`);
  return ours.map((our, round) => {
    const their = theirs[round] ?? Number.NaN;
    return better === 'more' ? our / their : their / our;
  });
}
