import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** The program that holds a port and says who it is. */
export const answering = fileURLToPath(new URL('answering.cjs', import.meta.url));

/** Where something listens, or shall listen. */
export interface Place {
  protocol: 'tcp' | 'udp';
  address: string;
  port: number;
  /** For `::` only: it leaves IPv4 alone. */
  v6only?: boolean;
}

const identitySchema = z.object({
  pid: z.int(),
  argv: z.array(z.string()),
  cwd: z.string(),
  env: z.record(z.string(), z.string()),
});
/** Who answers at a port: the process, and all that it was started with. */
export type Identity = z.output<typeof identitySchema>;

/** The address under which a client of this machine reaches what is bound to this one. */
function reachable(address: string): string {
  return address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
}

export function urlOf({ address, port }: Pick<Place, 'address' | 'port'>): string {
  const host = reachable(address);
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}/`;
}

/** What is said at a place. Asks until somebody answers: what was just started may not listen yet. */
export async function answerAt(place: Pick<Place, 'protocol' | 'address' | 'port'>): Promise<string> {
  const ask = place.protocol === 'tcp' ? askTcp : askUdp;
  for (;;) {
    const text = await ask(place);
    if (text !== null) return text;
    await delay(20);
  }
}

/** Who says so at a place, once somebody does. */
export async function whoAnswers(place: Pick<Place, 'protocol' | 'address' | 'port'>): Promise<Identity> {
  return identitySchema.parse(JSON.parse(await answerAt(place)));
}

/** The text of the page at a port; null when nobody is there, or it is closed before it has answered. */
export async function askTcp(place: Pick<Place, 'address' | 'port'>): Promise<string | null> {
  try {
    return await (await fetch(urlOf(place), { headers: { connection: 'close' } })).text();
  } catch {
    return null;
  }
}

async function askUdp({ address: bound, port }: Pick<Place, 'address' | 'port'>): Promise<string | null> {
  const address = reachable(bound);
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  const answer = once(socket, 'message', { signal: AbortSignal.timeout(200) });
  socket.on('error', () => undefined);
  socket.send('who?', port, address);
  try {
    const [message] = await answer;
    return String(message);
  } catch {
    return null;
  } finally {
    socket.close();
  }
}

/** The arguments that have Node hold a place. */
export function commandFor({ protocol, address, port, v6only }: Place): string[] {
  return ['node', answering, protocol, address, String(port), ...(v6only === true ? ['--v6only'] : [])];
}

/** A program that somebody else has started, and ends with `end`. */
export interface Program {
  child: ChildProcess;
  pid: number;
  end(): Promise<void>;
}

/** Starts a program and waits until it says a line. `PATH` is all that it gets of our environment. */
export async function startProgram(
  [program = '', ...args]: readonly string[],
  { cwd, env = {}, line = 'held' }: { cwd: string; env?: Record<string, string>; line?: string },
): Promise<Program> {
  const child = spawn(program, args, {
    cwd,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const said: string[] = [];
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (text) => {
      said.push(text);
      if (text === line) resolve();
    });
    child.once('exit', (code) => reject(new Error(`${program} ended with ${code}: ${said.join(' / ')}`)));
    child.once('error', reject);
  });
  return {
    child,
    pid: child.pid ?? 0,
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
    },
  };
}

/** Ends whoever answers at a place, also when somebody else has started it, and waits until nobody does. */
export async function endWhoAnswers(place: Place): Promise<void> {
  const ask = place.protocol === 'tcp' ? askTcp : askUdp;
  for (let text = await ask(place); text !== null; text = await ask(place)) {
    process.kill(identitySchema.parse(JSON.parse(text)).pid, 'SIGTERM');
    await delay(20);
  }
}

/** A folder of a project with two scripts: `npm run tcp` and `npm run udp` hold the port in `PORT`, at 127.0.0.1. */
export function makeProject(name: string): string {
  const folder = join(realpathSync(mkdtempSync(join(tmpdir(), 'clos-matrix-'))), name);
  mkdirSync(folder);
  const scripts = Object.fromEntries(
    ['tcp', 'udp'].map((protocol) => [protocol, `node ${answering} ${protocol} 127.0.0.1 $PORT`]),
  );
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, private: true, scripts }));
  return folder;
}

export function removeProject(folder: string): void {
  rmSync(join(folder, '..'), { recursive: true, force: true });
}
