import { isClosError } from '../contract/clos-error.ts';
import type { ClosEvent } from '../contract/events.ts';
import {
  type ClientMessage,
  closeCodes,
  type LiveTopic,
  type Metric,
  type ServerMessage,
  serverMessageSchema,
} from '../contract/live.ts';

/** What the browser's WebSocket and that of `ws` have in common. */
export interface LiveSocket {
  readonly readyState: number;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number }) => void): void;
}

/** `connecting`: the first try, or the first after a drop. `offline`: a try has failed; more follow unless `refused`. */
export type LiveState = 'connecting' | 'live' | 'offline';

/** Why the client has given up. It stays `offline` until it is started again. */
export type LiveRefusal = 'not-signed-in' | 'not-allowed';

export type LiveSnapshot = Extract<ServerMessage, { type: 'snapshot' }>;

export interface LiveClientOptions {
  /** Opens a socket with the subprotocol `clos.v2` and a credential that is good for one connection. */
  connect: () => Promise<LiveSocket>;
  topics: readonly LiveTopic[];
  /** Only what is about one of these ids. */
  subjects?: readonly string[];
  /** The last sequence number that the caller has seen. Without it the server sends a snapshot first. */
  since?: number;
  onEvent: (event: ClosEvent) => void;
  /**
   * The state as of `snapshot.seq`, which replaces whatever was known before. After a number was given, it comes when the log
   * cannot go on from there; events between the two are not to be had.
   */
  onSnapshot?: (snapshot: LiveSnapshot) => void;
  /** The newest values of a subject; of older ones some may never come. */
  onMetric?: (metric: Metric) => void;
  onState?: (state: LiveState, refusal: LiveRefusal | null) => void;
  /** What the server could not do, or what it said that was not understood. */
  onProblem?: (problem: { code: string; detail: string }) => void;
  /** Milliseconds: the first wait, the longest wait, and how long a try may take. */
  timing?: Partial<LiveTiming>;
}

interface LiveTiming {
  firstDelayMs: number;
  maxDelayMs: number;
  handshakeMs: number;
}

const defaults: LiveTiming = { firstDelayMs: 250, maxDelayMs: 10_000, handshakeMs: 10_000 };
const socketOpen = 1;

/**
 * Follows the events of CLOS over one WebSocket that is opened again whenever it drops.
 *
 * Each event is handed over once and in order: after a drop the client resumes with the last number it has seen, and drops what
 * it had already. The wait before a try doubles from 250 ms to 10 s, each shortened at random by up to a half, so that many
 * clients of one server do not return in step. A credential that is refused twice running ends the tries.
 */
export class LiveClient {
  readonly #options: LiveClientOptions;
  readonly #timing: LiveTiming;
  #state: LiveState = 'offline';
  #lastSeq: number | undefined;
  #running = false;
  #socket: LiveSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Counts connections: what an older one still has to say is not heard. */
  #connection = 0;
  #subscription = 0;
  #failures = 0;
  #rejections = 0;

  constructor(options: LiveClientOptions) {
    this.#options = options;
    this.#timing = { ...defaults, ...options.timing };
    this.#lastSeq = options.since;
  }

  get state(): LiveState {
    return this.#state;
  }

  /** The newest event that was handed over. */
  get lastSeq(): number | undefined {
    return this.#lastSeq;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#failures = 0;
    this.#rejections = 0;
    this.#setState('connecting');
    this.#open();
  }

  /** Ends the connection and every try. Nothing is handed over afterwards. */
  stop(): void {
    this.#running = false;
    this.#leave();
    this.#setState('offline');
  }

  /** Tries at once instead of waiting: the machine woke up, or the network came back. */
  retryNow(): void {
    if (this.#running && this.#socket === null && this.#timer !== undefined) this.#schedule(0);
  }

  #setState(state: LiveState, refusal: LiveRefusal | null = null): void {
    if (state === this.#state && refusal === null) return;
    this.#state = state;
    this.#options.onState?.(state, refusal);
  }

  #leave(): void {
    this.#connection++;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const socket = this.#socket;
    this.#socket = null;
    // Closing before the handshake has ended makes `ws` report an error, which nobody needs to hear: it is listened for.
    socket?.close(1000);
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), delayMs);
  }

  #open(): void {
    const connection = ++this.#connection;
    const current = () => this.#running && connection === this.#connection;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => current() && this.#fail(), this.#timing.handshakeMs);

    this.#options.connect().then(
      (socket) => {
        if (!current()) {
          socket.addEventListener('error', () => undefined);
          socket.close(1000);
          return;
        }
        this.#attach(socket, current);
      },
      (error: unknown) => {
        if (!current()) return;
        if (isClosError(error, 'NOT_SIGNED_IN')) this.#refuse('not-signed-in');
        else if (isClosError(error, 'NOT_ALLOWED')) this.#refuse('not-allowed');
        else this.#fail();
      },
    );
  }

  #attach(socket: LiveSocket, current: () => boolean): void {
    this.#socket = socket;
    socket.addEventListener('open', () => current() && this.#subscribe());
    socket.addEventListener('message', ({ data }) => {
      if (current()) this.#receive(data);
    });
    socket.addEventListener('error', () => undefined);
    socket.addEventListener('close', ({ code }) => {
      if (current()) this.#closed(code);
    });
    if (socket.readyState === socketOpen) this.#subscribe();
    else if (socket.readyState > socketOpen) this.#fail();
  }

  #subscribe(): void {
    const message: ClientMessage = {
      type: 'subscribe',
      id: ++this.#subscription,
      topics: [...this.#options.topics],
      ...(this.#options.subjects === undefined ? {} : { subjects: [...this.#options.subjects] }),
      ...(this.#lastSeq === undefined ? {} : { since: this.#lastSeq }),
    };
    this.#socket?.send(JSON.stringify(message));
  }

  #receive(data: unknown): void {
    const message = parseMessage(data);
    if (message === null) {
      this.#options.onProblem?.({
        code: 'MALFORMED_BODY',
        detail: 'The server sent a message that is not understood.',
      });
      return;
    }
    switch (message.type) {
      case 'subscribed':
        if (message.id === this.#subscription) this.#subscribed();
        return;
      case 'snapshot':
        if (message.id !== this.#subscription) return;
        this.#lastSeq = message.seq;
        this.#options.onSnapshot?.(message);
        return;
      case 'event':
        if (this.#lastSeq !== undefined && message.seq <= this.#lastSeq) return;
        this.#lastSeq = message.seq;
        this.#options.onEvent(message.event);
        return;
      case 'metric':
        this.#options.onMetric?.(message);
        return;
      case 'error':
        this.#options.onProblem?.({ code: message.code, detail: message.detail });
    }
  }

  #subscribed(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#failures = 0;
    this.#rejections = 0;
    this.#setState('live');
  }

  #closed(code: number): void {
    if (code === closeCodes.notAllowed) {
      this.#refuse('not-allowed');
    } else if (code === closeCodes.notSignedIn) {
      // A ticket may have run out on its way; the second refusal is meant.
      if (++this.#rejections > 1) this.#refuse('not-signed-in');
      else this.#retry();
    } else if (code === closeCodes.tooSlow) {
      this.#retry();
    } else {
      this.#fail();
    }
  }

  #refuse(refusal: LiveRefusal): void {
    this.#running = false;
    this.#leave();
    this.#setState('offline', refusal);
  }

  #retry(): void {
    this.#leave();
    this.#setState('connecting');
    this.#schedule(this.#timing.firstDelayMs * (0.5 + Math.random() / 2));
  }

  #fail(): void {
    const wasLive = this.#state === 'live';
    this.#leave();
    this.#setState(wasLive ? 'connecting' : 'offline');
    const delay = Math.min(this.#timing.firstDelayMs * 2 ** this.#failures, this.#timing.maxDelayMs);
    this.#failures++;
    this.#schedule(delay * (0.5 + Math.random() / 2));
  }
}

function parseMessage(data: unknown): ServerMessage | null {
  if (typeof data !== 'string') return null;
  try {
    const parsed = serverMessageSchema.safeParse(JSON.parse(data));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
