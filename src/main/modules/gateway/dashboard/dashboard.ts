import type { IncomingMessage, ServerResponse } from 'node:http';
import { newId } from '#shared/base/ids.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import { answerProblem } from '../answer.ts';
import { type Encoding, encodings, type StaticFile, type StaticFiles } from './static-files.ts';

/** What the pages may do: load what is here, talk to here, nothing else. `host` has passed the guard. */
function securityHeaders(host: string): Record<string, string> {
  return {
    'content-security-policy': [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "font-src 'self'",
      "img-src 'self' data:",
      `connect-src 'self' ws://${host}`,
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'none'",
    ].join('; '),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  };
}

const notBuilt = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>CLOS</title>
<h1>The dashboard has not been built</h1>
<p>CLOS is running; only its pages are missing here. Build them with <code>npm run build</code> and load this page again.</p>
</html>
`;

function cacheControl(file: StaticFile): string {
  if (file.hashed) return 'public, max-age=31536000, immutable';
  return file.type.startsWith('text/html') ? 'no-store' : 'no-cache';
}

/** The best encoding that a client takes of those that there are (RFC 9110, section 12.5.3); null for the file as it is. */
function encodingFor(accepted: string | undefined, file: StaticFile): Encoding | null {
  if (accepted === undefined) return null;
  const refused = (encoding: string) =>
    new RegExp(`\\b${encoding}\\s*;\\s*q=0(?:\\.0*)?(?:\\s*(?:,|$))`, 'i').test(accepted);
  const names = accepted.split(',').map((part) => part.split(';', 1)[0]?.trim().toLowerCase());
  const found = encodings.find((one) => file.encoded[one] !== undefined && names.includes(one) && !refused(one));
  return found ?? null;
}

function serve(response: ServerResponse, file: StaticFile, headers: Record<string, string>): void {
  const encoding = encodingFor(response.req.headers['accept-encoding']?.toString(), file);
  const body = (encoding === null ? undefined : file.encoded[encoding]) ?? file.body;
  const etag = encoding === null ? file.etag : file.etag.replace(/"$/, `-${encoding}"`);
  const all = {
    ...headers,
    etag,
    'cache-control': cacheControl(file),
    ...(Object.keys(file.encoded).length === 0 ? {} : { vary: 'accept-encoding' }),
    ...(encoding === null ? {} : { 'content-encoding': encoding }),
  };
  if (response.req.headers['if-none-match'] === etag) {
    response.writeHead(304, all).end();
    return;
  }
  response.writeHead(200, { ...all, 'content-type': file.type, 'content-length': body.length });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

/** The path of a URL as it may stand in the map of files; null if it cannot be decoded. */
function pathOf(url: string): string | null {
  try {
    return decodeURIComponent(url.split(/[?#]/, 1)[0] ?? '/');
  } catch {
    return null;
  }
}

/**
 * Answers with the pages of the dashboard.
 *
 * They need no key: they are the same for everyone, hold no data, and a browser cannot send one before a page has run. All that
 * they show comes through `/api` and `/ws`, which need one.
 */
export function serveDashboard(request: IncomingMessage, response: ServerResponse, files: StaticFiles): void {
  const requestId = newId('req');
  const { method = 'GET', url = '/' } = request;
  if (method !== 'GET' && method !== 'HEAD') {
    answerProblem(response, new ClosError('METHOD_NOT_ALLOWED', 'Pages can only be read.'), requestId);
    return;
  }
  const headers = { ...securityHeaders(request.headers.host ?? ''), 'x-request-id': requestId };
  const built = files.current();
  if (built === null) {
    response.writeHead(503, { ...headers, 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
    response.end(method === 'HEAD' ? undefined : notBuilt);
    return;
  }
  const path = pathOf(url);
  // A path without an extension is a place inside the dashboard, which its own router knows.
  const isPlace = path !== null && !/\.[^/]*$/.test(path);
  const file = path === null ? undefined : (built.get(path) ?? (isPlace ? built.get('/index.html') : undefined));
  if (file === undefined) {
    answerProblem(response, new ClosError('ROUTE_NOT_FOUND', 'The dashboard has no such file.'), requestId);
    return;
  }
  serve(response, file, headers);
}
