import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { closeCodes } from '#shared/contract/live.ts';
import { connectLive } from '#tests/support/live-client.ts';
import { freePort } from '#tests/support/ports.ts';
import { newRedis, redisProgram, type TestRedis } from '#tests/support/redis.ts';
import { newHome, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

type Outcome = 'let in' | number;

if (redisProgram === undefined) it.skip('a system on Redis: there is no redis-server here, install redis-server');

describe.skipIf(redisProgram === undefined)('a system on Redis', () => {
  const home = newHome();
  let redis: TestRedis;
  let raw: Redis;
  let system: TestSystem;

  beforeAll(async () => {
    const port = await freePort();
    redis = newRedis({ port });
    await redis.start();
    raw = new Redis(redis.socket, { retryStrategy: () => 20, maxRetriesPerRequest: null });
    raw.on('error', () => undefined);
    system = await startSystem({ home, env: { REDIS_URL: `redis://127.0.0.1:${port}` } });
  });

  afterAll(async () => {
    raw.disconnect();
    await system.stop();
    await redis.remove();
    removeHome(home);
  });

  async function newTicket(): Promise<string> {
    return (await system.client.auth.createTicket()).ticket;
  }

  /** What becomes of a WebSocket with this ticket: it answers, or it is closed with a code. */
  function enter(ticket: string): Promise<Outcome> {
    const { url } = system.discovery.gateway;
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/ws?ticket=${ticket}`, 'clos.v2');
      socket.once('open', () => socket.send(JSON.stringify({ type: 'subscribe', id: 1, topics: ['service'] })));
      socket.once('message', () => {
        socket.terminate();
        resolve('let in');
      });
      socket.once('close', resolve);
      socket.once('error', reject);
    });
  }

  /** A ticket is good once, wherever it is. */
  async function useUp(ticket: string): Promise<Outcome[]> {
    return [await enter(ticket), await enter(ticket)];
  }

  /** Issues tickets until one of them is in Redis. */
  const usesRedis = () =>
    expect
      .poll(
        async () => {
          await newTicket();
          return raw.keys('clos:*:ticket:*');
        },
        { timeout: 10_000 },
      )
      .not.toEqual([]);

  it('lets everybody in while Redis dies, is away, freezes and comes back', async () => {
    await usesRedis();
    const outcomes: Record<string, Outcome[]> = {};
    outcomes['with Redis'] = await useUp(await newTicket());

    const beforeTheKill = await newTicket();
    await redis.kill();
    outcomes['from before the kill'] = await useUp(beforeTheKill);
    outcomes['without Redis'] = await useUp(await newTicket());

    const beforeTheReturn = await newTicket();
    await redis.start();
    await usesRedis();
    outcomes['from before the return'] = await useUp(beforeTheReturn);
    outcomes['with Redis again'] = await useUp(await newTicket());

    const beforeTheFrost = await newTicket();
    redis.freeze();
    outcomes['from before the frost'] = await useUp(beforeTheFrost);
    const inTheFrost = await newTicket();
    redis.thaw();
    outcomes['from the frost'] = await useUp(inTheFrost);

    const names = Object.keys(outcomes);
    expect(outcomes).toEqual(Object.fromEntries(names.map((name) => [name, ['let in', closeCodes.notSignedIn]])));
    expect(names.length).toBe(7);
  });

  it('knows who is connected in Redis, and without it', async () => {
    const url = `${system.discovery.gateway.url.replace('http', 'ws')}/ws`;
    const who = async () =>
      (await system.client.connections.list()).items.map((connection) => connection.client?.who.name);
    let client = await connectLive(url, { authorization: `Bearer ${system.apiKey}` });
    // The websocket may not have found Redis again yet; then it keeps who comes in its own memory.
    while ((await raw.keys('clos:*:connection:*')).length === 0) {
      await client.close();
      client = await connectLive(url, { authorization: `Bearer ${system.apiKey}` });
    }
    const withRedis = await who();
    await redis.kill();
    const without = await who();
    await redis.start();
    await client.close();

    expect([withRedis, without]).toEqual([['owner'], ['owner']]);
  });
});
