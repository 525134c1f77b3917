import { Redis } from 'ioredis';
import { type Logger, pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Cache, openCache } from '#main/cache/cache.ts';
import { newRedis, redisProgram } from '#tests/support/redis.ts';

const silent = pino({ level: 'silent' });
const minute = { ttlMs: 60_000 };
const prefix = 'clos:test:';
const open: Cache[] = [];

function cacheAt(redisUrl: string | null, options: { prefix?: string; log?: Logger } = {}): Cache {
  const cache = openCache({ redisUrl, log: silent, prefix, ...options });
  open.push(cache);
  return cache;
}

async function connected(redisUrl: string, options: { prefix?: string; log?: Logger } = {}): Promise<Cache> {
  const cache = cacheAt(redisUrl, options);
  await state(cache, 'redis');
  return cache;
}

function state(cache: Cache, expected: Cache['state']): Promise<void> {
  return expect.poll(() => cache.state, { interval: 5, timeout: 10_000 }).toBe(expected);
}

afterEach(async () => {
  for (const cache of open.splice(0)) await cache.close();
});

/** What holds wherever the values are. */
function contract(another: (options?: { prefix?: string }) => Promise<Cache>): void {
  it('gives what was set last, until it is deleted', async () => {
    const cache = await another();
    expect(await cache.get('a')).toBe(null);
    await cache.set('a', 'one', minute);
    await cache.set('a', 'zwei ✓', minute);
    await cache.set('b', '', minute);
    expect([await cache.get('a'), await cache.get('b')]).toEqual(['zwei ✓', '']);
    await cache.delete('a');
    await cache.delete('never there');
    expect([await cache.get('a'), await cache.get('b')]).toEqual([null, '']);
  });

  it('forgets a value when its time is over, and not before', async () => {
    const cache = await another();
    await cache.set('long', 'stays', minute);
    const since = Date.now();
    await cache.set('short', 'goes', { ttlMs: 150.5 });
    await cache.set('renewed', 'goes later', { ttlMs: 150 });
    await cache.set('renewed', 'stays', minute);
    expect(await cache.get('short')).toBe('goes');
    await expect.poll(() => cache.get('short'), { interval: 5, timeout: 5000 }).toBe(null);
    expect(Date.now() - since).toBeGreaterThanOrEqual(150);
    expect([await cache.take('short'), await cache.get('renewed'), await cache.get('long')]).toEqual([
      null,
      'stays',
      'stays',
    ]);
  });

  it('gives a value to one of 64 takes at the same time', async () => {
    const cache = await another();
    const set = cache.set('once', 'value', minute);
    const takes = await Promise.all(Array.from({ length: 64 }, () => cache.take('once')));
    await set;
    expect(takes.filter((value) => value !== null)).toEqual(['value']);
    expect([await cache.take('once'), await cache.get('once')]).toEqual([null, null]);
  });

  it('can set a key again that was taken', async () => {
    const cache = await another();
    for (const value of ['first', 'second']) {
      await cache.set('again', value, minute);
      expect(await cache.take('again')).toBe(value);
    }
  });

  it('keeps homes apart by their prefix', async () => {
    const [ours, theirs] = [await another(), await another({ prefix: 'clos:other:' })];
    await ours.set('key', 'ours', minute);
    expect([await theirs.get('key'), await theirs.take('key')]).toEqual([null, null]);
    await theirs.set('key', 'theirs', minute);
    await theirs.close();
    expect(await ours.get('key')).toBe('ours');
  });
}

describe('a cache in memory', () => {
  contract(async (options) => cacheAt(null, options));

  it('says that it is in memory', () => {
    expect(cacheAt(null).state).toBe('memory');
  });

  it('shares nothing with another one of the process', async () => {
    const [one, two] = [cacheAt(null), cacheAt(null)];
    await one.set('key', 'one', minute);
    expect(await two.get('key')).toBe(null);
    await two.close();
    expect(await one.get('key')).toBe('one');
  });

  it('forgets the oldest keys when it holds too many', async () => {
    const cache = cacheAt(null);
    for (let index = 0; index <= 10_000; index++) await cache.set(`key ${index}`, 'value', minute);
    expect([await cache.get('key 0'), await cache.get('key 9999'), await cache.get('key 10000')]).toEqual([
      null,
      'value',
      'value',
    ]);
  });
});

if (redisProgram === undefined) it.skip('a cache in Redis: there is no redis-server here, install redis-server');

describe.skipIf(redisProgram === undefined)('a cache in Redis', () => {
  const redis = newRedis();
  let raw: Redis;

  beforeAll(async () => {
    await redis.start();
    raw = new Redis(redis.socket, { retryStrategy: () => 20, maxRetriesPerRequest: null });
    raw.on('error', () => undefined);
  });

  afterEach(async () => {
    redis.thaw();
    await raw.config('SET', 'maxmemory', '0');
    await raw.flushall();
  });

  afterAll(async () => {
    raw.disconnect();
    await redis.remove();
  });

  contract((options) => connected(redis.socket, options));

  it('leaves values to the next process of the owner', async () => {
    const cache = await connected(redis.socket);
    await cache.set('key', 'value', minute);
    await cache.close();
    const next = await connected(redis.socket);
    expect(await next.take('key')).toBe('value');
  });

  it('gives a value to one of 64 takes of two processes', async () => {
    const [one, two] = [await connected(redis.socket), await connected(redis.socket)];
    await one.set('once', 'value', minute);
    const takes = Array.from({ length: 64 }, (_, index) => (index % 2 === 0 ? two : one).take('once'));
    expect((await Promise.all(takes)).filter((value) => value !== null)).toEqual(['value']);
  });

  it('goes on in memory when Redis is killed in mid-air, and uses it again when it is back', async () => {
    const cache = await connected(redis.socket);
    const keys = Array.from({ length: 200 }, (_, index) => `key ${index}`);
    await cache.set('before', 'value', minute);
    const sets = keys.map((key) => cache.set(key, key, minute));
    const [killed, ...outcomes] = await Promise.allSettled([redis.kill(), ...sets]);
    expect([killed, ...outcomes].filter(({ status }) => status === 'rejected')).toEqual([]);
    await state(cache, 'fallback');
    expect(await Promise.all(keys.map((key) => cache.get(key)))).toEqual(keys);
    expect([await cache.take('before'), await cache.take('before')]).toEqual(['value', null]);

    await redis.start();
    await state(cache, 'redis');
    await cache.set('after', 'value', minute);
    expect(await raw.get(`${prefix}after`)).toBe('value');
    expect(await Promise.all(keys.map((key) => cache.take(key)))).toEqual(keys);
    expect(await Promise.all(keys.map((key) => cache.take(key)))).toEqual(keys.map(() => null));
  });

  it('waits a moment for a Redis that is frozen, and then not at all', async () => {
    const cache = await connected(redis.socket);
    await cache.set('key', 'value', minute);
    redis.freeze();
    const since = performance.now();
    expect(await cache.get('key')).toBe('value');
    const first = performance.now() - since;
    expect(cache.state).toBe('fallback');
    for (let index = 0; index < 100; index++) await cache.set('key', `value ${index}`, minute);
    expect(await cache.get('key')).toBe('value 99');
    const rest = performance.now() - since - first;
    expect({ waited: first >= 200 && first < 1000, thenAtOnce: rest < 200 }).toEqual({
      waited: true,
      thenAtOnce: true,
    });
  });

  it('does not bring back what was changed while Redis was away', async () => {
    const cache = await connected(redis.socket);
    for (const key of ['in doubt', 'taken', 'deleted', 'replaced']) await cache.set(key, 'old', minute);
    redis.freeze();
    expect(await cache.take('in doubt')).toBe('old');
    expect(cache.state).toBe('fallback');
    expect(await cache.take('taken')).toBe('old');
    await cache.delete('deleted');
    await cache.set('replaced', 'new', minute);

    redis.thaw();
    await state(cache, 'redis');
    expect([await cache.take('in doubt'), await cache.take('taken'), await cache.get('deleted')]).toEqual([
      null,
      null,
      null,
    ]);
    expect([await cache.get('replaced'), await cache.take('replaced'), await cache.take('replaced')]).toEqual([
      'new',
      'new',
      null,
    ]);
    expect(await raw.keys('*')).toEqual([]);
  });

  it('does not give from memory what was taken in Redis', async () => {
    const [owner, other] = [await connected(redis.socket), await connected(redis.socket)];
    await owner.set('key', 'value', minute);
    expect(await other.take('key')).toBe('value');
    expect([await owner.get('key'), await owner.take('key')]).toEqual([null, null]);
  });

  it('keeps in memory what a full Redis refuses', async () => {
    const cache = await connected(redis.socket);
    await cache.set('key', 'old', minute);
    await raw.config('SET', 'maxmemory', '1');
    await cache.set('key', 'new', minute);
    expect([cache.state, await cache.get('key'), await cache.take('key'), await cache.take('key')]).toEqual([
      'redis',
      'new',
      'new',
      null,
    ]);
  });

  it('works without a Redis that is configured, and takes it up when it comes', async () => {
    const late = newRedis();
    const lines: string[] = [];
    const log = pino(
      { level: 'info', base: null, timestamp: false },
      { write: (line: string) => void lines.push(line) },
    );
    try {
      const cache = cacheAt(late.socket, { log });
      await cache.set('key', 'value', minute);
      expect([cache.state, await cache.get('key')]).toEqual(['fallback', 'value']);
      await expect.poll(() => lines.length).toBe(1);
      await late.start();
      await state(cache, 'redis');
      expect(await cache.take('key')).toBe('value');
      expect(lines.map((line) => JSON.parse(line))).toEqual([
        {
          level: 40,
          reason: `connect ENOENT ${late.socket}`,
          msg: 'Redis does not answer. The cache is in memory until it does.',
        },
        { level: 30, msg: 'Redis answers. The cache is there.' },
      ]);
    } finally {
      await late.remove();
    }
  });
});
