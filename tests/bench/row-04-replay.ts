import { WebSocket } from 'ws';
import { newRedis, redisProgram } from '#tests/support/redis.ts';
import type { BenchRow, Contender, Sample } from './frame/bench-row.ts';
import { type Forked, forkServer } from './support/forked.ts';

const events = 100_000;

/** Comes back, asks for what it missed, and has it, parsed and in order. */
function comeBack(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, 'clos.v2', { perMessageDeflate: false });
    let seen = 0;
    socket.once('error', reject);
    socket.once('open', () => socket.send('{"type":"subscribe","id":1,"topics":["service"],"since":0}'));
    socket.on('message', (data) => {
      const message: { type: string; seq: number } = JSON.parse(String(data));
      if (message.type !== 'event') return;
      if (message.seq !== seen + 1) reject(new Error(`${message.seq} came after ${seen}`));
      seen = message.seq;
      if (seen !== events) return;
      resolve(performance.now() - began);
      socket.terminate();
    });
  });
}

function contender(way: 'us' | 'redis'): Contender {
  let server: Forked | undefined;
  return {
    async prepare() {
      const redis = way === 'redis' ? newRedis() : undefined;
      await redis?.start();
      server = await forkServer('./replay.entry.ts', [
        way,
        String(events),
        ...(redis === undefined ? [] : [redis.socket]),
      ]);
      return async () => {
        await server?.end();
        await redis?.remove();
      };
    },
    async run(): Promise<Sample> {
      return { 'all events': await comeBack(server?.port ?? 0) };
    },
  };
}

/**
 * How long a client that was away takes to have the hundred thousand events that it missed, 300 bytes of JSON each, from its
 * connection to the last one. Each server is a process of its own, and the client, another one, is the same for both: it parses every message
 * and holds the numbers against each other.
 *
 * - us: from core.db, as it lies on the disk.
 * - redis: from a stream in the memory of a redis-server, by XRANGE in pages of a thousand, a `ws.send` for each entry. What it
 *   keeps is the finished message.
 */
const row: BenchRow = {
  row: 4,
  title: 'replay of 100,000 missed events to a client that returns',
  goal: '≥ 1 × redis XRANGE + ws; ≤ 0.5 s',
  goals: [
    { measure: 'all events', peer: 'redis XRANGE + ws', atLeast: 1 },
    { measure: 'all events', atMost: 500 },
  ],
  measures: { 'all events': { unit: 'ms', better: 'less' } },
  ...contender('us'),
  peers: [
    {
      name: 'redis XRANGE + ws',
      install: 'apt-get install redis-server',
      isThere: () => redisProgram !== undefined,
      ...contender('redis'),
    },
  ],
};

export default row;
