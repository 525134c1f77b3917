import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { newId } from '#shared/base/ids.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import { writeRaw } from '../../http/client-errors.ts';
import { requestHeaders } from './forward-headers.ts';

const handshakeTimeoutMs = 10_000;

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
 * Passes an upgrade request on to a sibling's Unix socket and, if that accepts, joins the two connections.
 *
 * The handshake is the client's own, so the sibling signs it in and picks the subprotocol. A refusal is passed back as it is; a
 * sibling that is not there is answered with 503, and a client of the live protocol connects again by itself.
 */
export function tunnelUpgrade(
  upgrade: { request: IncomingMessage; socket: Duplex; head: Buffer },
  socketPath: string,
): void {
  const { request, socket, head } = upgrade;
  const headers = requestHeaders(request.rawHeaders, {
    address: request.socket.remoteAddress ?? '',
    host: request.headers.host ?? '',
    requestId: newId('req'),
  });
  headers.push('connection', 'Upgrade', 'upgrade', request.headers.upgrade ?? 'websocket');
  const outgoing = httpRequest({
    socketPath,
    method: request.method,
    path: request.url,
    headers,
    agent: false,
    setHost: false,
    timeout: handshakeTimeoutMs,
  });
  let settled = false;
  const fail = () => {
    if (settled) return;
    settled = true;
    outgoing.destroy();
    writeRaw(
      socket,
      new ClosError('MODULE_UNAVAILABLE', 'The websocket does not answer. It is restarted by itself; try again.'),
    );
  };
  outgoing.once('timeout', fail);
  outgoing.on('error', fail);
  socket.once('close', () => {
    if (!settled) outgoing.destroy();
  });
  outgoing.once('upgrade', (answer, upstream, upstreamHead) => {
    settled = true;
    upstream.setTimeout(0);
    socket.write(rawHead(answer));
    if (upstreamHead.length > 0) socket.write(upstreamHead);
    if (head.length > 0) upstream.write(head);
    join(socket, upstream);
  });
  outgoing.once('response', (answer) => {
    settled = true;
    outgoing.setTimeout(0);
    const refusal = rawHead(answer).replace(/^(?:connection|transfer-encoding|keep-alive): .*\r\n/gim, '');
    socket.write(refusal.replace(/\r\n\r\n$/, '\r\nconnection: close\r\n\r\n'));
    answer.pipe(socket);
    answer.on('error', () => socket.destroy());
  });
  outgoing.end();
}
