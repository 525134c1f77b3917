/** Buckets grow by a fourth, from a tenth of a millisecond to about ten minutes: a bound is at most 25 % above the value. */
const growth = 1.25;
const firstMs = 0.1;
const buckets = 72;

/** Counts durations in buckets of growing width: constant memory, whatever comes. */
export class Histogram {
  readonly #counts = new Uint32Array(buckets);
  #total = 0;

  add(ms: number): void {
    const index = ms <= firstMs ? 0 : Math.ceil(Math.log(ms / firstMs) / Math.log(growth));
    const bucket = Math.min(index, buckets - 1);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total += 1;
  }

  /** The upper bound, in milliseconds, of the bucket that this share (0 to 1) of the values reaches into; null without values. */
  quantile(share: number): number | null {
    if (this.#total === 0) return null;
    let left = Math.ceil(share * this.#total);
    for (const [bucket, count] of this.#counts.entries()) {
      left -= count;
      if (left <= 0) return Number((firstMs * growth ** bucket).toPrecision(3));
    }
    return null;
  }
}
