import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

/** One client's connection, as much of it as the protocol needs. */
export interface Peer {
  write(frames: Buffer): void;
  /** How many bytes wait to be sent. */
  pending(): number;
  /** Resolves when everything that made the connection wait has been sent, or the connection has ended. */
  drained(): Promise<void>;
  drop(code: number, reason: string): void;
}

/** Writes finished frames straight to the socket: without compression nothing of `ws` is ever half written. */
export function peerOf(ws: WebSocket, socket: Duplex): Peer {
  return {
    write(frames) {
      if (ws.readyState === ws.OPEN) socket.write(frames);
    },
    pending: () => socket.writableLength,
    drained: () =>
      new Promise((resolve) => {
        const done = () => {
          socket.off('drain', done);
          socket.off('close', done);
          resolve();
        };
        if (!socket.writableNeedDrain || socket.destroyed) return resolve();
        socket.on('drain', done);
        socket.on('close', done);
      }),
    drop: (code, reason) => ws.close(code, reason),
  };
}
