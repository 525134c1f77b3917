import type { LiveTopic } from '#shared/contract/live.ts';

/** What a subscription asks for: topics, about some subjects or about all. */
export interface Wish {
  topics: ReadonlySet<LiveTopic>;
  /** Ids; null: all. */
  subjects: ReadonlySet<string> | null;
}

/** What a wish is held against. `topic` is null for a type of event that this version does not know: nobody wants it. */
interface Told {
  topic: LiveTopic | null;
  subject: string;
}

function isWanted({ topics, subjects }: Wish, { topic, subject }: Told): boolean {
  return topic !== null && topics.has(topic) && (subjects === null || subjects.has(subject));
}

/**
 * What one connection is given of the log: by each of its subscriptions everything after a number, up to the connection's position.
 *
 * Several subscriptions of one connection share it, so that an event which two of them want is sent once, and one that a later
 * subscription asks for from further back is sent then, and only that part.
 */
export class Coverage {
  readonly #subscriptions = new Map<number, Wish & { since: number }>();
  #key: string | null = '';

  /** The topics as one comparable value: connections with the same one get the same bytes. Null: some are of chosen subjects. */
  get key(): string | null {
    return this.#key;
  }

  get size(): number {
    return this.#subscriptions.size;
  }

  /** All its subscriptions as one wish. */
  get wish(): Wish {
    const all = [...this.#subscriptions.values()];
    return {
      topics: new Set(all.flatMap(({ topics }) => [...topics])),
      subjects: all.some(({ subjects }) => subjects === null)
        ? null
        : new Set(all.flatMap(({ subjects }) => [...(subjects ?? [])])),
    };
  }

  has(id: number): boolean {
    return this.#subscriptions.has(id);
  }

  wants(told: Told): boolean {
    for (const subscription of this.#subscriptions.values()) if (isWanted(subscription, told)) return true;
    return false;
  }

  /** Those of some values that are wanted; where no subjects were chosen, that is one look for all of them. */
  wantedValues<V extends { subject: string }>(values: readonly V[]): readonly V[] {
    if (this.#key === null) return values.filter(({ subject }) => this.wants({ topic: 'metric', subject }));
    return this.wants({ topic: 'metric', subject: '' }) ? values : [];
  }

  /** Adds a subscription to everything after `since`. What it returns says which of the events so far it still has to be given. */
  add(id: number, wish: Wish, since: number): (event: Told & { seq: number }) => boolean {
    const earlier = [...this.#subscriptions.values()];
    this.#subscriptions.set(id, { ...wish, since });
    this.#setKey();
    return (event) =>
      event.seq > since &&
      isWanted(wish, event) &&
      !earlier.some((other) => event.seq > other.since && isWanted(other, event));
  }

  /** Ends a subscription; what no other one wants is no longer sent. False if there was none. */
  remove(id: number): boolean {
    if (!this.#subscriptions.delete(id)) return false;
    this.#setKey();
    return true;
  }

  #setKey(): void {
    const { topics } = this.wish;
    const chooses = [...this.#subscriptions.values()].some(({ subjects }) => subjects !== null);
    this.#key = chooses ? null : [...topics].sort().join(' ');
  }
}
