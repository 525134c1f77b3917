import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import { newId } from '#shared/base/ids.ts';
import { mayCall, type Principal } from '#shared/contract/access.ts';
import type { Connected, LiveConnection } from '#shared/contract/connections.ts';
import { closeCodes, liveSubprotocol } from '#shared/contract/live.ts';
import type { ClientRecords } from './client-records.ts';
import type { Hub, Seat } from './hub.ts';
import { peerOf } from './peer.ts';
import { createMeter, createTurnstile } from './turnstile.ts';

export interface ConnectionsOptions {
  hub: Hub;
  /** Who asks. Rejects when it cannot be found out now. */
  authenticate(request: IncomingMessage): Promise<Principal | null>;
  records: ClientRecords;
  onError(error: unknown): void;
  heartbeatMs?: number;
}

const maxMessageBytes = 64 * 1024;
/** Far more than any client has to say, and too little to keep others waiting. */
const maxMessagesPerSecond = 200;
/** So many are signed in at once, however many come. */
const maxSigningIn = 16;
/** A client that does not answer a close frame within this time is cut off; so long a slow one may read what it was sent. */
const closeTimeoutMs = 5000;
/** The same when CLOS stops. */
const stopTimeoutMs = 1000;
/** Time for the reason to reach a client that is not listened to any more. */
const hangUpMs = 250;
const goingAway = 1001;
const notAccepted = 1008;
const tryAgainLater = 1013;

/** The types of `ws` lag behind its limits. */
const serverOptions: ServerOptions & { maxFragments: number; maxBufferedChunks: number; closeTimeout: number } = {
  noServer: true,
  clientTracking: true,
  perMessageDeflate: false,
  maxPayload: maxMessageBytes,
  maxFragments: 64,
  maxBufferedChunks: 1024,
  closeTimeout: closeTimeoutMs,
  handleProtocols: (offered) => (offered.has(liveSubprotocol) ? liveSubprotocol : false),
};

interface Refusal {
  code: number;
  reason: string;
}

/** Where a request came from. What it says about others that it stands for counts on our own socket only, where the gateway asks. */
function originOf({ socket, headers }: IncomingMessage): string {
  if (socket.localPort !== undefined) return socket.remoteAddress ?? '';
  const forwarded = headers['x-forwarded-for'];
  return typeof forwarded === 'string' ? forwarded : 'socket';
}

function connectedOf(request: IncomingMessage, { type, id, name }: Principal): Connected {
  return {
    who: { type, id, name },
    since: new Date().toISOString(),
    from: originOf(request),
    agent: request.headers['user-agent']?.slice(0, 200) ?? null,
  };
}

/** What else it sends is not even taken from the network, its answer to the close included. */
function hangUp(ws: WebSocket): void {
  ws.pause();
  setTimeout(() => ws.terminate(), hangUpMs).unref();
}

/**
 * Turns upgrade requests into sessions of the hub, and looks after them.
 *
 * Whoever is not signed in, or not allowed, is let through the handshake first and closed with the code that says so: a browser
 * shows a page nothing of a handshake that failed.
 */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #server: WebSocketServer;
  readonly #open = new Map<string, { ws: WebSocket; seat: Seat }>();
  readonly #heard = new WeakSet<WebSocket>();
  readonly #signIn = createTurnstile(maxSigningIn);
  #heartbeat: NodeJS.Timeout | null = null;
  #closing = false;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#server = new WebSocketServer(serverOptions);
  }

  /** Starts looking after clients that have gone without a word. */
  start(): void {
    this.#heartbeat = setInterval(() => this.#beat(), this.#options.heartbeatMs ?? 15_000);
    this.#heartbeat.unref();
  }

  get size(): number {
    return this.#open.size;
  }

  /** All that are signed in, oldest first. */
  async list(): Promise<LiveConnection[]> {
    return Promise.all(
      [...this.#open].map(async ([id, { seat }]) => ({
        id,
        client: await this.#options.records.get(id),
        ...seat.state,
      })),
    );
  }

  /** Ends a connection; its client is told that it was meant. False if there is none with this id. */
  close(id: string): boolean {
    const connection = this.#open.get(id);
    if (connection === undefined) return false;
    connection.seat.leave();
    connection.ws.close(closeCodes.closed, 'Closed by an administrator');
    return true;
  }

  /** Answers an upgrade that the guard has let through. Never throws. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#signIn(() => (socket.destroyed ? Promise.resolve(null) : this.#options.authenticate(request))).then(
      (principal) => this.#handshake({ request, socket, head }, principal),
      (error: unknown) => {
        this.#options.onError(error);
        this.#handshake({ request, socket, head }, { code: tryAgainLater, reason: 'Try again later' });
      },
    );
  }

  /** Closes every connection as going away, and cuts off those that do not answer. */
  async stop(): Promise<void> {
    this.#closing = true;
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
    const clients = [...this.#server.clients];
    const closed = clients.map((ws) => new Promise((resolve) => ws.once('close', resolve)));
    for (const ws of clients) ws.close(goingAway, 'CLOS is stopping');
    const deadline = setTimeout(() => {
      for (const ws of clients) ws.terminate();
    }, stopTimeoutMs);
    await Promise.all(closed);
    clearTimeout(deadline);
  }

  #handshake(
    { request, socket, head }: { request: IncomingMessage; socket: Duplex; head: Buffer },
    found: Principal | Refusal | null,
  ): void {
    if (this.#closing) {
      socket.destroy();
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      // A broken frame, a message that is too long: ws closes the connection with the code of RFC 6455, and would read on.
      ws.on('error', () => setImmediate(hangUp, ws));
      if (found === null) ws.close(closeCodes.notSignedIn, 'Not signed in');
      else if ('code' in found) ws.close(found.code, found.reason);
      else if (!mayCall(found, { permission: 'events:read' })) ws.close(closeCodes.notAllowed, 'Not allowed');
      else this.#accept(ws, socket, connectedOf(request, found));
    });
  }

  #accept(ws: WebSocket, socket: Duplex, client: Connected): void {
    const id = newId('con');
    const seat = this.#options.hub.join(peerOf(ws, socket));
    this.#open.set(id, { ws, seat });
    void this.#options.records.put(id, client);
    ws.on('close', () => {
      seat.leave();
      this.#open.delete(id);
      void this.#options.records.remove(id);
    });

    const isBearable = createMeter(maxMessagesPerSecond);
    const hear = (): boolean => {
      this.#heard.add(ws);
      if (isBearable()) return true;
      seat.leave();
      if (ws.readyState !== ws.OPEN) return false;
      ws.close(notAccepted, 'Too many messages');
      hangUp(ws);
      return false;
    };
    hear();
    // Pings are counted by `ws`, which answers them.
    ws.on('pong', hear);
    ws.on('message', (data, isBinary) => {
      if (hear()) seat.receive(isBinary ? '' : String(data));
    });
  }

  #beat(): void {
    for (const [id, { ws }] of this.#open) {
      if (ws.readyState !== ws.OPEN) continue;
      if (!this.#heard.delete(ws)) {
        ws.terminate();
        continue;
      }
      ws.ping();
      void this.#options.records.renew(id);
    }
  }
}
