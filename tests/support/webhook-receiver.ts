import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import type { ClosEvent } from '#shared/contract/events.ts';

export interface Received {
  id: string;
  event: ClosEvent;
  body: string;
  headers: IncomingHttpHeaders;
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

/** A receiver of webhooks that answers as told: a status, or whatever it does with the response. */
export async function startReceiver(
  answer: (request: Received, count: number) => number | ((response: ServerResponse) => void) = () => 204,
): Promise<WebhookReceiver> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request).catch(() => null);
    if (body === null) return;
    const { headers } = request;
    const one = { id: String(headers['clos-webhook-id']), event: JSON.parse(body), body, headers };
    received.push(one);
    const told = answer(one, received.length);
    if (typeof told === 'number') response.writeHead(told).end('the body of the answer');
    else told(response);
  });
  let port = 0;
  const open = async () => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  };
  await open();
  return {
    url: `http://127.0.0.1:${port}/hook`,
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
