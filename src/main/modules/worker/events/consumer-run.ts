import { setTimeout as pause } from 'node:timers/promises';
import type { ClosEvent } from '#shared/contract/events.ts';
import type { Reaction } from '#shared/contract/internal.ts';
import type { Consumer, Effect } from './consumer.ts';

export interface RunOptions {
  /** Events after a number, in order. */
  readEvents(filter: { after: number; limit: number; types: readonly string[] | undefined }): ClosEvent[];
  /** Hands a report on, to be recorded in the order of the calls. */
  report(reaction: Reaction): void;
  /** Resolves when there is room for another report, or `signal` fires. */
  room(signal: AbortSignal): Promise<void>;
  /** Resolves when all reports of this consumer are recorded, or `signal` fires. */
  recorded(name: string, signal: AbortSignal): Promise<void>;
  onError(error: unknown): void;
}

/** Read at once: a few milliseconds. */
const pageSize = 100;
/** So many events that nobody wanted are passed before the cursor is moved over them. */
const skipsPerReport = 500;
const retryMs = 1000;

/** One consumer on its way through the log. */
export class ConsumerRun {
  readonly #options: RunOptions & { lookAgain(): void };
  #consumer: Consumer;
  #interruption = new AbortController();
  /** Events up to this one are done, as this process knows; up to `#reported` the api knows it, too, or soon will. */
  #position: number;
  #reported: number;
  #rung = false;
  #working: Promise<void> | null = null;
  #stopped = false;

  constructor(consumer: Consumer, options: RunOptions & { lookAgain(): void }) {
    this.#consumer = consumer;
    this.#options = options;
    this.#position = consumer.seq;
    this.#reported = consumer.seq;
  }

  /** Something has happened, maybe: goes on from where it is, as the consumer is now. */
  ring(consumer: Consumer): void {
    if (this.#stopped) return;
    if (consumer.generation !== this.#consumer.generation) this.#interruption.abort();
    this.#consumer = consumer;
    // Beyond what was done here only when somebody has moved it: what lies between is not wanted any more.
    this.#position = Math.max(this.#position, consumer.seq);
    this.#rung = true;
    this.#start();
  }

  /** Gives up what is under way and waits for it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#interruption.abort();
    await this.#working;
  }

  #start(): void {
    this.#working ??= this.#work().finally(() => {
      this.#working = null;
      // The doorbell may have rung just when the work had ended.
      if (this.#rung && !this.#stopped) this.#start();
    });
  }

  async #work(): Promise<void> {
    while (this.#rung && !this.#stopped) {
      this.#rung = false;
      this.#interruption = new AbortController();
      const { signal } = this.#interruption;
      try {
        await this.#catchUp(signal);
      } catch (error) {
        this.#rung = true;
        if (signal.aborted) continue;
        this.#options.onError(error);
        await pause(retryMs, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
  }

  async #catchUp(signal: AbortSignal): Promise<void> {
    for (;;) {
      const types = this.#consumer.types ?? undefined;
      const events = this.#options.readEvents({ after: this.#position, limit: pageSize, types });
      for (const event of events) {
        signal.throwIfAborted();
        if (event.seq > this.#position) await this.#handle(event, signal);
      }
      if (events.length < pageSize) return;
      // A long way must not hold up the others of this process.
      await pause(0);
    }
  }

  async #handle(event: ClosEvent, signal: AbortSignal): Promise<void> {
    const consumer = this.#consumer;
    if (consumer.wants(event)) {
      await this.#options.room(signal);
      signal.throwIfAborted();
      const effect = await consumer.react(event, { signal, report: (known) => this.#report(event, known, false) });
      this.#report(event, effect, true);
      if (!effect.delivered) {
        // What failed for good may have ended the consumer: who reacts is looked at again before the next event.
        await this.#options.recorded(consumer.name, signal);
        this.#options.lookAgain();
      }
    } else if (event.seq - this.#reported >= skipsPerReport) {
      this.#report(event, null, true);
    }
    this.#position = Math.max(this.#position, event.seq);
  }

  #report({ seq }: ClosEvent, effect: Effect | null, done: boolean): void {
    const { name } = this.#consumer;
    const id = effect === null ? `${name}@${seq}` : `${name}@${seq}#${effect.attempt}`;
    this.#options.report({ id, consumer: name, seq, done, effect });
    if (done) this.#reported = seq;
  }
}
