import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import { mayCall, type Principal } from '#shared/contract/access.ts';
import { closeCodes, liveSubprotocol } from '#shared/contract/live.ts';
import type { Hub } from './hub.ts';
import type { Peer } from './session.ts';

export interface ConnectionsOptions {
  hub: Hub;
  /** Who asks. Rejects when it cannot be found out now. */
  authenticate(request: IncomingMessage): Promise<Principal | null>;
  onError(error: unknown): void;
  heartbeatMs?: number;
}

const maxMessageBytes = 64 * 1024;
/** A client that does not answer a close frame within this time is cut off; so long a slow one may read what it was sent. */
const closeTimeoutMs = 5000;
/** The same when CLOS stops. */
const stopTimeoutMs = 1000;
const goingAway = 1001;
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

/** Writes finished frames straight to the socket: without compression nothing of `ws` is ever half written. */
function peerOf(ws: WebSocket, socket: Duplex): Peer {
  return {
    write(frames) {
      if (ws.readyState === ws.OPEN) socket.write(frames);
    },
    pending: () => socket.writableLength,
    drained: () =>
      new Promise((resolve) => {
        const done = () => {
          socket.off('drain', done);
          socket.off('close', done);
          resolve();
        };
        if (socket.writableLength === 0 || socket.destroyed) return resolve();
        socket.on('drain', done);
        socket.on('close', done);
      }),
    drop: (code, reason) => ws.close(code, reason),
  };
}

/**
 * Turns upgrade requests into sessions of the hub.
 *
 * Whoever is not signed in, or not allowed, is let through the handshake first and closed with the code that says so: a browser
 * shows a page nothing of a handshake that failed.
 */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #server: WebSocketServer;
  readonly #heard = new WeakSet<WebSocket>();
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
    return this.#server.clients.size;
  }

  /** Answers an upgrade that the guard has let through. Never throws. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#admit(request).then(
      (refusal) => {
        if (this.#closing) {
          socket.destroy();
          return;
        }
        this.#server.handleUpgrade(request, socket, head, (ws) => this.#accept(ws, socket, refusal));
      },
      (error: unknown) => {
        this.#options.onError(error);
        socket.destroy();
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

  async #admit(request: IncomingMessage): Promise<{ code: number; reason: string } | null> {
    let principal: Principal | null;
    try {
      principal = await this.#options.authenticate(request);
    } catch (error) {
      this.#options.onError(error);
      return { code: tryAgainLater, reason: 'Try again later' };
    }
    if (principal === null) return { code: closeCodes.notSignedIn, reason: 'Not signed in' };
    if (!mayCall(principal, { permission: 'events:read' }))
      return { code: closeCodes.notAllowed, reason: 'Not allowed' };
    return null;
  }

  #accept(ws: WebSocket, socket: Duplex, refusal: { code: number; reason: string } | null): void {
    // A broken frame, a message that is too long: ws closes the connection with the code of RFC 6455.
    ws.on('error', () => undefined);
    if (refusal !== null) {
      ws.close(refusal.code, refusal.reason);
      return;
    }
    this.#heard.add(ws);
    ws.on('pong', () => this.#heard.add(ws));
    const session = this.#options.hub.join(peerOf(ws, socket));
    ws.on('close', () => session.leave());
    ws.on('message', (data, isBinary) => {
      this.#heard.add(ws);
      session.receive(isBinary ? '' : String(data));
    });
  }

  #beat(): void {
    for (const ws of this.#server.clients) {
      if (ws.readyState !== ws.OPEN) continue;
      if (!this.#heard.delete(ws)) {
        ws.terminate();
        continue;
      }
      ws.ping();
    }
  }
}
