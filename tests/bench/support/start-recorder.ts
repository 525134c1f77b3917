import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A relay before an engine that notes how long the engine itself took for each start. */
export interface StartRecorder {
  socketPath: string;
  /** Forgets what was noted. */
  clear(): void;
  /** The engine's own time for the one start since `clear`, in ms: from its request to its answer. Throws unless it was one. */
  only(): number;
  close(): Promise<void>;
}

const startRequest = /^POST \S*\/containers\/[^/\s]+\/start[?\s]/;

/**
 * Listens on a Unix socket and hands every byte on as it comes, so that event streams and hijacked connections work as without
 * it. A request on a connection is answered before the next one is sent (HTTP/1.1 without pipelining, which no engine client
 * uses), so the first bytes that come back after a start request are its answer.
 */
export async function createStartRecorder(engineSocket: string): Promise<StartRecorder> {
  const folder = mkdtempSync(join(tmpdir(), 'clos-b-'));
  const socketPath = join(folder, 'engine.sock');
  const durations: number[] = [];
  const open = new Set<Socket>();

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const engine = connect({ path: engineSocket, allowHalfOpen: true });
    let began: number | undefined;
    client.on('data', (bytes) => {
      if (startRequest.test(bytes.toString('latin1', 0, 200))) began = performance.now();
      engine.write(bytes);
    });
    engine.on('data', (bytes) => {
      if (began !== undefined) durations.push(performance.now() - began);
      began = undefined;
      client.write(bytes);
    });
    for (const [from, to] of [
      [client, engine],
      [engine, client],
    ] as const) {
      open.add(from);
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  server.listen(socketPath);
  await once(server, 'listening');

  return {
    socketPath,
    clear() {
      durations.length = 0;
    },
    only() {
      const [duration] = durations;
      if (duration === undefined || durations.length !== 1) {
        throw new Error(`${durations.length} start requests went by, not one`);
      }
      return duration;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
