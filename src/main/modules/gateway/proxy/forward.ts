import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { type Dispatcher, errors } from 'undici';
import { responseHeaders } from './headers.ts';

/** How long the rest of a body that nobody wants is read and thrown away. */
const lingerMs = 2000;

/** Pieces up to this size are copied to go out with the head. */
const heldBytes = 16 * 1024;

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** How a request that got no answer ended, as far as it matters for what to do next. */
export type Failure =
  /** Nothing was sent: nobody listens there. It may be sent again, whatever it is. */
  | 'never-arrived'
  /** The other side went away before it answered: it may have acted. */
  | 'broke-off'
  /** No head of an answer in time. */
  | 'timed-out'
  /** It could not be written without ambiguity, such as a path with control characters. */
  | 'not-writable'
  /** What came back is no HTTP. */
  | 'not-http';

export function failureOf(error: unknown): Failure {
  const code = codeOf(error);
  if (['ECONNREFUSED', 'ENOENT', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'].includes(code)) {
    return 'never-arrived';
  }
  if (code === 'UND_ERR_HEADERS_TIMEOUT') return 'timed-out';
  if (code === 'UND_ERR_INVALID_ARG') return 'not-writable';
  if (error instanceof errors.HTTPParserError || code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW')
    return 'not-http';
  return 'broke-off';
}

/** True for methods whose repetition changes nothing more (RFC 9110, section 9.2.2). */
export function isIdempotent(method: string): boolean {
  return method !== 'POST' && method !== 'PATCH' && method !== 'CONNECT';
}

export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** The bytes of header names and values are Latin-1, whatever they mean (RFC 9110, section 5.5). */
function rawHeadersOf({ rawHeaders }: Dispatcher.DispatchController): string[] {
  return Array.isArray(rawHeaders) ? rawHeaders.map((part) => part.toString('latin1')) : [];
}

/** Calls back when everything that has arrived by now has been read. */
function afterATurn(callback: () => void): void {
  setImmediate(() => setImmediate(callback));
}

/**
 * The body of a request as undici may have it: read only once it is connected, so that a request which never arrived can be sent
 * again. undici ends a body that is no longer wanted by destroying it; the client's connection must outlive that, for the answer
 * that says why is still to be written.
 */
class Body extends Readable {
  /** Some of it is gone and cannot be sent twice. */
  begun = false;
  bytes = 0;
  readonly #request: IncomingMessage;
  readonly #onData = (chunk: Buffer): void => {
    this.bytes += chunk.length;
    // One chunk at a time, and after whatever the other side has sent until now: who has refused the rest and hung up cannot be
    // written to, and its answer would be lost with the connection.
    this.#request.pause();
    afterATurn(() => {
      if (!this.destroyed) this.push(chunk);
    });
  };
  readonly #onEnd = (): void => {
    afterATurn(() => {
      if (!this.destroyed) this.push(null);
    });
  };
  readonly #onClose = (): void => {
    if (!this.#request.complete) this.destroy(new Error('The client went away.'));
  };

  constructor(request: IncomingMessage) {
    super();
    this.#request = request;
    this.on('error', () => undefined);
  }

  override _read(): void {
    if (!this.begun) {
      this.begun = true;
      this.#request.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose);
    }
    this.#request.resume();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    if (this.begun) {
      this.#request.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose);
      this.#request.resume();
    }
    callback(error);
  }
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

export interface ForwardOptions {
  dispatcher: Dispatcher;
  path: string;
  headers: string[];
  /** Called when there will be no answer, and none has begun. With `replayable` the same request may be forwarded again. */
  onFailure(failure: Failure, told: { error: Error; replayable: boolean }): void;
  /** Called with the status as the head of the answer passes. */
  onAnswer?(status: number): void;
}

/** A request on its way through, which may be sent more than once until somebody answers. */
export class Passage implements Dispatcher.DispatchHandler {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  bytesOut = 0;
  #body: Body | null = null;
  /** The first piece of an answer, until it is known whether more comes in the same turn. */
  #held: Buffer | null = null;
  #flushed = false;
  readonly #requestId: string;
  #options: ForwardOptions | null = null;
  #controller: Dispatcher.DispatchController | null = null;

  constructor(request: IncomingMessage, response: ServerResponse, requestId: string) {
    this.request = request;
    this.response = response;
    this.#requestId = requestId;
    response.once('close', () => {
      if (!response.writableFinished) this.#controller?.abort(new Error('The client went away.'));
    });
  }

  get bytesIn(): number {
    return this.#body?.bytes ?? 0;
  }

  /** Passes the request on and its answer back, both as streams, never gathered. */
  forward(options: ForwardOptions): void {
    this.#options = options;
    this.#body = hasBody(this.request) ? new Body(this.request) : null;
    try {
      options.dispatcher.dispatch(
        {
          path: options.path,
          method: this.request.method as Dispatcher.DispatchOptions['method'],
          headers: options.headers,
          body: this.#body,
          // A follower of logs may hold its connection for hours; it must not hold up others.
          blocking: true,
        },
        this,
      );
    } catch (error) {
      this.#fail('not-writable', error as Error);
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.response.destroyed) controller.abort(new Error('The client went away.'));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (status < 200) return;
    const { response } = this;
    const headers = responseHeaders(rawHeadersOf(controller), this.#requestId);
    if (!response.req.complete) headers.push('connection', 'close');
    response.writeHead(status, headers);
    // What has come by the end of this turn goes out as one write; a stream may then be silent for long before its first line.
    process.nextTick(() => this.#flush());
    this.#options?.onAnswer?.(status);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.bytesOut += chunk.length;
    if (!this.#flushed && this.#held === null && chunk.length <= heldBytes) {
      this.#held = chunk;
      return;
    }
    this.#flush();
    if (this.response.write(chunk)) return;
    controller.pause();
    this.response.once('drain', () => controller.resume());
  }

  onResponseEnd(): void {
    const { response } = this;
    const held = this.#held;
    if (this.#flushed || held === null) {
      endAnswer(response);
      return;
    }
    this.#flushed = true;
    this.#held = null;
    // As a string it goes with the head in one piece.
    if (response.req.complete) response.end(held.toString('latin1'), 'latin1');
    else {
      response.write(held);
      endAnswer(response);
    }
  }

  /** Lets out what was held back. */
  #flush(): void {
    if (this.#flushed) return;
    this.#flushed = true;
    if (this.response.destroyed) return;
    const held = this.#held;
    this.#held = null;
    if (held === null) this.response.flushHeaders();
    else this.response.write(held);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(failureOf(error), error);
  }

  #fail(failure: Failure, error: Error): void {
    this.#controller = null;
    if (this.response.destroyed || this.response.headersSent) {
      this.response.destroy();
      return;
    }
    const untouched = this.#body?.begun !== true;
    const replayable =
      untouched &&
      (failure === 'never-arrived' || (failure === 'broke-off' && isIdempotent(this.request.method ?? 'GET')));
    this.#options?.onFailure(failure, { error, replayable });
  }
}
