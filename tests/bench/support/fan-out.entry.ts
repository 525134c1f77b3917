import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { WebSocketServer } from 'ws';
import { happen, startLiveServer } from '#tests/support/live-server.ts';
import { serveForked, sharedNow } from './forked.ts';
import { sampleMessage } from './sample-event.ts';

/** Tells all who are connected so many events, in one of three ways, and says when it began. */
const ways = {
  async us() {
    const live = await startLiveServer();
    serveForked(Number(new URL(live.url).port), async (times) => {
      await happen(live.db, times);
      const began = sharedNow();
      live.hub.advance();
      return began;
    });
  },

  async 'socket.io'() {
    const server = createServer();
    const io = new Server(server, { transports: ['websocket'], pingInterval: 600_000, pingTimeout: 600_000 });
    serveForked(await listen(server), (times) => {
      const began = sharedNow();
      for (let i = 0; i < times; i++) io.emit('event', sampleMessage);
      return began;
    });
  },

  async ws() {
    const server = createServer();
    const sockets = new WebSocketServer({ server, perMessageDeflate: false });
    serveForked(await listen(server), (times) => {
      const began = sharedNow();
      for (let i = 0; i < times; i++) {
        const text = JSON.stringify(sampleMessage);
        for (const socket of sockets.clients) socket.send(text);
      }
      return began;
    });
  },
};

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

await ways[process.argv[2] as keyof typeof ways]();
