import type { Topic } from '#shared/contract/events.ts';
import { type ClientMessage, clientMessageSchema, closeCodes } from '#shared/contract/live.ts';
import { Coverage } from './coverage.ts';
import { jsonFrame, textFrame } from './frames.ts';
import { joinFrames, type LoggedEvent } from './logged-event.ts';

/** One client's connection, as much of it as the protocol needs. */
export interface Peer {
  write(frames: Buffer): void;
  /** How many bytes wait to be sent. */
  pending(): number;
  /** Resolves when everything has been sent, or the connection has ended. */
  drained(): Promise<void>;
  drop(code: number, reason: string): void;
}

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
  snapshot(): Promise<Snapshot>;
  /** The session gets nothing more. */
  left(session: Session): void;
  onError(error: unknown): void;
}

type Subscribe = Extract<ClientMessage, { type: 'subscribe' }>;

/** A live reader with more than this unsent is too slow. */
const tooSlowBytes = 4 * 1024 * 1024;
/** A replay waits while more than this is unsent… */
const replayBytes = 1024 * 1024;
/** …and gives up when nothing moves for this long. */
const stalledMs = 30_000;
const maxSubscriptions = 32;

/** Close codes of RFC 6455 and its registry: the server failed, try again later. */
const closedByError = 1011;
const tryAgainLater = 1013;

/** The conversation with one client: its subscriptions, its replays, and its place in the log. */
export class Session {
  readonly coverage = new Coverage();
  /** True while the session stands where the hub stands and gets new events from there. */
  live = true;
  readonly #peer: Peer;
  readonly #world: SessionWorld;
  readonly #waiting: Subscribe[] = [];
  #current: { id: number; cancelled: boolean } | null = null;
  #position = 0;
  #ended = false;

  constructor(peer: Peer, world: SessionWorld) {
    this.#peer = peer;
    this.#world = world;
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
    if (this.coverage.subscriptions + this.#waiting.length >= maxSubscriptions) {
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
    const { id, topics } = message;
    let snapshot: Snapshot | null = null;
    // A number that the log has not reached is from another log: the client starts anew.
    if (message.since === undefined || message.since > this.#position) {
      snapshot = await this.#snapshot();
      if (snapshot === null) return;
      await this.#catchUp();
    }
    if (current.cancelled || this.#ended) return;
    const since = snapshot?.seq ?? message.since ?? this.#position;
    const missing = this.coverage.add(id, topics, { since, position: this.#position });
    this.send(jsonFrame({ type: 'subscribed', id, seq: snapshot?.seq ?? this.#position }));
    if (snapshot !== null) {
      this.send(textFrame(Buffer.from(`{"type":"snapshot","id":${id},"seq":${snapshot.seq},${snapshot.rest}`)));
    }
    await this.#replay({ from: since, missing, wanted: () => !current.cancelled });
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

  /** Sends, of topics that are new to this connection, what the log held before. */
  async #replay(job: { from: number; missing: Map<Topic, number>; wanted(): boolean }): Promise<void> {
    const end = Math.max(job.from, ...job.missing.values());
    let at = job.from;
    while (at < end && job.wanted() && (await this.#hasRoom()) && job.wanted()) {
      const events = this.#world.read(at);
      const frames = joinFrames(events, ({ seq, topic }) => topic !== null && seq <= (job.missing.get(topic) ?? -1));
      if (frames !== null) this.send(frames);
      at = events.at(-1)?.seq ?? end;
    }
  }

  /** Sends what has come since the session left the hub's position. */
  async #catchUp(): Promise<void> {
    while (this.#position < this.#world.head() && (await this.#hasRoom())) {
      const events = this.#world.read(this.#position);
      const frames = joinFrames(events, ({ topic }) => topic !== null && this.coverage.covers(topic));
      if (frames !== null) this.send(frames);
      this.#position = events.at(-1)?.seq ?? this.#world.head();
    }
  }

  /** Lets others have the loop, and waits for a slow reader. False when the connection is over. */
  async #hasRoom(): Promise<boolean> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#peer.pending() > replayBytes && !this.#ended) {
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
