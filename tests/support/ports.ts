import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { createInterface } from 'node:readline';

/** 0 to 19: files that run side by side in one run have different ones, and those of another run at the same time most likely. */
export const seat = (Number(process.env.VITEST_POOL_ID ?? 0) + 4 * (process.ppid % 5)) % 20;

/**
 * Where tests take their ports, all below the ephemeral ones, so that no file meets the sockets of one beside it: `freePort` 4100 to 4899,
 * `freeBlock` 10,000 to 13,999, the sockets of the tests of the host from `hostPorts`, and the matrices of conflicts from
 * `matrixPorts`.
 */
export const hostPorts = { first: 14_000, last: 19_999 };
export const matrixPorts = { first: 20_000, ofEachFile: 600 };

const ofEachFile = 40;
const firstPort = 4100 + seat * ofEachFile;
let next = firstPort;

/** A port of the default ranges that nobody holds now, by a bind of both families. Each call gives another one. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = next++;
    if (port >= firstPort + ofEachFile)
      throw new Error(`A file has ${ofEachFile} ports, and all of this one's are used up`);
    if (await isFree(port)) return port;
  }
}

const blocks: Array<{ first: number; last: number }> = [];

/**
 * The first of so many ports in a row, a thousand at most, that nobody holds now. No port is in two blocks.
 */
export async function freeBlock(size: number): Promise<number> {
  for (;;) {
    const first = 10_000 + Math.floor(Math.random() * 3000);
    const last = first + size - 1;
    if (blocks.some((block) => first <= block.last && last >= block.first)) continue;
    let free = 0;
    while (free < size && (await isFree(first + free))) free += 1;
    if (free < size) continue;
    blocks.push({ first, last });
    return first;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const bound = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ port, host: '::', exclusive: true }, () => resolve(true));
  });
  if (bound) await closeServer(server);
  return bound;
}

export async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  await closed;
}

/** A program of somebody else's that holds a port. */
export async function holdPort(port: number): Promise<{ child: ChildProcess; pid: number; release(): Promise<void> }> {
  const script = `require('node:net').createServer().listen(${port}, '127.0.0.1', () => console.log('held'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(createInterface({ input: child.stdout }), 'line');
  return {
    child,
    pid: child.pid ?? 0,
    async release() {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    },
  };
}
