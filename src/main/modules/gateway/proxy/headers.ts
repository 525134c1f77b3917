import type { IncomingMessage } from 'node:http';

/** Headers that belong to one connection, not to the message (RFC 9110, section 7.6.1), and those that only we may set. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const ours = new Set([
  'expect',
  'forwarded',
  'http2-settings',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-proto',
  'x-forwarded-server',
  'x-real-ip',
  'x-request-id',
]);

/** Some servers read `X_Forwarded_For` as `X-Forwarded-For`. */
const isOurs = (name: string): boolean => ours.has(name.includes('_') ? name.replaceAll('_', '-') : name);

/** The names that a Connection header adds to those of one connection. */
function connectionTokens(rawHeaders: readonly string[]): Set<string> | null {
  let tokens: Set<string> | null = null;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() !== 'connection') continue;
    tokens ??= new Set();
    for (const token of (rawHeaders[i + 1] ?? '').split(',')) tokens.add(token.trim().toLowerCase());
  }
  return tokens;
}

/** Never dropped because a client named them in Connection: what a request is, and who asks, is not the connection's affair. */
const endToEnd = new Set(['host', 'authorization', 'content-length', 'content-type', 'origin', 'cookie']);

/** Headers, as a flat list of names and values, without those that end at this connection. */
function passOn(rawHeaders: readonly string[], dropped: (name: string) => boolean): string[] {
  const tokens = connectionTokens(rawHeaders);
  const kept: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    if (hopByHop.has(name) || dropped(name) || (tokens?.has(name) && !endToEnd.has(name))) continue;
    kept.push(name, rawHeaders[i + 1] ?? '');
  }
  return kept;
}

/**
 * The headers of a request on its way to whoever answers it.
 *
 * What a client says about who it forwards for is dropped, not extended: nobody stands before us, so it can only be a lie
 * (CVE-2026-3635). Via is extended, so that a request which comes around is known.
 */
export function requestHeaders(
  { rawHeaders, headers: { host = '', via }, socket }: IncomingMessage,
  { requestId, via: self, prefix }: { requestId: string; via: string; prefix?: string },
): string[] {
  const headers = passOn(rawHeaders, isOurs);
  headers.push(
    'x-forwarded-for',
    socket.remoteAddress ?? '',
    'x-forwarded-host',
    host,
    'x-forwarded-proto',
    'http',
    'x-forwarded-port',
    String(socket.localPort ?? ''),
    'x-request-id',
    requestId,
    'via',
    via === undefined ? self : `${via}, ${self}`,
  );
  if (prefix !== undefined) headers.push('x-forwarded-prefix', prefix);
  return headers;
}

/** True when a request has been through the gateway that is called `via` before. */
export function comesAround({ headers }: IncomingMessage, via: string): boolean {
  return headers.via?.includes(via) === true;
}

const nothing = (): boolean => false;

/** The headers of an answer on its way back, with the id of the request unless the answer has one of its own. */
export function responseHeaders(rawHeaders: readonly string[], requestId: string): string[] {
  const headers = passOn(rawHeaders, nothing);
  if (!headers.includes('x-request-id')) headers.push('x-request-id', requestId);
  return headers;
}

/**
 * Why the framing of a request must not be trusted, or null.
 *
 * Two parsers that disagree about where a request ends let one hide in another (request smuggling), so whatever can be read in
 * two ways is refused here.
 */
export function framingFault(rawHeaders: readonly string[]): string | null {
  let lengths = 0;
  let encodings = 0;
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]?.toLowerCase();
    const value = rawHeaders[i + 1] ?? '';
    if (name === 'content-length') {
      lengths++;
      if (!/^\d{1,15}$/.test(value)) return 'Content-Length is not a number.';
    } else if (name === 'transfer-encoding') {
      encodings++;
      if (value.toLowerCase() !== 'chunked') return 'Transfer-Encoding may only be "chunked".';
    } else if (name === 'host') hosts++;
  }
  if (hosts !== 1) return 'A request needs exactly one Host header.';
  if (lengths + encodings > 1) return 'Content-Length and Transfer-Encoding may not be given together or twice.';
  return null;
}
