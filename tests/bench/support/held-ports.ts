import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { probeBind } from '#main/host/bind-probe.ts';

/** A hundred ports in a row, of which another program listens on ten. */
export interface HeldPorts {
  ports: number[];
  held: ReadonlySet<number>;
  /** The program that holds them. */
  pid: number;
  release(): Promise<void>;
}

/** Below the ports that the system gives to outgoing connections, and apart from those that tests take. */
const firstCandidate = 16_000;
const lastCandidate = 19_900;

/** Each tenth port, so that a peer who looks for the next free one finds it at once. */
const isHeld = (index: number) => index % 10 === 4;

export async function holdPorts(): Promise<HeldPorts> {
  const ports = await freeRun(100);
  const held = ports.filter((_, index) => isHeld(index));
  const script = `
    const { createServer } = require('node:net');
    const listen = (port) => new Promise((resolve) => createServer().listen(port, '127.0.0.1', resolve));
    Promise.all(process.argv.slice(1).map((port) => listen(Number(port)))).then(() => console.log('held'));
  `;
  const child = spawn(process.execPath, ['-e', script, '--', ...held.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(createInterface({ input: child.stdout }), 'line');
  if (child.pid === undefined) throw new Error('The program that holds the ports did not start');
  return {
    ports,
    held: new Set(held),
    pid: child.pid,
    async release() {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    },
  };
}

/** So many ports in a row that nobody holds on any address. */
async function freeRun(count: number): Promise<number[]> {
  for (let first = firstCandidate; first < lastCandidate; first += count) {
    const ports = Array.from({ length: count }, (_, index) => first + index);
    const answers = await Promise.all(ports.map((port) => probeBind({ protocol: 'tcp', address: '::', port })));
    if (answers.every((answer) => answer === 'free')) return ports;
  }
  throw new Error(`There are no ${count} free ports in a row`);
}
