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

/** True when this machine has no IPv6, so there is nothing to listen on. */
function lacksFamily(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT' || error.code === 'EINVAL')
  );
}

/**
 * Listens on the first port of `candidates` that can be had on both loopback addresses, 127.0.0.1 and ::1; 0 takes any. `open` makes
 * a server for each. Resolves with the port.
 *
 * `localhost`, and every name below it, is either address: were one of them left to others, they could answer in our place.
 */
export async function bindLoopback(open: () => Server, candidates: readonly number[]): Promise<number> {
  const first = open();
  // Any port is one of which both addresses are free: that may take a few.
  const tries = candidates.flatMap((port) => (port === 0 ? [0, 0, 0, 0] : [port]));
  for (const [index, candidate] of tries.entries()) {
    const rest = tries.slice(index + 1);
    const port = await bindTcp(first, [candidate]).catch((error: unknown) => {
      if (rest.length > 0 && isTaken(error)) return null;
      throw error;
    });
    if (port === null) continue;
    try {
      await listen(open(), { host: '::1', port, exclusive: true });
      return port;
    } catch (error) {
      if (lacksFamily(error)) return port;
      if (!isTaken(error) || rest.length === 0) throw error;
      await new Promise((resolve) => first.close(resolve));
    }
  }
  throw new Error('No port was given.');
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
