import { randomUUID } from 'node:crypto';
import RedisMock from 'ioredis-mock';
import type { Logger } from 'pino';
import { type Answer, connectRedis, type RedisLink } from './redis-link.ts';

/** More keys than this are not remembered in memory: the oldest go first. */
const mostKeys = 10_000;

/** `memory`: no Redis is configured. `fallback`: one is, and it does not answer. */
export type CacheState = 'memory' | 'redis' | 'fallback';

/**
 * Values that may be lost. No method rejects or takes longer than about 250 ms, whatever becomes of Redis.
 *
 * A key is used by one process at a time, its owner's.
 */
export interface Cache {
  readonly state: CacheState;
  get(key: string): Promise<string | null>;
  /** Replaces what is there. `ttlMs` is rounded up to whole milliseconds, at least one. */
  set(key: string, value: string, options: { ttlMs: number }): Promise<void>;
  /** Gets and deletes in one step: of any number of takes, one has the value. */
  take(key: string): Promise<string | null>;
  delete(key: string): Promise<void>;
  /** Forgets what is in memory and leaves Redis. The cache is not to be used after that. */
  close(): Promise<void>;
}

export interface CacheOptions {
  /** `redis://…`, or null for a cache in this process alone. */
  redisUrl: string | null;
  log: Logger;
  /** Stands before every key in Redis, so that homes can share one. */
  prefix: string;
}

/** What is known about a key beside its value. */
interface Mark {
  /** Unix time in milliseconds. */
  until: number;
  /** The connection on which Redis confirmed the value; 0 if it did not. */
  heldOn: number;
  /** Redis may hold an older value: it was changed here, and Redis has not confirmed the change. */
  stale: boolean;
}

/**
 * Opens a cache. It can be used at once; Redis, if configured, joins as soon as it answers.
 *
 * Redis decides while it answers. Memory (ioredis-mock) holds a copy of everything set here, for the time when it does not. When
 * Redis comes back, the keys that were changed meanwhile are deleted there before anything else is asked, so nothing that was
 * taken from memory can be taken a second time from Redis; what was set meanwhile is still in memory.
 */
export function openCache({ redisUrl, log, prefix }: CacheOptions): Cache {
  // The mock shares its data by host and port: a host of its own keeps caches of one process apart.
  const memory = new RedisMock({ host: randomUUID(), keyPrefix: prefix });
  const marks = new Map<string, Mark>();
  const redis: RedisLink | null =
    redisUrl === null ? null : connectRedis({ url: redisUrl, prefix, log, onUp: () => void deleteStale() });

  async function deleteStale(): Promise<void> {
    const stale = [...marks].filter(([, mark]) => mark.stale);
    if (stale.length === 0) return;
    const answer = await redis?.ask((client) => client.del(stale.map(([key]) => key)));
    if (answer) for (const [, mark] of stale) mark.stale = false;
  }

  function forget(key: string): void {
    marks.delete(key);
    void memory.del(key);
  }

  function makeRoom(): void {
    if (marks.size < mostKeys) return;
    const now = Date.now();
    for (const [key, { until }] of marks) if (until <= now) forget(key);
    // More than one at a time, so that a full cache does not go through all its keys at every set.
    for (const key of marks.keys()) {
      if (marks.size < mostKeys * 0.9) return;
      forget(key);
    }
  }

  /** Notes a change before Redis is told of it. The newest goes to the end of the map. */
  function note(key: string, until: number): Mark {
    marks.delete(key);
    makeRoom();
    const mark = { until, heldOn: 0, stale: true };
    marks.set(key, mark);
    return mark;
  }

  /** A change that Redis has confirmed, or that it need not know of, is no longer of interest. */
  function settle(key: string, mark: Mark | null, answer: Answer<unknown> | null | undefined): void {
    if ((redis === null || answer) && marks.get(key) === mark) marks.delete(key);
  }

  return {
    get state() {
      if (redis === null) return 'memory';
      return redis.up ? 'redis' : 'fallback';
    },
    async get(key) {
      const mark = marks.get(key);
      const answer = mark?.stale ? null : await redis?.ask((client) => client.get(key));
      if (!answer) return memory.get(key);
      return answer.value ?? (mark?.heldOn === answer.connection ? null : memory.get(key));
    },
    async set(key, value, { ttlMs }) {
      const ttl = Math.max(1, Math.ceil(ttlMs));
      const mark = note(key, Date.now() + ttl);
      const copied = memory.set(key, value, 'PX', ttl);
      const answer = await redis?.ask((client) => client.set(key, value, 'PX', ttl));
      await copied;
      if (!answer) return;
      mark.heldOn = answer.connection;
      mark.stale = false;
    },
    async take(key) {
      const before = marks.get(key);
      const copy = memory.getdel(key);
      // Of a key that is not known here nobody can have been given the value: nothing to note.
      const mark = before === undefined ? null : note(key, before.until);
      const answer = await redis?.ask((client) => client.getdel(key));
      settle(key, mark, answer);
      if (!answer || before?.stale) return copy;
      // Redis had it on this very connection and has it no more: it has expired or was taken.
      return answer.value ?? (before?.heldOn === answer.connection ? null : copy);
    },
    async delete(key) {
      const mark = note(key, marks.get(key)?.until ?? Number.POSITIVE_INFINITY);
      const deleted = memory.del(key);
      settle(key, mark, await redis?.ask((client) => client.del(key)));
      await deleted;
    },
    async close() {
      redis?.close();
      await memory.flushall();
      memory.disconnect();
    },
  };
}
