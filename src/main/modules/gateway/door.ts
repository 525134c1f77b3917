import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { newId } from '#shared/base/ids.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import { answerClientErrors, writeRaw } from '../../http/client-errors.ts';
import { isOwnHost, isOwnOrigin } from '../../http/guard.ts';
import { answerProblem } from './answer.ts';
import { framingFault } from './forward-headers.ts';
import { tunnelUpgrade } from './tunnel.ts';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const closeGraceMs = 1000;

/** Why a request may not come in, or null. This runs before anything else looks at it, and never throws. */
function refusalOf(request: IncomingMessage): ClosError | null {
  const { host, origin } = request.headers;
  const fault = framingFault(request.rawHeaders);
  if (fault !== null) return new ClosError('INVALID_INPUT', fault);
  if (!isOwnHost(host, request.socket.localPort ?? 0)) {
    return new ClosError('HOST_NOT_ALLOWED', 'Use 127.0.0.1 or localhost with the port that you connected to.');
  }
  if (!isOwnOrigin(origin, host)) {
    return new ClosError('ORIGIN_NOT_ALLOWED', 'Only pages of CLOS itself may call it from a browser.');
  }
  if (request.url?.startsWith('/') !== true) {
    return new ClosError('INVALID_INPUT', 'The target of a request is a path that starts with "/".');
  }
  return null;
}

/** True if a URL's path is this one or lies below it. */
export function isUnder(url: string, prefix: string): boolean {
  if (!url.startsWith(prefix)) return false;
  const next = url[prefix.length];
  return next === undefined || next === '/' || next === '?';
}

export interface Door {
  server: Server;
  /** Takes nothing more, lets requests that run end for a second, then ends every connection, tunnels too. */
  close(): Promise<void>;
}

/**
 * A listener for browsers and scripts. The guard stands before everything; upgrades of `/ws` go to the websocket's socket,
 * requests that pass go to `answer`.
 */
export function createDoor(websocketPath: string, answer: Answer): Door {
  const server = createServer(
    { maxHeaderSize: 16 * 1024, requestTimeout: 60_000, headersTimeout: 10_000, connectionsCheckingInterval: 1000 },
    (request, response) => {
      request.on('error', () => undefined);
      response.on('error', () => undefined);
      const refusal = refusalOf(request);
      if (refusal === null) {
        answer(request, response);
        return;
      }
      // What follows a request that we do not understand is not read as another one, nor answered.
      response.setHeader('connection', 'close');
      answerProblem(response, refusal, newId('req'));
    },
  );
  server.keepAliveTimeout = 65_000;
  server.maxConnections = 10_000;
  answerClientErrors(server);
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const refusal =
      refusalOf(request) ??
      (isUnder(request.url ?? '', '/ws') && request.headers.upgrade?.toLowerCase() === 'websocket'
        ? null
        : new ClosError('ROUTE_NOT_FOUND', 'The WebSocket is at /ws.'));
    if (refusal === null) tunnelUpgrade({ request, socket, head }, websocketPath);
    else writeRaw(socket, refusal);
  });
  const connections = new Set<Socket>();
  server.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  return {
    server,
    close: () =>
      new Promise((resolve) => {
        const deadline = setTimeout(() => {
          for (const socket of connections) socket.destroy();
        }, closeGraceMs);
        server.close(() => {
          clearTimeout(deadline);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}
