import { harmless, host, post, refused } from './trick.ts';

const chunks = '5\r\nhello\r\n0\r\n\r\n';

const lengths = [
  ...refused(
    'Content-Length of',
    [
      '+5',
      '-5',
      '-0',
      '0x5',
      '5 5',
      '5,5',
      '5, 5',
      '5;5',
      '5.0',
      '5e0',
      '"5"',
      "'5'",
      '',
      ' ',
      '\t',
      'five',
      '٥',
      '５',
    ],
    (value) => ({ line: post, headers: [host, `Content-Length: ${value}`], body: 'hello' }),
  ),
  ...refused(
    'Content-Length of',
    [
      '9999999999999999',
      '18446744073709551616',
      '18446744073709551621',
      '4294967301000000',
      '1'.repeat(100),
      '5\x00',
      '5\x0b',
      '\x0b5',
      '5\x0c',
    ],
    (value) => ({ line: post, headers: [host, `Content-Length: ${value}`], body: 'hello' }),
  ),
  ...refused('a second length', ['5', '0', '6', ' 5', '05'], (value) => ({
    line: post,
    headers: [host, 'Content-Length: 5', `Content-Length: ${value}`],
    body: 'hello',
  })),
  ...refused(
    'a name of the length',
    [
      'Content-Length ',
      'Content-Length\t',
      ' Content-Length',
      '\tContent-Length',
      'Content Length',
      'Content-Length\x00',
      '\x00Content-Length',
      'Content-Length:',
      '"Content-Length"',
      'Content-Length\x0b',
    ],
    (name) => ({
      line: post,
      headers: [host, `${name}: 5`],
      body: 'hello',
    }),
  ),
];

const encodings = [
  ...refused(
    'Transfer-Encoding of',
    [
      'xchunked',
      'chunked, identity',
      'identity',
      'identity, chunked',
      'chunked, chunked',
      'chunked,',
      ',chunked',
      'chunked;q=1',
      '"chunked"',
      'chunked\x00',
      '\x0bchunked',
      'chunked\x0b',
      'chunked x',
      'gzip',
      'gzip, chunked',
      'chunk',
      'ｃhunked',

      '',
    ],
    (value) => ({ line: post, headers: [host, `Transfer-Encoding: ${value}`], body: chunks }),
  ),
  ...refused(
    'both, with an encoding of',
    ['chunked', 'Chunked', ' chunked', 'chunked ', 'xchunked', 'identity', '\tchunked'],
    (value) => ({
      line: post,
      headers: [host, 'Content-Length: 5', `Transfer-Encoding: ${value}`],
      body: chunks,
    }),
  ),
  ...refused('both, the encoding first, and a length of', ['0', '5', '6', '1000'], (value) => ({
    line: post,
    headers: [host, 'Transfer-Encoding: chunked', `Content-Length: ${value}`],
    body: chunks,
  })),
  ...refused('a second encoding', ['chunked', 'identity', 'x', 'gzip', ''], (value) => ({
    line: post,
    headers: [host, 'Transfer-Encoding: chunked', `Transfer-Encoding: ${value}`],
    body: chunks,
  })),
  ...refused(
    'a name of the encoding',
    [
      'Transfer-Encoding ',
      'Transfer-Encoding\t',
      ' Transfer-Encoding',
      'Transfer-Encoding\x00',
      'Transfer\x0b-Encoding',
      'Transfer-Encoding:',
    ],
    (name) => ({
      line: post,
      headers: [host, `${name}: chunked`],
      body: chunks,
    }),
  ),
  // Some servers take an underscore for a hyphen; the body is then counted by the length for us and by them alike.
  ...harmless(
    'a name that others take for the encoding',
    ['Transfer_Encoding', 'X-Transfer-Encoding', 'TransferEncoding'],
    (name) => ({
      line: post,
      headers: [host, 'Content-Length: 5', `${name}: chunked`],
      body: 'hello',
    }),
  ),
];

const chunked = harmless(
  'chunks',
  [
    '-5\r\nhello\r\n0\r\n\r\n',
    '+5\r\nhello\r\n0\r\n\r\n',
    '0x5\r\nhello\r\n0\r\n\r\n',
    ' 5\r\nhello\r\n0\r\n\r\n',
    '\r\n5\r\nhello\r\n0\r\n\r\n',
    '5\nhello\r\n0\r\n\r\n',
    '5\rhello\r\n0\r\n\r\n',
    '5\r\nhello\n0\r\n\r\n',
    '5\r\nhello0\r\n\r\n',
    '5\r\nhelloXX0\r\n\r\n',
    'g\r\nhello\r\n0\r\n\r\n',
    '5 5\r\nhello\r\n0\r\n\r\n',
    '5;\nx\r\nhello\r\n0\r\n\r\n',
    '5\x00\r\nhello\r\n0\r\n\r\n',
    'fffffffffffffffff\r\nhello\r\n0\r\n\r\n',
    '10000000000000005\r\nhello\r\n0\r\n\r\n',
    '5,5\r\nhello\r\n0\r\n\r\n',
    '５\r\nhello\r\n0\r\n\r\n',
    '4\r\nhello\r\n0\r\n\r\n',
    '5\r\nhello\r\n0\n\r\n',
    '5\r\nhello\r\n-1\r\n\r\n',
    '5;a="\r\nhello\r\n0\r\n\n',
    `5;${'x'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`,
  ],
  (body) => ({ line: post, headers: [host, 'Transfer-Encoding: chunked'], body }),
);

/** Where does the body end? */
export const framingTricks = [...lengths, ...encodings, ...chunked];
