import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { newId } from '#shared/base/ids.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import { answerClientErrors, writeRaw } from '../../http/client-errors.ts';
import { isOwnHost, isOwnOrigin } from '../../http/guard.ts';
import { answerProblem } from './answer.ts';
import { hasBody } from './proxy/forward.ts';
import { framingFault } from './proxy/headers.ts';
import { nameOf } from './routing/routing-table.ts';

export interface Upgrade {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
}

/** Who answers behind a door: CLOS under its own names and, at some doors, services under theirs. */
export interface Answers {
  own(request: IncomingMessage, response: ServerResponse): void;
  ownUpgrade(upgrade: Upgrade): void;
  named?: {
    request(request: IncomingMessage, response: ServerResponse, name: string): void;
    upgrade(upgrade: Upgrade, name: string): void;
  };
}

const closeGraceMs = 1000;
const maxConnections = 60_000;

type Passed = { name: string | null };

/** Whether a request may come in, and whose it is. This runs before anything else looks at it, and never throws. */
function judge(request: IncomingMessage, takesNames: boolean): Passed | ClosError {
  const { host, origin } = request.headers;
  const fault = framingFault(request.rawHeaders);
  if (fault !== null) return new ClosError('INVALID_INPUT', fault);
  if (!['1.0', '1.1'].includes(request.httpVersion)) {
    return new ClosError('INVALID_INPUT', `This is HTTP/1.1, not HTTP/${request.httpVersion}.`);
  }
  if (request.url?.startsWith('/') !== true) {
    return new ClosError('INVALID_INPUT', 'The target of a request is a path that starts with "/".');
  }
  if (isOwnHost(host, request.socket.localPort ?? 0)) {
    if (isOwnOrigin(origin, host)) return { name: null };
    return new ClosError('ORIGIN_NOT_ALLOWED', 'Only pages of CLOS itself may call it from a browser.');
  }
  // Whom the pages of a service may call, and who may call them, is the service's own affair.
  const name = takesNames ? nameOf(host) : null;
  if (name !== null && name !== 'clos') return { name };
  return new ClosError('HOST_NOT_ALLOWED', 'Use 127.0.0.1 or localhost with the port that you connected to.');
}

/** What has a body must go on sending it. An answer may be silent for as long as it likes. */
function guardBody(request: IncomingMessage, bodyIdleMs: number): void {
  if (!hasBody(request)) return;
  const { socket } = request;
  const hangUp = () => socket.destroy();
  socket.setTimeout(bodyIdleMs).once('timeout', hangUp);
  request.once('close', () => socket.setTimeout(0).off('timeout', hangUp));
}

/** One listener of a door; a door has one for each address family. */
export function createDoor({ own, ownUpgrade, named }: Answers, { bodyIdleMs }: { bodyIdleMs: number }): Server {
  const takesNames = named !== undefined;
  const latest = new WeakMap<Duplex, ServerResponse>();
  // Node goes on reading where one request was the last, by its own word or because we do not understand it. What follows there is
  // not a request, nor answered.
  const isEnding = (socket: Duplex) => latest.get(socket)?.shouldKeepAlive === false;
  const server = createServer(
    {
      maxHeaderSize: 16 * 1024,
      requestTimeout: 0,
      headersTimeout: 10_000,
      connectionsCheckingInterval: 1000,
      keepAliveTimeout: 65_000,
      // Refused with the other faults of framing, below.
      requireHostHeader: false,
      // Other protocols may be offered, as HTTP/2 by curl; the answer is then in HTTP/1.1.
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
    },
    (request, response) => {
      request.on('error', () => undefined);
      response.on('error', () => undefined);
      if (isEnding(request.socket)) return;
      latest.set(request.socket, response);
      const passed = judge(request, takesNames);
      if (passed instanceof ClosError) {
        response.shouldKeepAlive = false;
        answerProblem(response, passed, newId('req'));
        return;
      }
      guardBody(request, bodyIdleMs);
      if (passed.name === null || named === undefined) own(request, response);
      else named.request(request, response, passed.name);
    },
  );
  server.maxConnections = maxConnections;
  answerClientErrors(server);
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    if (isEnding(socket)) return;
    const passed = judge(request, takesNames);
    if (passed instanceof ClosError) writeRaw(socket, passed);
    else if (hasBody(request)) writeRaw(socket, new ClosError('INVALID_INPUT', 'An upgrade has no body.'));
    else if (passed.name === null || named === undefined) ownUpgrade({ request, socket, head });
    else named.upgrade({ request, socket, head }, passed.name);
  });
  return server;
}

/** Takes nothing more, lets requests that run end for a second, then ends every connection, tunnels too. */
export function closerOf(server: Server): () => Promise<void> {
  const connections = new Set<Socket>();
  server.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  return () =>
    new Promise((resolve) => {
      const deadline = setTimeout(() => {
        for (const socket of connections) socket.destroy();
      }, closeGraceMs);
      server.close(() => {
        clearTimeout(deadline);
        resolve();
      });
      server.closeIdleConnections();
    });
}
