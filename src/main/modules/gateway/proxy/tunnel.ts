import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { newId } from '#shared/base/ids.ts';
import type { ClosError } from '#shared/contract/clos-error.ts';
import { writeRaw } from '../../../http/client-errors.ts';
import { failureOf } from './forward.ts';
import { requestHeaders } from './headers.ts';

const handshakeTimeoutMs = 10_000;

export interface TunnelOptions {
  /** Where to: a sibling's Unix socket, or a port of this machine. */
  to: { socketPath: string } | { scheme: string; host: string; port: number };
  path: string;
  /** The path that was taken off. */
  prefix?: string;
  via: string;
  /** Why nobody answers. */
  refusal(): ClosError;
  /** Nobody listens there, so nothing was sent. Says why nobody answers unless given. */
  onNeverArrived?(): void;
}

/** The head of an answer as it goes over the wire. */
function rawHead(answer: IncomingMessage): string {
  let head = `HTTP/1.1 ${answer.statusCode ?? 502} ${answer.statusMessage ?? ''}\r\n`;
  for (let i = 0; i < answer.rawHeaders.length; i += 2) {
    head += `${answer.rawHeaders[i]}: ${answer.rawHeaders[i + 1]}\r\n`;
  }
  return `${head}\r\n`;
}

/** So long a client may take to read what was sent before the end. */
const lingerMs = 5000;

/** Lets a connection have what was written to it, and ends it. What it still sends is thrown away: to leave it unread resets it. */
function finish(socket: Duplex): void {
  if (socket.destroyed) return;
  socket.unpipe();
  socket.resume();
  socket.end();
  const deadline = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => clearTimeout(deadline));
}

/** Passes bytes both ways until one side ends; then the other ends too, with all that was meant for it. */
function join(one: Duplex, other: Duplex): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on('error', () => from.destroy());
    from.once('close', () => finish(to));
    from.pipe(to);
  }
}

/**
 * Passes an upgrade request on and, if it is accepted, joins the two connections.
 *
 * The handshake is the client's own, so who answers it signs it in and picks the subprotocol. A refusal is passed back as it is;
 * where nobody answers, `refusal` says why.
 */
export function tunnelUpgrade(
  upgrade: { request: IncomingMessage; socket: Duplex; head: Buffer },
  options: TunnelOptions,
): void {
  const { request, socket, head } = upgrade;
  const { to, path, prefix, via, refusal } = options;
  const headers = requestHeaders(request, {
    requestId: newId('req'),
    via,
    ...(prefix === undefined ? {} : { prefix }),
  });
  headers.push('connection', 'Upgrade', 'upgrade', request.headers.upgrade ?? 'websocket');
  const send = 'scheme' in to && to.scheme === 'https' ? httpsRequest : httpRequest;
  const outgoing = send({
    ...to,
    method: request.method,
    path,
    headers,
    agent: false,
    // The bytes never leave this machine.
    rejectUnauthorized: false,
    setHost: false,
    timeout: handshakeTimeoutMs,
  });
  let settled = false;
  const fail = () => {
    if (settled) return;
    settled = true;
    outgoing.destroy();
    writeRaw(socket, refusal());
  };
  outgoing.once('timeout', fail);
  outgoing.on('error', (error) => {
    const { onNeverArrived } = options;
    if (settled || onNeverArrived === undefined || failureOf(error) !== 'never-arrived') fail();
    else {
      settled = true;
      onNeverArrived();
    }
  });
  socket.once('close', () => {
    if (!settled) outgoing.destroy();
  });
  outgoing.once('upgrade', (answer, upstream, upstreamHead) => {
    settled = true;
    upstream.setTimeout(0);
    socket.write(rawHead(answer), 'latin1');
    if (upstreamHead.length > 0) socket.write(upstreamHead);
    if (head.length > 0) upstream.write(head);
    join(socket, upstream);
  });
  outgoing.once('response', (answer) => {
    settled = true;
    outgoing.setTimeout(0);
    const refused = rawHead(answer).replace(/^(?:connection|transfer-encoding|keep-alive): .*\r\n/gim, '');
    socket.write(refused.replace(/\r\n\r\n$/, '\r\nconnection: close\r\n\r\n'), 'latin1');
    answer.pipe(socket);
    answer.on('error', () => socket.destroy());
  });
  outgoing.end();
}
