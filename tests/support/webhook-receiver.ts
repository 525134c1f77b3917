import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import type { ClosEvent } from '#shared/contract/events.ts';
import type { Certificate } from './certificates.ts';

export interface Received {
  id: string;
  event: ClosEvent;
  body: string;
  headers: IncomingHttpHeaders;
  /** The name that was asked for in the handshake (SNI); null without TLS. */
  servername: string | false | null;
}

export interface WebhookReceiver {
  url: string;
  /** Every request, in the order in which they came. */
  received: Received[];
  /** Goes away: connections are refused. */
  close(): Promise<void>;
  /** Comes back to the same port. */
  open(): Promise<void>;
}

/**
 * A receiver of webhooks that answers as told: a status, or whatever it does with the response. With a certificate it speaks TLS, and
 * its URL names `localhost`.
 */
export async function startReceiver(
  answer: (request: Received, count: number) => number | ((response: ServerResponse) => void) = () => 204,
  certificate?: Certificate,
): Promise<WebhookReceiver> {
  const received: Received[] = [];
  const listener: RequestListener = async (request, response) => {
    const body = await text(request).catch(() => null);
    if (body === null) return;
    const { headers, socket } = request;
    const servername = socket instanceof TLSSocket ? (socket.servername ?? null) : null;
    const one = { id: String(headers['clos-webhook-id']), event: JSON.parse(body), body, headers, servername };
    received.push(one);
    const told = answer(one, received.length);
    if (typeof told === 'number') response.writeHead(told).end('the body of the answer');
    else told(response);
  };
  const server = certificate === undefined ? createServer(listener) : createTlsServer(certificate, listener);
  let port = 0;
  const open = async () => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  };
  await open();
  return {
    url: `${certificate === undefined ? 'http://127.0.0.1' : 'https://localhost'}:${port}/hook`,
    received,
    open,
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await turn();
    },
  };
}
