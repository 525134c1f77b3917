import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { type ConnectResult, probeConnect } from '#main/host/connect-probe.ts';
import { engineCall } from '#tests/support/engine-http.ts';
import { eventually } from '#tests/support/eventually.ts';
import { webImage } from '#tests/support/web-image.ts';
import { freePort } from './sockets.ts';

const timeoutMs = 5000;
const probeFile = fileURLToPath(new URL('../../../../src/main/host/connect-probe.ts', import.meta.url));

/** A server that does `greet` with every connection, and what became of them. */
async function serve(
  greet: (socket: Socket) => void,
  address = '127.0.0.1',
): Promise<{ port: number; ends: string[] }> {
  const ends: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.once('end', () => ends.push('end'));
    socket.once('error', (error) => ends.push(error.message));
    greet(socket);
  });
  server.listen(0, address);
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const at = server.address();
  if (at === null || typeof at === 'string') throw new Error('The server has no port');
  return { port: at.port, ends };
}

function probe(port: number, address = '127.0.0.1'): Promise<ConnectResult> {
  return probeConnect({ address, port, timeoutMs });
}

describe('a connection to a port', () => {
  it.each(['127.0.0.1', '::1'])('is refused at %s when nobody listens', async (address) => {
    expect(await probe(await freePort(), address)).toBe('refused');
  });

  it.each(['127.0.0.1', '::1'])(
    'is accepted at %s by a server that waits to be asked, and that sees no error',
    async (address) => {
      const { port, ends } = await serve((socket) => void socket.resume(), address);
      expect(await probe(port, address)).toBe('accepted');
      expect(
        await eventually(
          async () => ends,
          ({ length }) => length > 0,
        ),
      ).toEqual(['end']);
    },
  );

  it('is accepted by a server that speaks first and hangs up', async () => {
    const { port } = await serve((socket) => void socket.end('220 hello\r\n'));
    expect(await probe(port)).toBe('accepted');
  });

  it('is closed at once by a server that hangs up without a word', async () => {
    const { port } = await serve((socket) => void socket.destroy());
    expect(await probe(port)).toBe('closed-at-once');
  });

  it('is closed at once by a server that resets it', async () => {
    const { port } = await serve((socket) => void socket.resetAndDestroy());
    expect(await probe(port)).toBe('closed-at-once');
  });

  it('is closed at once by a server that ends its half and goes on listening', async () => {
    const { port } = await serve((socket) => void socket.resume().end());
    expect(await probe(port)).toBe('closed-at-once');
  });

  it('is accepted by a server that hangs up after the window', async () => {
    const { port } = await serve((socket) => void setTimeout(() => socket.destroy(), 400));
    expect(await probeConnect({ address: '127.0.0.1', port, timeoutMs, windowMs: 20 })).toBe('accepted');
  });

  it('does not get through to an address that this host cannot reach or that is none', async () => {
    const port = await freePort();
    expect(await Promise.all(['255.255.255.255', 'localhost', ''].map((address) => probe(port, address)))).toEqual([
      'unreachable',
      'unreachable',
      'unreachable',
    ]);
  });

  it.each([0, -1, 65_536, 1.5, Number.NaN])('is not tried to %s, which is no port', async (port) => {
    await expect(probe(port)).rejects.toThrow(RangeError);
  });

  it.runIf(process.platform === 'linux')('leaves no socket open, whatever it met, a hundred at once', async () => {
    const refused = await freePort();
    const accepted = await serve((socket) => void socket.resume());
    const closed = await serve((socket) => void socket.destroy());
    const own = () => readdirSync('/proc/self/fd').length;
    const before = own();
    const ports = Array.from({ length: 100 }, (_, index) => [refused, accepted.port, closed.port][index % 3] ?? 0);
    const results = await Promise.all(ports.map((port) => probe(port)));
    expect(results).toEqual(ports.map((_, index) => ['refused', 'accepted', 'closed-at-once'][index % 3]));
    // Ours are gone; the server has its ends of those that it accepted.
    expect(
      await eventually(
        async () => accepted.ends.length,
        (ended) => ended === 33,
      ),
    ).toBe(33);
    expect(own() - before).toBe(33);
  });
});

describe.runIf(process.platform === 'linux')('a program that has stopped', () => {
  it('is still connected to by the kernel until its queue is full, and is silent then', async () => {
    const port = await freePort();
    const script = `require('net').createServer().listen({ port: ${port}, host: '127.0.0.1', backlog: 1 }, () => console.log('ready'))`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    });
    await once(createInterface({ input: child.stdout }), 'line');
    child.kill('SIGSTOP');
    const results: ConnectResult[] = [];
    while (results.at(-1) !== 'silent') {
      results.push(await probeConnect({ address: '127.0.0.1', port, timeoutMs: 300, windowMs: 20 }));
    }
    expect(results).toEqual(['accepted', 'accepted', 'silent']);
  });
});

describe.runIf(process.platform === 'linux' && process.getuid?.() === 0)('a port of the ephemeral range', () => {
  it('is not taken for held when the system chooses it for our own end', async () => {
    const script = `
      const { writeFileSync } = await import('node:fs');
      const { probeConnect } = await import(${JSON.stringify(probeFile)});
      writeFileSync('/proc/sys/net/ipv4/ip_local_port_range', '40000 40001');
      const results = [];
      for (let count = 0; count < 20; count++) results.push(await probeConnect({ address: '127.0.0.1', port: 40000, timeoutMs: 5000 }));
      console.log(JSON.stringify([...new Set(results)]));
    `;
    const inNamespace = ['-n', 'sh', '-c', 'ip link set lo up && exec "$0" "$@"', process.execPath];
    const child = spawn('unshare', [...inNamespace, '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    expect(JSON.parse(String(line))).toEqual(['refused']);
  });
});

describe('a published port', () => {
  const inspectSchema = z.object({
    NetworkSettings: z.object({ Ports: z.record(z.string(), z.array(z.object({ HostPort: z.string() }))) }),
  });

  /** A container that publishes its ports 80, where it serves, and 81, where nobody does. */
  async function startContainer(): Promise<{ served: number; empty: number }> {
    const { socketPath } = inject('engine');
    const published = { HostIp: '127.0.0.1', HostPort: '' };
    const created = await engineCall(socketPath, '/containers/create', {
      method: 'POST',
      body: {
        Image: webImage,
        ExposedPorts: { '80/tcp': {}, '81/tcp': {} },
        HostConfig: { Init: true, PortBindings: { '80/tcp': [published], '81/tcp': [published] } },
      },
    });
    const { Id } = z.object({ Id: z.string() }).parse(JSON.parse(created));
    onTestFinished(async () => {
      await engineCall(socketPath, `/containers/${Id}?force=true`, { method: 'DELETE' });
    });
    await engineCall(socketPath, `/containers/${Id}/start`, { method: 'POST' });
    const { NetworkSettings } = inspectSchema.parse(JSON.parse(await engineCall(socketPath, `/containers/${Id}/json`)));
    const portOf = (name: string) => Number(NetworkSettings.Ports[name]?.[0]?.HostPort);
    return { served: portOf('80/tcp'), empty: portOf('81/tcp') };
  }

  it('accepts and closes at once where nothing answers inside the container', async () => {
    const { served, empty } = await startContainer();
    expect(
      await eventually(
        () => probe(served),
        (result) => result === 'accepted',
      ),
    ).toBe('accepted');
    expect(await probe(empty)).toBe('closed-at-once');
  });
});
