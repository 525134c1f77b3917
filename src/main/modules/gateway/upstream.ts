import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { type Dispatcher, Pool } from 'undici';
import { newId } from '#shared/base/ids.ts';
import type { ModuleName } from '#shared/contract/access.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import { answerProblem } from './answer.ts';
import { requestHeaders, responseHeaders } from './forward-headers.ts';

/** A module that was killed is restarted within about a second; that long a request waits for it. */
const patienceMs = 1500;
const pauseMs = 75;
/** A command may be waited for during a minute (Prefer: wait), then the head of its answer must be there. */
const headersTimeoutMs = 75_000;

/** How long the rest of a body that nobody wants is read and thrown away. */
const lingerMs = 2000;

type Method = Dispatcher.DispatchOptions['method'];

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Nothing was sent: no such socket, or nobody listens on it. */
function neverArrived(error: unknown): boolean {
  return ['ECONNREFUSED', 'ENOENT', 'EPIPE', 'UND_ERR_CONNECT_TIMEOUT'].includes(codeOf(error));
}

/** The other side went away before it answered. */
function brokeOff(error: unknown): boolean {
  return ['ECONNRESET', 'UND_ERR_SOCKET'].includes(codeOf(error));
}

/** The bytes of header names and values are Latin-1, whatever they mean (RFC 9110, section 5.5). */
function rawHeadersOf({ rawHeaders }: Dispatcher.DispatchController): string[] {
  return Array.isArray(rawHeaders) ? rawHeaders.map((part) => part.toString('latin1')) : [];
}

/**
 * The body of a request as undici may have it. It ends a body that is no longer wanted by destroying it; the client's connection
 * must outlive that, for the answer that says why is still to be written.
 */
function detachedBody(request: IncomingMessage): PassThrough {
  const body = new PassThrough();
  request.pipe(body);
  body.once('close', () => {
    request.unpipe(body);
    request.resume();
  });
  request.once('close', () => {
    if (!request.complete) body.destroy(new Error('The client went away.'));
  });
  body.on('error', () => undefined);
  return body;
}

/** Ends an answer. One that came before the whole request was read gives the client time to notice it. */
function endAnswer(response: ServerResponse): void {
  const { req: request } = response;
  if (request.complete || request.destroyed) {
    response.end();
    return;
  }
  const end = () => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, lingerMs);
  request.once('end', end);
  response.once('close', () => clearTimeout(timer));
}

/** One request on its way through: what undici calls back, written to the client as it comes. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;
  readonly #failed: (error: Error) => void;
  #controller: Dispatcher.DispatchController | null = null;

  constructor(response: ServerResponse, failed: (error: Error) => void) {
    this.#response = response;
    this.#failed = failed;
  }

  abort(reason: Error): void {
    this.#controller?.abort(reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#response.destroyed) controller.abort(new Error('The client went away.'));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (status < 200) return;
    const headers = responseHeaders(rawHeadersOf(controller));
    if (!this.#response.req.complete) headers.push('connection', 'close');
    this.#response.writeHead(status, headers);
    // The head goes out at once: a stream may be silent for long before its first line.
    this.#response.flushHeaders();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#response.write(chunk)) return;
    controller.pause();
    this.#response.once('drain', () => controller.resume());
  }

  onResponseEnd(): void {
    endAnswer(this.#response);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#failed(error);
  }
}

/** A sibling that requests are passed on to, over its Unix socket. */
export class Upstream {
  readonly #name: ModuleName;
  readonly #pool: Pool;

  constructor(name: ModuleName, socketPath: string) {
    this.#name = name;
    this.#pool = new Pool('http://localhost', {
      socketPath,
      connections: 1024,
      pipelining: 1,
      connect: { timeout: 1000 },
      headersTimeout: headersTimeoutMs,
      bodyTimeout: 0,
      keepAliveTimeout: 30_000,
      keepAliveMaxTimeout: 60_000,
    });
  }

  /**
   * Passes a request on and its answer back, both as streams, never gathered.
   *
   * The Authorization of the client travels along, and nothing is added to it: the gateway has no authority of its own. A request
   * that never arrived, or a GET whose answer had not begun, is tried again while the module is restarted; then 503.
   */
  forward(request: IncomingMessage, response: ServerResponse): void {
    const requestId = newId('req');
    const deadline = performance.now() + patienceMs;
    const { method = 'GET', url = '/', headers } = request;
    const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
    const safe = method === 'GET' || method === 'HEAD';
    const options: Dispatcher.DispatchOptions = {
      path: url,
      method: method as Method,
      headers: requestHeaders(request.rawHeaders, {
        address: request.socket.remoteAddress ?? '',
        host: headers.host ?? '',
        requestId,
      }),
      body: hasBody ? detachedBody(request) : null,
      // A follower of logs may hold its connection for hours; it must not hold up others.
      blocking: true,
    };
    let exchange: Exchange | null = null;
    let retry: NodeJS.Timeout | null = null;

    const fail = (error: Error): void => {
      if (response.destroyed || response.headersSent) {
        response.destroy();
        return;
      }
      const repeatable = (neverArrived(error) && !hasBody) || (brokeOff(error) && safe && !hasBody);
      if (repeatable && performance.now() < deadline) {
        retry = setTimeout(send, pauseMs);
        return;
      }
      answerProblem(response, this.#explain(error), requestId);
    };
    const send = (): void => {
      exchange = new Exchange(response, fail);
      try {
        this.#pool.dispatch(options, exchange);
      } catch (error) {
        // undici refuses what it could not write without ambiguity, such as control characters in the path.
        answerProblem(
          response,
          new ClosError('INVALID_INPUT', 'The request cannot be passed on as it is.', { cause: error }),
          requestId,
        );
      }
    };

    response.once('close', () => {
      if (retry !== null) clearTimeout(retry);
      if (!response.writableFinished) exchange?.abort(new Error('The client went away.'));
    });
    send();
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  #explain(error: Error): ClosError {
    if (codeOf(error) === 'UND_ERR_INVALID_ARG') {
      return new ClosError('INVALID_INPUT', 'The request cannot be passed on as it is.', { cause: error });
    }
    return new ClosError(
      'MODULE_UNAVAILABLE',
      `The ${this.#name} does not answer. It is restarted by itself; try again.`,
      {
        cause: error,
      },
    );
  }
}
