import { createSocket } from 'node:dgram';
import { createServer, isIP, isIPv6 } from 'node:net';
import type { SocketProtocol } from './types.ts';

/**
 * What a bind said about an address and port:
 *
 * - `free`: it could be bound a moment ago.
 * - `used`: something has it, a listener, or a connection that still uses it as its local end.
 * - `forbidden`: the system does not let this user have it (a privileged or an excluded port), so it says nothing about others.
 * - `unavailable`: the address is not one of this host, or its family is switched off.
 */
export type BindResult = 'free' | 'used' | 'forbidden' | 'unavailable';

export interface BindTarget {
  protocol: SocketProtocol;
  /** An IP address without brackets. */
  address: string;
  /** 1-65535. */
  port: number;
  /** Leave IPv4 out of the question. Says something about `::` alone. */
  v6only?: boolean;
}

const waiting = new Map<string, Promise<unknown>>();

/**
 * Asks the kernel whether an address and port can be bound, by binding it for some tens of microseconds.
 *
 * For that moment the probe is itself a holder and can make another program's bind fail, so it belongs into a check or an
 * allocation, never into a watch. Probes of one port queue behind each other, because they would see each other.
 * Rejects with what the system says when it has no sockets left, and with a RangeError for what is not a port.
 */
export async function probeBind(target: BindTarget): Promise<BindResult> {
  const { protocol, address, port } = target;
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new RangeError(`${port} is not a port`);
  if (isIP(address) === 0) return 'unavailable';
  const bind = protocol === 'tcp' ? bindTcp : bindUdp;
  const key = `${protocol}:${port}`;
  const start = () => bind(target);
  const probe = (waiting.get(key) ?? Promise.resolve()).then(start, start);
  waiting.set(key, probe);
  try {
    const failure = await probe;
    return failure === null ? 'free' : readFailure(failure);
  } finally {
    if (waiting.get(key) === probe) waiting.delete(key);
  }
}

/** Binds, closes, and tells what went wrong, if anything. */
function bindTcp({ address, port, v6only = false }: BindTarget): Promise<Error | null> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', resolve);
    server.listen({ host: address, port, exclusive: true, ipv6Only: v6only }, () => server.close(() => resolve(null)));
  });
}

function bindUdp({ address, port, v6only = false }: BindTarget): Promise<Error | null> {
  return new Promise((resolve) => {
    const isSix = isIPv6(address);
    // The option is not one of an IPv4 socket: the bind would be refused, as if the address were not there.
    const socket = createSocket({ type: isSix ? 'udp6' : 'udp4', reuseAddr: false, ipv6Only: isSix && v6only });
    socket.once('error', (error) => socket.close(() => resolve(error)));
    socket.bind({ address, port, exclusive: true }, () => socket.close(() => resolve(null)));
  });
}

function readFailure(error: Error): BindResult {
  switch ('code' in error ? error.code : undefined) {
    case 'EADDRINUSE':
      return 'used';
    case 'EACCES':
    case 'EPERM':
      return 'forbidden';
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EINVAL': // A link-local address without its interface.
      return 'unavailable';
    default:
      throw error;
  }
}
