import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { framingFault, requestHeaders, responseHeaders } from '#main/modules/gateway/proxy/headers.ts';

const from = { requestId: 'req_1', via: '1.1 clos-1' };
/** As Node has it: the raw headers, and those of them that it has joined. */
function requestOf(rawHeaders: string[], via?: string) {
  const socket = { remoteAddress: '127.0.0.1', localPort: 8080 };
  return {
    rawHeaders,
    headers: { host: 'localhost:1', ...(via === undefined ? {} : { via }) },
    socket,
  } as IncomingMessage;
}
const added = [
  'x-forwarded-for',
  '127.0.0.1',
  'x-forwarded-host',
  'localhost:1',
  'x-forwarded-proto',
  'http',
  'x-forwarded-port',
  '8080',
  'x-request-id',
  'req_1',
  'via',
  '1.1 clos-1',
];

describe('the headers of a request', () => {
  it('lose what ends at the connection and what the client says of others, and keep the rest in order', () => {
    const raw = [
      'Host',
      'localhost:1',
      'Connection',
      'keep-alive, X-Hop',
      'X-Hop',
      '1',
      'Transfer-Encoding',
      'chunked',
    ];
    raw.push(
      'X-Forwarded-For',
      '8.8.8.8',
      'Forwarded',
      'for=1',
      'Accept',
      'a',
      'Accept',
      'b',
      'Upgrade',
      'h2c',
      'Expect',
      'x',
    );
    expect(requestHeaders(requestOf(raw), from)).toEqual([
      'host',
      'localhost:1',
      'accept',
      'a',
      'accept',
      'b',
      ...added,
    ]);
  });

  it('keep who asks and what is asked, even where a client names them in Connection', () => {
    const raw = [
      'Host',
      'h',
      'Connection',
      'authorization, host, content-length',
      'Authorization',
      'Bearer x',
      'Content-Length',
      '3',
    ];
    expect(requestHeaders(requestOf(raw), from)).toEqual([
      'host',
      'h',
      'authorization',
      'Bearer x',
      'content-length',
      '3',
      ...added,
    ]);
  });
});

describe('the headers of an answer', () => {
  it('lose what ends at the connection', () => {
    const raw = [
      'Content-Type',
      'a',
      'Connection',
      'close',
      'Keep-Alive',
      'timeout=5',
      'Set-Cookie',
      'a',
      'Set-Cookie',
      'b',
    ];
    expect(responseHeaders(raw, 'req_1')).toEqual([
      ...['content-type', 'a', 'set-cookie', 'a', 'set-cookie', 'b', 'x-request-id', 'req_1'],
    ]);
    expect(responseHeaders(['X-Request-Id', 'its-own'], 'req_1')).toEqual(['x-request-id', 'its-own']);
  });
});

describe('the framing of a request', () => {
  it.each([[['Host', 'h']], [['Host', 'h', 'Content-Length', '0']], [['Host', 'h', 'Transfer-Encoding', 'Chunked']]])(
    '%j can be trusted',
    (raw) => {
      expect(framingFault(raw)).toBeNull();
    },
  );

  it.each([
    [[]],
    [['Host', 'h', 'Host', 'h']],
    [['Host', 'h', 'Content-Length', '1', 'Content-Length', '1']],
    [['Host', 'h', 'Content-Length', '1, 1']],
    [['Host', 'h', 'Content-Length', '-1']],
    [['Host', 'h', 'Content-Length', '0x1']],
    [['Host', 'h', 'Content-Length', '1', 'Transfer-Encoding', 'chunked']],
    [['Host', 'h', 'Transfer-Encoding', 'gzip, chunked']],
    [['Host', 'h', 'Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked']],
    [['Host', 'h', 'Transfer-Encoding', '\u000bchunked']],
  ])('%j cannot', (raw) => {
    expect(framingFault(raw)).toEqual(expect.any(String));
  });
});
