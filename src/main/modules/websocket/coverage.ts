import type { Topic } from '#shared/contract/events.ts';

/**
 * What one connection has been given of the log, per topic: everything after `from` up to the connection's position.
 *
 * Several subscriptions of one connection share it, so that an event which two of them want is sent once, and one that a later
 * subscription asks for from further back is sent then, and only that part.
 */
export class Coverage {
  readonly #from = new Map<Topic, number>();
  #key = '';
  readonly #subscriptions = new Map<number, readonly Topic[]>();

  /** The topics as one comparable value: connections with the same one get the same bytes. */
  get key(): string {
    return this.#key;
  }

  has(id: number): boolean {
    return this.#subscriptions.has(id);
  }

  get subscriptions(): number {
    return this.#subscriptions.size;
  }

  covers(topic: Topic): boolean {
    return this.#from.has(topic);
  }

  /**
   * Adds a subscription that wants everything after `since`, on a connection that stands at `position`.
   *
   * Returns up to which sequence number each topic still has to be replayed; topics that have nothing left are absent.
   */
  add(
    id: number,
    topics: readonly Topic[],
    { since, position }: { since: number; position: number },
  ): Map<Topic, number> {
    this.#subscriptions.set(id, topics);
    const missing = new Map<Topic, number>();
    for (const topic of topics) {
      const upTo = this.#from.get(topic) ?? position;
      if (since < upTo) missing.set(topic, upTo);
      this.#from.set(topic, Math.min(since, upTo));
    }
    this.#setKey();
    return missing;
  }

  /** Ends a subscription; topics that no other one wants are no longer sent. False if there was none. */
  remove(id: number): boolean {
    if (!this.#subscriptions.delete(id)) return false;
    const wanted = new Set([...this.#subscriptions.values()].flat());
    for (const topic of this.#from.keys()) if (!wanted.has(topic)) this.#from.delete(topic);
    this.#setKey();
    return true;
  }

  #setKey(): void {
    this.#key = [...this.#from.keys()].sort().join(' ');
  }
}
