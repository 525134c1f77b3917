import type { IncomingMessage } from 'node:http';
import type { Transport, TransportResponse } from '../client/transport.ts';
import { ClosError } from '../contract/clos-error.ts';

// An import of values from node:http asks for each of its exports, and with `WebSocket` loads all of undici: a sixth of the time
// that a short command takes.
const { Agent, request: httpRequest } = process.getBuiltinModule('node:http');

async function readBody(message: IncomingMessage): Promise<string> {
  message.setEncoding('utf8');
  let text = '';
  for await (const chunk of message) text += chunk;
  return text;
}

/** Leaving the loop early ends the exchange, as it does with the message itself. */
async function* readChunks(message: IncomingMessage, explain: (cause: unknown) => unknown): AsyncGenerator<string> {
  try {
    for await (const chunk of message) yield chunk;
  } catch (cause) {
    throw explain(cause);
  }
}

function headersOf(message: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

export interface SocketTransport extends Transport {
  /** Closes the kept connections. */
  close(): void;
}

/**
 * HTTP over a Unix socket (a named pipe on Windows), with kept connections.
 *
 * The socket lies in a folder that only its owner can enter, so no impostor on a port ever sees the token. `timeoutMs` bounds
 * the wait for an answer's head; 30 s unless said otherwise. A kept connection that the other side closed meanwhile is
 * replaced once, which is safe because nothing was received on it.
 */
export function socketTransport(options: {
  socketPath: string;
  token: () => string | null;
  timeoutMs?: number;
}): SocketTransport {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const { socketPath, timeoutMs = 30_000 } = options;

  return {
    close: () => agent.destroy(),
    async request({ method, path, headers, body, signal }, { stream = false } = {}) {
      const token = options.token();
      const send = () =>
        new Promise<IncomingMessage>((resolve, reject) => {
          const request = httpRequest(
            {
              socketPath,
              method,
              path,
              agent,
              timeout: timeoutMs,
              ...(signal === undefined ? {} : { signal }),
              headers: {
                host: 'localhost',
                ...headers,
                ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
                ...(token === null ? {} : { authorization: `Bearer ${token}` }),
              },
            },
            (message) => {
              // A stream may be silent for as long as it likes.
              if (stream) request.setTimeout(0);
              resolve(message);
            },
          );
          request.once('error', (error: NodeJS.ErrnoException) => {
            reject(Object.assign(error, { reusedSocket: request.reusedSocket }));
          });
          request.once('timeout', () => request.destroy(new Error(`No answer within ${timeoutMs} ms`)));
          request.end(body);
        });

      function brokenOff(cause: unknown): unknown {
        if (signal?.aborted) return signal.reason;
        return new ClosError('CLOS_UNREACHABLE', `The connection to ${socketPath} broke off.`, { cause });
      }

      let message: IncomingMessage;
      try {
        message = await send().catch((error: NodeJS.ErrnoException & { reusedSocket?: boolean }) => {
          if (error.code === 'ECONNRESET' && error.reusedSocket === true) return send();
          throw error;
        });
      } catch (cause) {
        if (signal?.aborted) throw signal.reason;
        const text = cause instanceof Error ? cause.message : String(cause);
        throw new ClosError('CLOS_UNREACHABLE', `CLOS does not answer at ${socketPath}: ${text}`, { cause });
      }
      const status = message.statusCode ?? 0;
      const answer: TransportResponse = { status, headers: headersOf(message), body: '' };
      if (stream && status >= 200 && status < 300) {
        message.setEncoding('utf8');
        return { ...answer, chunks: readChunks(message, brokenOff) };
      }
      try {
        return { ...answer, body: await readBody(message) };
      } catch (cause) {
        throw brokenOff(cause);
      }
    },
  };
}
