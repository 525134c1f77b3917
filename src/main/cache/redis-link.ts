import { Redis, ReplyError } from 'ioredis';
import type { Logger } from 'pino';

/** Redis is near or of no use: whoever waits for it longer than this would be faster without a cache. */
const answerMs = 250;
const connectMs = 2000;
const slowestRetryMs = 2000;

/** What Redis said, and on which connection. Connections are counted from 1. */
export interface Answer<T> {
  value: T;
  connection: number;
}

export interface RedisLink {
  /** True while Redis answers. */
  readonly up: boolean;
  /** Null, after at most 250 ms, when Redis is away, is slow or refuses. Never rejects. */
  ask<T>(command: (redis: Redis) => Promise<T>): Promise<Answer<T> | null>;
  close(): void;
}

export interface RedisLinkOptions {
  /** `redis://`, `rediss://` or the path of a Unix socket. */
  url: string;
  prefix: string;
  log: Logger;
  /** Called at each new connection; what is asked in it is done before anything that others ask. */
  onUp(): void;
}

/**
 * A connection to Redis that comes back by itself.
 *
 * One command without an answer within 250 ms and the connection counts as lost: everybody after that is told so at once, until
 * a new connection has answered ioredis's ready check. Nothing is queued or sent twice.
 */
export function connectRedis({ url, prefix, log, onUp }: RedisLinkOptions): RedisLink {
  const redis = new Redis(url, {
    keyPrefix: prefix,
    commandTimeout: answerMs,
    connectTimeout: connectMs,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    disableClientInfo: true,
    retryStrategy: (attempt) => Math.min(attempt * 100, slowestRetryMs),
    // A server that is frozen does not close its end either.
    disconnectTimeout: answerMs,
  });
  let connections = 0;
  /** The connection that can be used, or 0. */
  let usable = 0;
  let told: 'up' | 'down' | 'refused' | null = null;

  // ioredis's errors carry their command with its arguments, a password among them: only the message is logged.
  function tell(news: 'up' | 'down' | 'refused', error?: unknown): void {
    if (told === news) return;
    told = news;
    const reason = error instanceof Error ? error.message || error.name : undefined;
    if (news === 'up') log.info('Redis answers. The cache is there.');
    else if (news === 'down') log.warn({ reason }, 'Redis does not answer. The cache is in memory until it does.');
    else log.warn({ reason }, 'Redis refuses commands. The cache is in memory as far as it does.');
  }

  redis.on('ready', () => {
    connections += 1;
    usable = connections;
    tell('up');
    onUp();
  });
  redis.on('error', (error) => {
    if (usable === 0) tell('down', error);
  });
  redis.on('close', () => {
    usable = 0;
    tell('down');
  });

  return {
    get up() {
      return usable !== 0;
    },
    async ask(command) {
      const connection = usable;
      if (connection === 0) return null;
      try {
        return { value: await command(redis), connection };
      } catch (error) {
        if (error instanceof ReplyError) {
          tell('refused', error);
        } else if (usable === connection) {
          usable = 0;
          tell('down', error);
          redis.disconnect(true);
        }
        return null;
      }
    },
    close() {
      usable = 0;
      told = 'down';
      redis.disconnect();
    },
  };
}
