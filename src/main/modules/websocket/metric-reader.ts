import type { MetricBoard, Posted } from './metric-board.ts';
import type { Peer } from './peer.ts';

/** A reader with more than this unsent gets no values until all of it is sent. More than any socket holds before it makes one wait. */
const behindBytes = 128 * 1024;

/** Values that were posted together, with the bytes of all of them, which most readers share. */
export interface MetricBatch {
  values: readonly Posted[];
  bytes: Buffer;
}

export interface MetricReaderOptions {
  peer: Peer;
  board: MetricBoard;
  /** Which of some values this connection is to have. */
  choose(values: readonly Posted[]): readonly Posted[];
}

/**
 * Hands values to one connection, beside the log.
 *
 * Nothing waits in a queue: while the connection has more to send than it can, the reader notes only which subjects have news, and
 * afterwards sends the newest of each.
 */
export class MetricReader {
  readonly #options: MetricReaderOptions;
  #news: Set<string> | null = null;

  constructor(options: MetricReaderOptions) {
    this.#options = options;
  }

  offer({ values, bytes }: MetricBatch): void {
    const wanted = this.#options.choose(values);
    if (wanted.length === 0) return;
    const { peer } = this.#options;
    if (this.#news !== null) {
      for (const { subject } of wanted) this.#news.add(subject);
    } else if (peer.pending() <= behindBytes) {
      peer.write(wanted.length === values.length ? bytes : Buffer.concat(wanted.map(({ frame }) => frame)));
    } else {
      this.#news = new Set(wanted.map(({ subject }) => subject));
      void peer.drained().then(() => this.#catchUp());
    }
  }

  /** Sends what is up now. */
  offerAll(): void {
    const values = this.#options.board.read();
    this.offer({ values, bytes: Buffer.concat(values.map(({ frame }) => frame)) });
  }

  #catchUp(): void {
    const news = this.#news ?? [];
    this.#news = null;
    const values = this.#options.board.read(news);
    this.offer({ values, bytes: Buffer.concat(values.map(({ frame }) => frame)) });
  }
}
