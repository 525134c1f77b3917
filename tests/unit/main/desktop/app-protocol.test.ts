import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { appHandler } from '#main/desktop/app-protocol.ts';

let folder: string;
let handle: (request: Request) => Promise<Response>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'clos-app-'));
  const root = join(folder, 'renderer');
  mkdirSync(join(root, 'assets'), { recursive: true });
  mkdirSync(join(folder, 'renderer-secret'));
  writeFileSync(join(root, 'index.html'), '<!doctype html><title>CLOS</title>');
  writeFileSync(join(root, 'assets', 'main.js'), 'export {};');
  writeFileSync(join(folder, 'secret.txt'), 'canary');
  writeFileSync(join(folder, 'renderer-secret', 'secret.txt'), 'canary');
  symlinkSync(join(folder, 'secret.txt'), join(root, 'assets', 'link.txt'));
  handle = appHandler({ root, connectSources: () => ['ws://127.0.0.1:8082'] });
});
afterAll(() => rmSync(folder, { recursive: true }));

it.each(['/', '/conflicts/cfl_1', '/services?q=web'])(
  'serves the page at %s with a policy that allows no inline script',
  async (path) => {
    const response = await handle(new Request(`clos://app${path}`));
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      'text/html; charset=utf-8',
      '<!doctype html><title>CLOS</title>',
    ]);
    expect(response.headers.get('content-security-policy')?.split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      "font-src 'self'",
      "connect-src 'self' ws://127.0.0.1:8082",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
  },
);

it('serves a script with its type', async () => {
  const response = await handle(new Request('clos://app/assets/main.js'));
  expect([
    response.status,
    response.headers.get('content-type'),
    response.headers.get('x-content-type-options'),
  ]).toEqual([200, 'text/javascript; charset=utf-8', 'nosniff']);
});

it.each([
  '/../secret.txt',
  '/%2e%2e/secret.txt',
  '/..%2fsecret.txt',
  '/%2e%2e%2fsecret.txt',
  '/..%2frenderer-secret/secret.txt',
  '/assets/..%2f..%2fsecret.txt',
  '/..%5csecret.txt',
  '/assets/link.txt',
  '/%00secret.txt',
  '/C%3A/secret.txt',
  '/%E0%A4%A.txt',
  '/assets/missing.js',
])('does not leave its folder for %s', async (path) => {
  const response = await handle(new Request(`clos://app${path}`));
  expect([response.status, await response.text()]).toEqual([404, '']);
});

it('answers for no other host and no other method', async () => {
  const other = await handle(new Request('clos://other/index.html'));
  const post = await handle(new Request('clos://app/', { method: 'POST' }));
  expect([other.status, post.status]).toEqual([404, 405]);
});
