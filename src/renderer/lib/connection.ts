import type { ClosBridge } from '#shared/client/bridge.ts';
import { type Client, createClient } from '#shared/client/client.ts';
import { fetchTransport } from '#shared/client/fetch-transport.ts';
import { ipcTransport } from '#shared/client/ipc-transport.ts';
import type { LiveSocket } from '#shared/client/live-client.ts';
import type { Transport } from '#shared/client/transport.ts';
import { liveSubprotocol } from '#shared/contract/live.ts';
import { forgetToken, sessionToken } from './session.ts';

declare global {
  interface Window {
    /** The preload's bridge: there in the desktop's window, absent in a browser. */
    readonly clos?: ClosBridge;
  }
}

/** How this window reaches CLOS. Everything above it is the same in the browser and on the desktop. */
export interface Connection {
  kind: 'desktop' | 'browser';
  transport: Transport;
  client: Client;
  /** False where an answer only comes whole, so that nothing can be followed. */
  streams: boolean;
  openSocket(): Promise<LiveSocket>;
  openExternal(url: string): void;
  /** Leaves the dashboard for a page, in its place. */
  follow(url: string): void;
}

function desktopConnection(bridge: ClosBridge): Connection {
  const transport = ipcTransport(bridge);
  return {
    kind: 'desktop',
    transport,
    client: createClient(transport),
    streams: false,
    openSocket: async () => new WebSocket(await bridge.websocketUrl(), liveSubprotocol),
    openExternal: (url) => bridge.openExternal(url),
    follow: (url) => bridge.openExternal(url),
  };
}

/** A token that CLOS no longer knows is forgotten, which brings the sign-in page back. */
function forgettingTransport(inner: Transport): Transport {
  return {
    async request(request, options) {
      const token = sessionToken.get();
      const response = await inner.request(request, options);
      if (response.status === 401 && token !== null && token === sessionToken.get()) forgetToken();
      return response;
    },
  };
}

function browserConnection(): Connection {
  const transport = forgettingTransport(fetchTransport({ baseUrl: '', token: () => sessionToken.get() }));
  const client = createClient(transport);
  return {
    kind: 'browser',
    transport,
    client,
    streams: true,
    async openSocket() {
      const { ticket } = await client.auth.createTicket();
      const origin = location.origin.replace(/^http/, 'ws');
      return new WebSocket(`${origin}/ws?ticket=${encodeURIComponent(ticket)}`, liveSubprotocol);
    },
    openExternal: (url) => {
      window.open(url, '_blank', 'noopener,noreferrer');
    },
    follow: (url) => location.replace(url),
  };
}

export const connection: Connection = window.clos === undefined ? browserConnection() : desktopConnection(window.clos);
export const { client } = connection;
