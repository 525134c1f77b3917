import { describe, expect, it } from 'vitest';
import { routeNameSchema, routePathSchema } from '#shared/contract/routes.ts';

describe('the name of a route', () => {
  it.each([
    ['shop', 'shop'],
    ['www.shop', 'www.shop'],
    ['Shop.LOCALHOST', 'shop'],
    ['0.a-b.c', '0.a-b.c'],
    ['clos-2', 'clos-2'],
    ['myclos', 'myclos'],
    ['clos.shop', 'clos.shop'],
    ['localhost.shop', 'localhost.shop'],
    [`${'a'.repeat(63)}.b`, `${'a'.repeat(63)}.b`],
  ])('%s is %s', (given, name) => {
    expect(routeNameSchema.parse(given)).toBe(name);
  });

  it.each([
    '',
    '.localhost',
    'localhost',
    'shop.',
    '.shop',
    'a..b',
    '-a',
    'a-',
    'a_b',
    'a b',
    'a/b',
    'a:8080',
    'köln',
    'shop.localhost.localhost',
    'a.localhost.b.localhost.localhost',
    'clos',
    'CLOS.localhost',
    'api.clos',
    'a'.repeat(64),
    `${'a.'.repeat(100)}a`,
  ])('is not %j', (given) => {
    expect(routeNameSchema.safeParse(given).success).toBe(false);
  });
});

describe('the path of a route', () => {
  it('is / or plain segments, so that it is written in one way only', () => {
    const accepts = (path: string) => routePathSchema.safeParse(path).success;

    expect(['/', '/api', '/api/v1', '/a.b/~c_d-e', '/...', '/.well-known'].filter((path) => !accepts(path))).toEqual(
      [],
    );
    const odd = [
      '',
      'api',
      '/api/',
      '//',
      '/a//b',
      '/.',
      '/..',
      '/a/../b',
      '/a%2Fb',
      '/a b',
      '/a?b',
      '/a#b',
      '/ä',
      '/a;b',
    ];
    expect(odd.filter(accepts)).toEqual([]);
    expect(accepts(`/${'a'.repeat(500)}`)).toBe(false);
  });
});
