import { EventEmitter, once } from 'node:events';
import type { RoutingEntry } from '../../../database/routing.ts';
import { RoutingTable } from './routing-table.ts';

/** A doorbell may get lost; then the tables are read again after this time. */
const lookAgainMs = 2000;
/** Bells that ring together are one. */
const settleMs = 5;
/** So many times as long as reading took it is put off while nobody waits for it. */
const restFactor = 9;
const lookMs = 0.5;

interface LiveTableOptions {
  read(): RoutingEntry[];
  /** Another number whenever something was written. */
  version(): number;
  onError(error: unknown): void;
}

/** The routes as they are now: read again when the doorbell rings. */
export class LiveTable {
  #table: RoutingTable;
  #timer: NodeJS.Timeout | null = null;
  readonly #changes = new EventEmitter().setMaxListeners(0);
  readonly #look: NodeJS.Timeout;
  readonly #options: LiveTableOptions;
  #version: number;
  /** By a clock that never jumps. */
  #restUntil = 0;

  /** Throws when the routes cannot be read at all. */
  constructor(options: LiveTableOptions) {
    this.#options = options;
    this.#version = options.version();
    this.#table = new RoutingTable(options.read());
    this.#look = setInterval(() => this.catchUp(), lookAgainMs).unref();
  }

  get current(): RoutingTable {
    return this.#table;
  }

  /**
   * As `catchUp`, for every request: at most twice in a millisecond, and while much is written less often still, so that reading takes a
   * tenth of the time at most.
   */
  keepUp(): void {
    const now = performance.now();
    if (now < this.#restUntil) return;
    this.#restUntil = now + lookMs;
    this.catchUp();
  }

  /** Something may have changed. */
  ring(): void {
    this.#timer ??= setTimeout(() => this.catchUp(), Math.max(settleMs, this.#restUntil - performance.now())).unref();
  }

  /**
   * Has the table be what is stored at this moment: reads it again if anything was written since. To find that nothing was takes
   * microseconds. What cannot be read leaves the routes as they are.
   */
  catchUp(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    try {
      const version = this.#options.version();
      if (version === this.#version) return;
      const began = performance.now();
      this.#table = new RoutingTable(this.#options.read());
      this.#version = version;
      const now = performance.now();
      this.#restUntil = now + Math.max(lookMs, restFactor * (now - began));
    } catch (error) {
      this.#options.onError(error);
      return;
    }
    this.#changes.emit('change');
  }

  onChange(listener: () => void): void {
    this.#changes.on('change', listener);
  }

  /** Resolves when the routes were read again, or rejects when the signal is aborted. */
  async changed(signal: AbortSignal): Promise<void> {
    await once(this.#changes, 'change', { signal });
  }

  close(): void {
    clearInterval(this.#look);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#changes.removeAllListeners();
  }
}
