import type { LookupFunction } from 'node:net';
import { Client, type Dispatcher } from 'undici';

export interface Answer {
  status: number;
  /** The header of that name, as it came. */
  retryAfter: string | null;
}

export interface AnswerRequest {
  origin: string;
  method: 'GET' | 'POST';
  path: string;
  headers: Record<string, string>;
  body?: string;
  /** For all of it, from the connection to the status. */
  timeoutMs: number;
  /** In place of asking for the addresses of the name in `origin`. */
  lookup?: LookupFunction;
  signal?: AbortSignal;
}

export class Timeout extends Error {
  readonly code = 'ETIMEDOUT';
}

/** Keeps the head and hangs up: the body is nobody's business here. */
function headHandler(settle: (outcome: Answer | Error) => void): Dispatcher.DispatchHandler {
  return {
    onRequestStart: () => undefined,
    onResponseStart(controller, status, headers) {
      if (status < 200) return;
      const [retryAfter = null] = [headers['retry-after']].flat();
      settle({ status, retryAfter });
      controller.abort(new Error('The head is enough.'));
    },
    onResponseData: () => undefined,
    onResponseEnd: () => undefined,
    onResponseError: (_controller, error) => settle(error),
  };
}

/** Asks once, on a connection of its own, and gives the head of the answer, or why there was none. Redirects are not followed. */
export async function answerOf(request: AnswerRequest): Promise<Answer | Error> {
  const { origin, timeoutMs, lookup, signal, body, method, path, headers } = request;
  let client: Client | null = null;
  let end: (() => void) | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    client = new Client(origin, {
      pipelining: 1,
      maxHeaderSize: 16 * 1024,
      ...(lookup === undefined ? {} : { connect: { lookup } }),
    });
    const { dispatch } = client;
    return await new Promise<Answer | Error>((resolve) => {
      end = () => resolve(new Error('It was given up.'));
      if (signal?.aborted) end();
      signal?.addEventListener('abort', end, { once: true });
      timer = setTimeout(() => resolve(new Timeout()), timeoutMs);
      timer.unref();
      dispatch.call(
        client,
        { method, path, headers, reset: true, ...(body === undefined ? {} : { body }) },
        headHandler(resolve),
      );
    });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    clearTimeout(timer);
    if (end !== undefined) signal?.removeEventListener('abort', end);
    client?.destroy().catch(() => undefined);
  }
}

/** Why there was no answer, as a sentence. */
export function reasonOf(error: Error, timeoutMs: number): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  switch (code) {
    case 'ECONNREFUSED':
      return 'The connection was refused.';
    case 'UND_ERR_INVALID_ARG':
      return 'The path cannot be asked for.';
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return 'The connection was closed without an answer.';
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'UND_ERR_HEADERS_TIMEOUT':
      return `No answer within ${timeoutMs} ms.`;
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return 'The certificate is self-signed.';
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return 'The certificate is signed by nobody whom CLOS trusts.';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'The certificate is for another name.';
    case 'CERT_HAS_EXPIRED':
      return 'The certificate has expired.';
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return 'The receiver does not speak TLS.';
    default:
      return error.name === 'HTTPParserError' ? 'The answer is not HTTP.' : code || 'The request failed.';
  }
}
