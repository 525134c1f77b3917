import { EventEmitter, once } from 'node:events';
import type { RoutingEntry } from '../../../database/routing.ts';
import { RoutingTable } from './routing-table.ts';

/** A doorbell may get lost; then the tables are read again after this time. */
const lookAgainMs = 2000;
/** Bells that ring together are one. */
const settleMs = 5;

/** The routes as they are now: read again when the doorbell rings. */
export class LiveTable {
  #table: RoutingTable;
  #timer: NodeJS.Timeout | null = null;
  readonly #changes = new EventEmitter().setMaxListeners(0);
  readonly #look: NodeJS.Timeout;
  readonly #options: { read(): RoutingEntry[]; onError(error: unknown): void };

  /** Throws when the routes cannot be read at all. */
  constructor(options: { read(): RoutingEntry[]; onError(error: unknown): void }) {
    this.#options = options;
    this.#table = new RoutingTable(options.read());
    this.#look = setInterval(() => this.refresh(), lookAgainMs).unref();
  }

  get current(): RoutingTable {
    return this.#table;
  }

  /** Something may have changed. */
  ring(): void {
    this.#timer ??= setTimeout(() => this.refresh(), settleMs).unref();
  }

  /** Reads again, now. What cannot be read leaves the routes as they are. */
  refresh(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    try {
      this.#table = new RoutingTable(this.#options.read());
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
