import type { Metric } from '#shared/contract/live.ts';
import { type EventLog, joinFrames, type LoggedEvent } from './logged-event.ts';
import { MetricBoard } from './metric-board.ts';
import type { Peer } from './peer.ts';
import { Session, type SessionWorld, type Snapshot } from './session.ts';

/** A connection's place in the hub. */
export interface Seat {
  receive(text: string): void;
  /** Must be called when the connection ends. */
  leave(): void;
  readonly state: Session['state'];
}

export interface HubOptions {
  log: EventLog;
  /** The present state as the rest of a JSON object, after `"id":…,"seq":…,`. Read after `seq` was read. */
  readState(): Promise<string>;
  onError(error: unknown): void;
}

/** So many events are read, and written to everyone, in one turn of the loop. */
const batchSize = 1000;

/** A snapshot is used again within this time, if no event came since. */
const snapshotAgeMs = 1000;

/**
 * Sends the log's new events to everybody who wants them.
 *
 * The hub stands at one position. Sessions that are live stand there with it and get each batch as one buffer, shared by all that
 * have the same topics. A session that replays stands behind, goes on by itself, and joins when it has caught up; since reading is
 * synchronous, nothing fits between the last event replayed and the first one live.
 */
export class Hub {
  readonly #options: HubOptions;
  readonly #sessions = new Set<Session>();
  readonly #board = new MetricBoard();
  readonly #world: SessionWorld;
  #head: number;
  #snapshot: { seq: number; at: number; taken: Promise<Snapshot> } | null = null;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#head = options.log.lastSeq();
    this.#world = {
      head: () => this.#head,
      advance: () => this.advance(),
      read: (after) => options.log.read(after, batchSize),
      firstSeq: () => options.log.firstSeq(),
      has: (seq) => options.log.has(seq),
      board: this.#board,
      snapshot: () => this.#takeSnapshot(),
      left: (session) => void this.#sessions.delete(session),
      onError: options.onError,
    };
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Takes a connection in. */
  join(peer: Peer): Seat {
    const session = new Session(peer, this.#world);
    this.#sessions.add(session);
    return {
      receive: (text) => session.receive(text),
      leave: () => session.end(),
      get state() {
        return session.state;
      },
    };
  }

  /** Sends values to those who follow them now, whatever place in the log they have. */
  publish(metrics: readonly Metric[]): void {
    const values = this.#board.post(metrics);
    const bytes = Buffer.concat(values.map(({ frame }) => frame));
    for (const session of this.#sessions) session.metrics.offer({ values, bytes });
  }

  /** Sends what the log has gained. Called at each doorbell, and from time to time in case one was lost. Never throws. */
  advance(): void {
    try {
      for (;;) {
        const events = this.#options.log.read(this.#head, batchSize);
        const last = events.at(-1);
        if (last === undefined) return;
        this.#head = last.seq;
        this.#broadcast(events);
      }
    } catch (error) {
      this.#options.onError(error);
    }
  }

  #broadcast(events: readonly LoggedEvent[]): void {
    const byKey = new Map<string, Buffer | null>();
    for (const session of this.#sessions) {
      if (!session.live) continue;
      const { key } = session.coverage;
      let bytes = key === null ? undefined : byKey.get(key);
      if (bytes === undefined) {
        bytes = joinFrames(events, (event) => session.coverage.wants(event));
        if (key !== null) byKey.set(key, bytes);
      }
      if (bytes !== null) session.send(bytes);
    }
  }

  /** One snapshot serves everyone who asks while it is taken, and shortly after while nothing has happened. */
  #takeSnapshot(): Promise<Snapshot> {
    this.advance();
    const kept = this.#snapshot;
    if (kept !== null && kept.seq === this.#head && performance.now() - kept.at < snapshotAgeMs) return kept.taken;
    const seq = this.#head;
    const taken = this.#options.readState().then((rest) => ({ seq, rest }));
    const mine = { seq, at: performance.now(), taken };
    this.#snapshot = mine;
    taken.catch(() => {
      if (this.#snapshot === mine) this.#snapshot = null;
    });
    return taken;
  }
}
