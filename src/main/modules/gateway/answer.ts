import type { ServerResponse } from 'node:http';
import type { ClosError } from '#shared/contract/clos-error.ts';
import { problemOf } from '../../http/problem.ts';

/** Answers with a problem document. An answer that has begun can only be cut off. */
export function answerProblem(response: ServerResponse, error: ClosError, requestId: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = JSON.stringify(problemOf(error, requestId));
  response.writeHead(error.status, {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': requestId,
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
