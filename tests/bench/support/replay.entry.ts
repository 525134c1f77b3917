import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import { type WebSocket, WebSocketServer } from 'ws';
import { happen, startLiveServer } from '#tests/support/live-server.ts';
import { serveForked } from './forked.ts';
import { sampleMessage } from './sample-event.ts';

const [way, events = '0', redisSocket = ''] = process.argv.slice(2);
const perCommit = 1000;
/** So many entries of a stream are asked for at a time: as many events as we read at once. */
const perPage = 1000;

/** Keeps so many events and gives a client that comes all that it has missed. */
const ways = {
  async us() {
    const live = await startLiveServer();
    for (let count = 0; count < Number(events); count += perCommit) await happen(live.db, perCommit);
    live.hub.advance();
    serveForked(Number(new URL(live.url).port), () => 0);
  },

  async redis() {
    const redis = new Redis(redisSocket);
    for (let count = 0; count < Number(events); count += perCommit) {
      const pipeline = redis.pipeline();
      for (let seq = count + 1; seq <= count + perCommit; seq++) {
        const message = { ...sampleMessage, seq, event: { ...sampleMessage.event, seq } };
        pipeline.xadd('events', `${seq}-0`, 'message', JSON.stringify(message));
      }
      await pipeline.exec();
    }
    const server = createServer();
    const sockets = new WebSocketServer({ server, perMessageDeflate: false });
    sockets.on('connection', (socket) => {
      socket.on('message', (text) => {
        void replay(redis, socket, Number(JSON.parse(String(text)).since));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    serveForked((server.address() as AddressInfo).port, () => 0);
  },
};

async function replay(redis: Redis, socket: WebSocket, since: number): Promise<void> {
  let after = `${since}-0`;
  for (;;) {
    const entries = await redis.xrange('events', `(${after}`, '+', 'COUNT', perPage);
    for (const [id, [, message = '']] of entries) {
      socket.send(message);
      after = id;
    }
    if (entries.length < perPage) return;
  }
}

await ways[way as keyof typeof ways]();
