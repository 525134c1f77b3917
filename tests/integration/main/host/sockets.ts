import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, isIPv6 } from 'node:net';
import { onTestFinished } from 'vitest';
import { probeBind } from '#main/host/bind-probe.ts';
import type { SocketProtocol } from '#main/host/types.ts';
import { hostPorts } from '#tests/support/ports.ts';

export interface HeldSocket {
  protocol: SocketProtocol;
  address: string;
  port: number;
  v6only?: boolean;
}

/** A port outside of the ephemeral range that nobody has on any address, in either protocol. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = hostPorts.first + Math.floor(Math.random() * (hostPorts.last - hostPorts.first));
    const answers = [
      await probeBind({ protocol: 'tcp', address: '::', port }),
      await probeBind({ protocol: 'udp', address: '::', port }),
    ];
    if (answers.every((answer) => answer === 'free')) return port;
  }
}

/** Holds a port with a real socket. Returns the way to let go; the end of the test lets go as well. */
export async function hold({ protocol, address, port, v6only = false }: HeldSocket): Promise<() => Promise<void>> {
  let close: () => Promise<void>;
  if (protocol === 'tcp') {
    const server = createServer((socket) => socket.destroy());
    server.listen({ host: address, port, ipv6Only: v6only, exclusive: true });
    await once(server, 'listening');
    close = () => new Promise((resolve) => server.close(() => resolve()));
  } else {
    const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', ipv6Only: v6only });
    socket.bind({ address, port, exclusive: true });
    await once(socket, 'listening');
    close = () => new Promise((resolve) => socket.close(resolve));
  }
  let ended: Promise<void> | null = null;
  const release = () => {
    ended ??= close();
    return ended;
  };
  onTestFinished(release);
  return release;
}
