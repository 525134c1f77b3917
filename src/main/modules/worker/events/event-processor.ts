import type { Consumer } from './consumer.ts';
import { ConsumerRun, type RunOptions } from './consumer-run.ts';

export interface EventProcessorOptions extends RunOptions {
  /** Who reacts now. */
  readConsumers(): Consumer[];
}

/**
 * Leads everybody who reacts to events through the log, each at its own pace and in order, from where it ended before a crash.
 *
 * To add a kind of reaction, give its consumers in `readConsumers`, and what is recorded of it a place in `reactionSchema`.
 */
export class EventProcessor {
  readonly #options: EventProcessorOptions;
  readonly #runs = new Map<string, ConsumerRun>();
  #stopped = false;

  constructor(options: EventProcessorOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#runs.size;
  }

  /** The doorbell: looks who reacts now, and what has happened. Never throws. */
  ring(): void {
    if (this.#stopped) return;
    let consumers: Consumer[];
    try {
      consumers = this.#options.readConsumers();
    } catch (error) {
      this.#options.onError(error);
      return;
    }
    const present = new Set(consumers.map(({ name }) => name));
    for (const [name, run] of this.#runs) {
      if (present.has(name)) continue;
      this.#runs.delete(name);
      void run.stop();
    }
    for (const consumer of consumers) {
      const run =
        this.#runs.get(consumer.name) ?? new ConsumerRun(consumer, { ...this.#options, lookAgain: () => this.ring() });
      this.#runs.set(consumer.name, run);
      run.ring(consumer);
    }
  }

  /** Gives up what is under way and waits for it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#runs.values()].map((run) => run.stop()));
  }
}
