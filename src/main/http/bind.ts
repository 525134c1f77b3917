import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { dirname } from 'node:path';

const loopback = '127.0.0.1';

function listen(
  server: Server,
  options: { path: string } | { host: string; port: number; exclusive: true },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES');
}

/**
 * Listens on the first port of `candidates` that can be had, on loopback only; 0 takes any. Resolves with the port.
 *
 * Rejects with the last error when none is left.
 */
export async function bindTcp(server: Server, candidates: readonly number[]): Promise<number> {
  let last: unknown = new Error('No port was given.');
  for (const port of candidates) {
    try {
      await listen(server, { host: loopback, port, exclusive: true });
      const address = server.address();
      if (address !== null && typeof address === 'object') return address.port;
    } catch (error) {
      if (!isTaken(error)) throw error;
      last = error;
    }
  }
  throw last;
}

/** Listens on a Unix socket in a 0700 folder (a named pipe on Windows). What a killed predecessor left is replaced. */
export async function bindSocket(server: Server, path: string): Promise<void> {
  if (process.platform !== 'win32') {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    chmodSync(dirname(path), 0o700);
    // The supervisor's lock makes us the only one who may own this path.
    rmSync(path, { force: true });
  }
  await listen(server, { path });
}
