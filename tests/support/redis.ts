import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onPath } from './prerequisites.ts';

/** Where redis-server is, or undefined. */
export const redisProgram = onPath('redis-server');

/** A Redis of the test's own that keeps nothing on disk. */
export interface TestRedis {
  /** Its Unix socket, which ioredis takes for a URL. */
  socket: string;
  /** Resolves when it accepts connections. */
  start(): Promise<void>;
  /** `kill -9`: what it held is lost. */
  kill(): Promise<void>;
  /** Makes it stop answering while its connections stay open. */
  freeze(): void;
  thaw(): void;
  /** Ends it and removes its folder. */
  remove(): Promise<void>;
}

/** A Redis that is not started yet: on a Unix socket, and on a port of this host if one is given. */
export function newRedis({ port = 0 }: { port?: number } = {}): TestRedis {
  const folder = mkdtempSync(join(tmpdir(), 'clos-redis-'));
  const socket = join(folder, 'redis.sock');
  const listen = ['--bind', '127.0.0.1', '--port', String(port)];
  let server: ChildProcess | null = null;

  async function kill(): Promise<void> {
    if (server === null || server.exitCode !== null || server.signalCode !== null) return;
    const exit = once(server, 'exit');
    server.kill('SIGKILL');
    await exit;
  }

  return {
    socket,
    async start() {
      const started = spawn(
        redisProgram ?? 'redis-server',
        [...listen, '--unixsocket', socket, '--save', '', '--appendonly', 'no', '--dir', folder],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      server = started;
      await new Promise<void>((resolve, reject) => {
        started.once('error', reject);
        started.once('exit', (code) => reject(new Error(`redis-server ended with ${code}`)));
        createInterface({ input: started.stdout }).on('line', (line) => {
          if (line.includes('ready to accept connections')) resolve();
        });
      });
    },
    kill,
    freeze: () => void server?.kill('SIGSTOP'),
    thaw: () => void server?.kill('SIGCONT'),
    async remove() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
