import type { LiveConnection } from '#shared/contract/connections.ts';
import { type ClientMessage, clientMessageSchema, closeCodes, type ServerMessage } from '#shared/contract/live.ts';
import { Coverage, type Wish } from './coverage.ts';
import { jsonFrame, textFrame } from './frames.ts';
import { joinFrames, type LoggedEvent } from './logged-event.ts';
import type { MetricBoard } from './metric-board.ts';
import { MetricReader } from './metric-reader.ts';
import type { Peer } from './peer.ts';

/** The present state at a sequence number, see `HubOptions.readState`. */
export interface Snapshot {
  seq: number;
  rest: string;
}

/** What a session sees of the hub. */
export interface SessionWorld {
  head(): number;
  advance(): void;
  read(after: number): LoggedEvent[];
  /** The oldest event that is still there. */
  firstSeq(): number;
  has(seq: number): boolean;
  snapshot(): Promise<Snapshot>;
  board: MetricBoard;
  /** The session gets nothing more. */
  left(session: Session): void;
  onError(error: unknown): void;
}

type Subscribe = Extract<ClientMessage, { type: 'subscribe' }>;
type SnapshotReason = Extract<ServerMessage, { type: 'snapshot' }>['reason'];

/** A live reader with more than this unsent is too slow. */
const tooSlowBytes = 4 * 1024 * 1024;
/** A replay waits while more than this is unsent, and so long a reader counts as slow… */
const slowBytes = 1024 * 1024;
/** …and gives up when nothing moves for this long. */
const stalledMs = 30_000;
const maxSubscriptions = 32;

/** Close codes of RFC 6455 and its registry: the server failed, try again later. */
const closedByError = 1011;
const tryAgainLater = 1013;

/** The conversation with one client: its subscriptions, its replays, and its place in the log. */
export class Session {
  readonly coverage = new Coverage();
  readonly metrics: MetricReader;
  /** True while the session stands where the hub stands and gets new events from there. */
  live = true;
  readonly #peer: Peer;
  readonly #world: SessionWorld;
  readonly #waiting: Subscribe[] = [];
  #current: { id: number; cancelled: boolean } | null = null;
  #position = 0;
  /** How far a replay of what was before the position has come. */
  #replayed: number | null = null;
  #ended = false;

  constructor(peer: Peer, world: SessionWorld) {
    this.#peer = peer;
    this.#world = world;
    this.metrics = new MetricReader({
      peer,
      board: world.board,
      choose: (values) => this.coverage.wantedValues(values),
    });
  }

  /** What can be told of it to somebody who looks after it. */
  get state(): Pick<LiveConnection, 'topics' | 'subjects' | 'position' | 'waitingBytes' | 'slow'> {
    const { topics, subjects } = this.coverage.wish;
    const waitingBytes = this.#peer.pending();
    return {
      topics: [...topics],
      subjects: subjects === null ? null : [...subjects],
      position: this.live ? this.#world.head() : (this.#replayed ?? this.#position),
      waitingBytes,
      slow: waitingBytes > slowBytes,
    };
  }

  end(): void {
    this.#ended = true;
    this.live = false;
    this.#waiting.length = 0;
    this.#world.left(this);
  }

  /** Writes frames, unless the reader is too slow: then it is dropped and may resume by sequence number. */
  send(frames: Buffer): void {
    if (this.#ended) return;
    this.#peer.write(frames);
    if (this.#peer.pending() > tooSlowBytes) this.#drop(closeCodes.tooSlow, 'Too slow: resume with since');
  }

  /** Takes one message of the client, whatever it holds. */
  receive(text: string): void {
    if (this.#ended) return;
    const message = this.#parse(text);
    if (message === null) return;
    if (message.type === 'unsubscribe') this.#unsubscribe(message.id);
    else this.#queue(message);
  }

  #parse(text: string): ClientMessage | null {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      this.#refuse('MALFORMED_BODY', 'The message is not JSON.');
      return null;
    }
    const parsed = clientMessageSchema.safeParse(value);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    this.#refuse('INVALID_INPUT', `${issue?.path.join('.') || 'the message'}: ${issue?.message ?? 'is not valid'}`);
    return null;
  }

  #refuse(code: string, detail: string): void {
    this.send(jsonFrame({ type: 'error', code, detail }));
  }

  #knows(id: number): boolean {
    return this.coverage.has(id) || this.#current?.id === id || this.#waiting.some((waiting) => waiting.id === id);
  }

  #queue(message: Subscribe): void {
    if (this.#knows(message.id)) {
      this.#refuse('INVALID_INPUT', `id: ${message.id} is in use; unsubscribe it first.`);
      return;
    }
    if (this.coverage.size + this.#waiting.length >= maxSubscriptions) {
      this.#refuse('RATE_LIMITED', `A connection holds at most ${maxSubscriptions} subscriptions.`);
      return;
    }
    this.#waiting.push(message);
    if (this.#current !== null || !this.live) return;
    this.#work().catch((error: unknown) => {
      this.#world.onError(error);
      this.#drop(closedByError, 'The log cannot be read');
    });
  }

  #unsubscribe(id: number): void {
    if (this.#current?.id === id) this.#current.cancelled = true;
    const index = this.#waiting.findIndex((waiting) => waiting.id === id);
    if (index >= 0) this.#waiting.splice(index, 1);
    const known = this.coverage.remove(id) || index >= 0 || this.#current?.id === id;
    if (!known) this.#refuse('NOT_FOUND', `id: there is no subscription ${id}.`);
  }

  /** Leaves the hub's position, starts the subscriptions that wait, catches up and is live again. */
  async #work(): Promise<void> {
    this.#world.advance();
    this.#position = this.#world.head();
    this.live = false;
    for (;;) {
      if (this.#position < this.#world.head() && !this.#ended) {
        await this.#catchUp();
        continue;
      }
      const next = this.#waiting.shift();
      if (next === undefined || this.#ended) break;
      this.#current = { id: next.id, cancelled: false };
      await this.#start(next, this.#current);
      this.#current = null;
    }
    // Nothing ran since the positions were compared: what comes next comes from the hub.
    this.live = !this.#ended;
  }

  async #start(message: Subscribe, current: { cancelled: boolean }): Promise<void> {
    const { id } = message;
    const wish: Wish = {
      topics: new Set(message.topics),
      subjects: message.subjects === undefined ? null : new Set(message.subjects),
    };
    const readsLog = message.topics.some((topic) => topic !== 'metric');
    const reason = readsLog ? this.#whyAnew(message.since) : null;
    let snapshot: Snapshot | null = null;
    if (reason !== null) {
      snapshot = await this.#snapshot();
      if (snapshot === null) return;
      await this.#catchUp();
    }
    if (current.cancelled || this.#ended) return;
    const since = snapshot?.seq ?? (readsLog ? message.since : undefined) ?? this.#position;
    const isMissing = this.coverage.add(id, wish, since);
    this.send(jsonFrame({ type: 'subscribed', id, seq: snapshot?.seq ?? this.#position }));
    if (snapshot !== null) {
      const head = `{"type":"snapshot","id":${id},"seq":${snapshot.seq},"reason":"${reason}",`;
      this.send(textFrame(Buffer.from(head + snapshot.rest)));
    }
    if (wish.topics.has('metric')) this.metrics.offerAll();
    await this.#replay({ since, isMissing, isCancelled: () => current.cancelled });
  }

  /** Why a client that has seen everything up to `since` cannot go on from there; null when it can. */
  #whyAnew(since: number | undefined): SnapshotReason | null {
    if (since === undefined) return 'asked';
    if (!this.#reachesBack(since)) return 'history-not-kept';
    // A number that this log has never given is of another log, in place of which it was begun or restored.
    const isOurs = since + 1 === this.#world.firstSeq() || this.#world.has(since);
    return isOurs ? null : 'other-history';
  }

  #reachesBack(since: number): boolean {
    return since >= this.#world.head() || since + 1 >= this.#world.firstSeq();
  }

  async #snapshot(): Promise<Snapshot | null> {
    try {
      return await this.#world.snapshot();
    } catch (error) {
      this.#world.onError(error);
      this.#refuse('MODULE_UNAVAILABLE', 'The present state cannot be read now. Connect again.');
      this.#drop(tryAgainLater, 'Try again later');
      return null;
    }
  }

  /** Sends what the log held before, as far as this connection has not been given it. */
  async #replay(job: { since: number; isMissing(event: LoggedEvent): boolean; isCancelled(): boolean }): Promise<void> {
    const end = this.#position;
    this.#replayed = job.since;
    while (this.#replayed < end && !job.isCancelled() && (await this.#hasRoom()) && !job.isCancelled()) {
      this.#replayed = this.#sendFrom(this.#replayed, (event) => event.seq <= end && job.isMissing(event));
    }
    this.#replayed = null;
  }

  /** Sends what has come since the session left the hub's position. */
  async #catchUp(): Promise<void> {
    while (this.#position < this.#world.head() && (await this.#hasRoom())) {
      this.#position = this.#sendFrom(this.#position, (event) => this.coverage.wants(event));
    }
  }

  /** Sends some of the next events of the log, and returns how far that went. */
  #sendFrom(after: number, wants: (event: LoggedEvent) => boolean): number {
    const head = this.#world.head();
    if (!this.#reachesBack(after)) {
      this.#drop(tryAgainLater, 'The history is not kept so long: resume with since');
      return head;
    }
    const events = this.#world.read(after);
    const frames = joinFrames(events, wants);
    if (frames !== null) this.send(frames);
    return events.at(-1)?.seq ?? head;
  }

  /** Lets others have the loop, and waits for a slow reader. False when the connection is over. */
  async #hasRoom(): Promise<boolean> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#peer.pending() > slowBytes && !this.#ended) {
      let timer: NodeJS.Timeout | undefined;
      const stalled = new Promise<'stalled'>((resolve) => {
        timer = setTimeout(() => resolve('stalled'), stalledMs);
        timer.unref();
      });
      const outcome = await Promise.race([this.#peer.drained(), stalled]);
      clearTimeout(timer);
      if (outcome === 'stalled') this.#drop(closeCodes.tooSlow, 'Too slow: resume with since');
    }
    return !this.#ended;
  }

  #drop(code: number, reason: string): void {
    if (this.#ended) return;
    this.end();
    this.#peer.drop(code, reason);
  }
}
