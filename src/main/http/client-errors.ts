import type { Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { newId } from '#shared/base/ids.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import { problemOf } from './problem.ts';

/** Answers below HTTP's own machinery: upgrades that are refused, requests that could not be parsed. */
export function writeRaw(socket: Duplex, error: ClosError): void {
  if (!socket.writable) return;
  const body = JSON.stringify(problemOf(error, newId('req')));
  socket.end(
    `HTTP/1.1 ${error.status} Refused\r\ncontent-type: application/problem+json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

function refusalOf(code: string | undefined): ClosError {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new ClosError('REQUEST_TIMEOUT', 'The request did not come to its end in time.');
    case 'HPE_HEADER_OVERFLOW':
      return new ClosError('HEADERS_TOO_LARGE', 'The request is not well-formed HTTP.');
    default:
      return new ClosError('INVALID_INPUT', 'The request is not well-formed HTTP.');
  }
}

/**
 * Has a server answer what is not HTTP with a problem document. Bytes that belong to a request which was answered before it was
 * read to the end, or which follow a refusal, get no answer of their own: the connection ends.
 */
export function answerClientErrors(server: Server): void {
  const latest = new WeakMap<Duplex, ServerResponse>();
  server.prependListener('request', (request, response) => {
    latest.set(request.socket, response);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const answer = latest.get(socket);
    if (answer?.headersSent === true && !(answer.req.complete && answer.shouldKeepAlive)) {
      socket.end(() => socket.destroy());
      return;
    }
    writeRaw(socket, refusalOf(error.code));
  });
}
