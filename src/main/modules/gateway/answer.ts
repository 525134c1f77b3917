import type { ServerResponse } from 'node:http';
import type { ClosError } from '#shared/contract/clos-error.ts';
import { problemOf } from '../../http/problem.ts';
import { hasBody } from './proxy/forward.ts';

/** Answers with a problem document. An answer that has begun can only be cut off. An extra `retryAfter`, in seconds, is a header too. */
export function answerProblem(response: ServerResponse, error: ClosError, requestId: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { retryAfter } = error.extra;
  const body = JSON.stringify(problemOf(error, requestId));
  response.writeHead(error.status, {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': requestId,
    ...(typeof retryAfter === 'number' ? { 'retry-after': String(retryAfter) } : {}),
    // What nobody reads is not read as another request.
    ...(hasBody(response.req) && !response.req.complete ? { connection: 'close' } : {}),
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
