import { connect, isIP, type Socket } from 'node:net';

/**
 * What a connection to an address and port met:
 *
 * - `accepted`: it was taken, and not closed at once; or something was said.
 * - `closed-at-once`: it was taken and closed or reset within the window without a word, as the forwarder of a container does
 *   when nothing answers inside.
 * - `refused`: nobody listens.
 * - `silent`: no answer within the timeout, as from a firewall or a program that takes no more connections.
 * - `unreachable`: the address is not to be reached from here, or its family is switched off.
 */
export type ConnectResult = 'accepted' | 'closed-at-once' | 'refused' | 'silent' | 'unreachable';

export interface ConnectTarget {
  /** An IP address without brackets. */
  address: string;
  /** 1-65535, TCP. */
  port: number;
  /** How long the connection may take to come about. */
  timeoutMs: number;
  /** How long to look whether it is closed again, 250 ms unless said otherwise. Less when it is enough that it was taken. */
  windowMs?: number;
}

const defaultWindowMs = 250;

/**
 * Connects and hangs up, without a word.
 *
 * A refused connection costs nobody anything, 60 µs here. An accepted one is seen by the program that takes it, and some write it
 * to their log, so ask for a reason and not in a loop. It is closed, not reset, so that no program meets an error.
 * Rejects with what the system says when it has no sockets or ports left, and with a RangeError for what is not a port.
 */
export async function probeConnect(target: ConnectTarget): Promise<ConnectResult> {
  const { address, port, timeoutMs, windowMs = defaultWindowMs } = target;
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new RangeError(`${port} is not a port`);
  if (isIP(address) === 0) return 'unreachable';
  const socket = connect({ host: address, port });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<ConnectResult>((resolve, reject) => {
      timer = setTimeout(resolve, timeoutMs, 'silent');
      socket.once('connect', () => {
        clearTimeout(timer);
        if (isOurself(socket)) resolve('refused');
        else timer = setTimeout(resolve, windowMs, 'accepted');
      });
      socket.once('data', () => resolve('accepted'));
      socket.once('end', () => resolve('closed-at-once'));
      socket.once('error', (error) => {
        const result = readFailure(error);
        if (result === null) reject(error);
        else resolve(result);
      });
    });
  } finally {
    clearTimeout(timer);
    socket.on('error', () => undefined).destroy();
  }
}

/** Where nobody listens at a port of the ephemeral range, the system can choose this very port for our end (RFC 9293, 3.5). */
function isOurself({ localPort, localAddress, remotePort, remoteAddress }: Socket): boolean {
  return localPort === remotePort && localAddress === remoteAddress;
}

/** Null for a failure that says nothing about the other end. */
function readFailure(error: Error): ConnectResult | null {
  switch ('code' in error ? error.code : undefined) {
    case 'ECONNREFUSED':
      return 'refused';
    case 'ECONNRESET':
    case 'ECONNABORTED':
    case 'EPIPE':
      return 'closed-at-once';
    case 'ETIMEDOUT':
      return 'silent';
    case 'EHOSTUNREACH':
    case 'EHOSTDOWN':
    case 'ENETUNREACH':
    case 'ENETDOWN':
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EACCES': // A broadcast address, or a rule of the firewall.
    case 'EPERM':
    case 'EINVAL': // A link-local address without its interface.
      return 'unreachable';
    default:
      return null;
  }
}
