import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { isClosError } from '#shared/contract/clos-error.ts';

export interface OutboxOptions<T> {
  /** Hands facts over; resolves when they are on disk. */
  send(facts: T[]): Promise<unknown>;
  log: Logger;
  firstDelayMs?: number;
  lastDelayMs?: number;
}

const batchSize = 500;
const stopGraceMs = 1000;
/** What an api that is away for hours leaves behind must not fill the memory; the oldest health is the least worth. */
const bound = 10_000;

/** The api understood the fact and will never take it. Anything else may pass. */
function isRefusal(error: unknown): boolean {
  return isClosError(error) && error.status < 500 && error.code !== 'RATE_LIMITED' && error.code !== 'NOT_SIGNED_IN';
}

/** Facts on their way to the api: in order, again and again until acknowledged. The api counts each fact id once. */
export class Outbox<T extends { id: string }> {
  readonly #options: OutboxOptions<T>;
  readonly #facts: T[] = [];
  readonly #waiting: Array<() => void> = [];
  #running: Promise<void> | null = null;
  #wake: (() => void) | null = null;
  #stopped = false;

  constructor(options: OutboxOptions<T>) {
    this.#options = options;
  }

  add(fact: T): void {
    if (this.#stopped) return;
    if (this.#facts.length >= bound) this.#facts.shift();
    this.#facts.push(fact);
    this.#start();
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
      // One may have come in just when the last had gone out.
      if (this.#facts.length > 0 && !this.#stopped) this.#start();
    });
  }

  /** True while a fact of this kind has not been acknowledged. */
  holds(isMeant: (fact: T) => boolean): boolean {
    return this.#facts.some(isMeant);
  }

  /** Resolves when this is so, which can only become by facts that are acknowledged; also when `signal` fires or it is stopped. */
  async until(isSo: () => boolean, signal: AbortSignal): Promise<void> {
    const tell = () => this.#tellWaiting();
    signal.addEventListener('abort', tell);
    while (!isSo() && !this.#stopped && !signal.aborted) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    signal.removeEventListener('abort', tell);
  }

  #tellWaiting(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  get size(): number {
    return this.#facts.length;
  }

  /** Stops trying, and waits a second for what is under way. What was not acknowledged is found out anew by the next run. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake?.();
    this.#tellWaiting();
    if (this.#running === null) return;
    const deadline = new AbortController();
    await Promise.race([
      this.#running,
      setTimeout(stopGraceMs, undefined, { signal: deadline.signal }).catch(() => undefined),
    ]);
    deadline.abort();
  }

  async #run(): Promise<void> {
    const { send, log, firstDelayMs = 200, lastDelayMs = 5000 } = this.#options;
    let delay = firstDelayMs;
    let size = batchSize;
    while (this.#facts.length > 0 && !this.#stopped) {
      const batch = this.#facts.slice(0, size);
      try {
        await send(batch);
        this.#remove(batch);
        delay = firstDelayMs;
        size = batchSize;
      } catch (err) {
        if (this.#stopped) return;
        if (isRefusal(err)) {
          // One bad fact must not hold up the others: go one by one and leave out the one that is refused.
          if (batch.length === 1) {
            log.error({ err, fact: batch[0] }, 'A fact was refused and is left out');
            this.#remove(batch);
          }
          size = 1;
          continue;
        }
        log.warn({ err, waiting: this.#facts.length }, 'Facts could not be reported; they will be sent again');
        await this.#pause(delay * (0.5 + Math.random() / 2));
        delay = Math.min(delay * 2, lastDelayMs);
      }
    }
  }

  /** The oldest may have been pushed out while they were under way, so they are found by their ids. */
  #remove(batch: readonly T[]): void {
    const ids = new Set(batch.map(({ id }) => id));
    while (this.#facts[0] !== undefined && ids.has(this.#facts[0].id)) this.#facts.shift();
    this.#tellWaiting();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
      const timer = globalThis.setTimeout(done, ms);
      timer.unref();
      this.#wake = done;
    });
  }
}
