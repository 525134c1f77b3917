/** What one round found out: a number for each measure, by its name. */
export type Sample = Readonly<Record<string, number>>;

export interface Measure {
  /** How it is printed behind the number, as `req/s` or `ms`. */
  unit: string;
  better: 'more' | 'less';
}

/** One who is measured: us, or a peer. */
export interface Contender {
  /** Sets up what the rounds share and returns the way to end it. Not measured. */
  prepare?(): Promise<() => Promise<void> | void>;
  /** One round. Long enough to mean something (100 ms and more), the same work for everyone in the row. */
  run(): Promise<Sample>;
}

export interface Peer extends Contender {
  name: string;
  /** How to get it, as `apt-get install redis-server`. Printed where it is missing. */
  install: string;
  isThere(): boolean | Promise<boolean>;
}

/**
 * What must hold. With a peer: how many times better than it we are, the median of the rounds' ratios. Without one: our own
 * median, in the measure's unit.
 */
export interface Goal {
  measure: string;
  peer?: string;
  atLeast?: number;
  atMost?: number;
}

/**
 * One row of the table: the default export of a file `tests/bench/row-NN-name.ts`. What is measured for us is `run`, what for
 * others is in `peers`; all of them take their turns in the same run.
 */
export interface BenchRow extends Contender {
  row: number;
  title: string;
  /** The goal in words, as people read it. */
  goal: string;
  /** The same for the machine; each is printed as met or missed. */
  goals?: Goal[];
  measures: Record<string, Measure>;
  peers: Peer[];
  /** Rounds that count, after one that does not. 7 unless said otherwise. */
  rounds?: number;
}
