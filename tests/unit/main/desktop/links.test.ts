import { expect, it } from 'vitest';
import { mayOpenExternally, pathOf } from '#main/desktop/links.ts';

it.each([
  'http://localhost:3000/',
  'http://web.shop.localhost:8080/a?b#c',
  'https://127.0.0.1:8443/',
  'http://127.8.0.1:3000/',
  'http://[::1]:5173/',
])('opens %s in the browser', (url) => {
  expect(mayOpenExternally(url)).toBe(true);
});

it.each([
  'https://example.com/',
  'https://candlefish.ai/',
  'https://localhost.evil.example/',
  'http://localhost.evil.example/',
  'http://evil.example/#localhost',
  'http://localhost@evil.example/',
  'http://user:secret@localhost/',
  'http://192.168.1.2/',
  'http://169.254.169.254/latest/meta-data',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'ms-msdt:/id',
  'clos://app/',
  'vbscript:x',
  '//localhost/',
  'not a url',
  '',
])('does not open %s', (url) => {
  expect(mayOpenExternally(url)).toBe(false);
});

it('escapes what stands in a path', () => {
  expect([pathOf('conflicts'), pathOf('conflict', 'cfl_1'), pathOf('service', '../a?b')]).toEqual([
    '/conflicts',
    '/conflicts/cfl_1',
    '/services/..%2Fa%3Fb',
  ]);
});
