import { describe, expect, it } from 'vitest';
import type { RoutingEntry, RoutingTarget } from '#main/database/routing.ts';
import { Balancer } from '#main/modules/gateway/routing/balancer.ts';
import { isUnder, nameOf, RoutingTable, withoutPath } from '#main/modules/gateway/routing/routing-table.ts';

function target(name: string, change: Partial<RoutingTarget> = {}): RoutingTarget {
  return {
    service: { id: `svc_${name}`, name, instance: 'main' },
    endpoint: 'http',
    scheme: 'http',
    address: { host: '127.0.0.1', port: 3000 },
    state: 'ready',
    status: 'running',
    statusSince: '2026-01-01T00:00:00.000Z',
    reason: null,
    conflictId: null,
    draining: false,
    startOnVisit: false,
    cwd: null,
    ...change,
  };
}

function route(name: string, change: Partial<RoutingEntry> = {}): RoutingEntry {
  return {
    id: `rte_${name}${change.path ?? ''}`,
    kind: 'custom',
    name,
    path: '/',
    stripPath: false,
    rateLimit: null,
    targets: [target(name)],
    shadowedBy: null,
    createdAt: null,
    updatedAt: null,
    ...change,
  };
}

describe('the name in a Host header', () => {
  it.each([
    ['web.localhost', 'web'],
    ['web.localhost:8080', 'web'],
    ['WEB.LocalHost:80', 'web'],
    ['web.localhost.', 'web'],
    ['admin.web.localhost', 'admin.web'],
    ['a-b.localhost', 'a-b'],
    ['localhost', null],
    ['.localhost', null],
    ['web..x.localhost', null],
    ['-web.localhost', null],
    ['web.localhost.evil.example', null],
    ['web.localhost:8080:1', null],
    ['web.localhost:port', null],
    ['web.localhost/x', null],
    ['user@web.localhost', null],
    ['web.localhost web.localhost', null],
    ['wéb.localhost', null],
    ['', null],
    [undefined, null],
    [['web.localhost'], null],
    [`${'a'.repeat(300)}.localhost`, null],
  ])('%j is %j', (host, name) => {
    expect(nameOf(host)).toBe(name);
  });
});

describe('the routes of a name', () => {
  it('are found by the longest path that a URL is under, byte by byte', () => {
    const table = new RoutingTable([
      route('shop'),
      route('shop', { path: '/api' }),
      route('shop', { path: '/api/v2' }),
      route('hidden', { shadowedBy: 'rte_shop' }),
      route('orphan', { targets: [] }),
    ]);
    const find = (url: string) => table.find('shop', url)?.path;
    expect(['/', '/apis', '/api', '/api?x=1', '/api/v2/x', '/api/v20', '/%61pi', '/API'].map(find)).toEqual([
      ...['/', '/', '/api', '/api', '/api/v2', '/api', '/', '/'],
    ]);
    expect([table.find('hidden', '/'), table.find('orphan', '/'), table.find('shop.x', '/')]).toEqual([
      null,
      null,
      null,
    ]);
  });

  it('can keep their path to themselves', () => {
    expect(['/api', '/api/', '/api/x?y', '/api?x'].map((url) => withoutPath(url, '/api'))).toEqual([
      ...['/', '/', '/x?y', '/?x'],
    ]);
    expect(withoutPath('/x', '/')).toBe('/x');
    expect(isUnder('/api#x', '/api')).toBe(false);
  });
});

describe('the targets of a route', () => {
  const none: ReadonlySet<RoutingTarget> = new Set();
  const names = (balancer: Balancer, entry: RoutingEntry, count: number) =>
    Array.from({ length: count }, () => balancer.next(entry, none)?.service.name ?? null);

  it('take turns, the ready before the unhealthy, and those that are drained or down get nothing', () => {
    const entry = route('shop', {
      targets: [
        target('a'),
        target('b', { draining: true }),
        target('c'),
        target('d', { state: 'down' }),
        target('e', { state: 'unhealthy' }),
        target('f', { address: null }),
      ],
    });
    expect(names(new Balancer(), entry, 4)).toEqual(['a', 'c', 'a', 'c']);
  });

  it('are the unhealthy where nobody is ready, and nobody where somebody else has the address', () => {
    const sick = route('shop', { targets: [target('a', { state: 'taken' }), target('b', { state: 'unhealthy' })] });
    const taken = route('shop', { targets: [target('a', { state: 'taken' })] });
    expect([names(new Balancer(), sick, 2), names(new Balancer(), taken, 1)]).toEqual([['b', 'b'], [null]]);
  });

  it('are passed over when this request has tried them', () => {
    const entry = route('shop', { targets: [target('a'), target('b')] });
    const [a, b] = entry.targets;
    if (a === undefined || b === undefined) throw new Error('There are two');
    const balancer = new Balancer();
    expect(balancer.next(entry, new Set([a]))).toBe(b);
    expect(balancer.next(entry, new Set([a, b]))).toBeNull();
  });
});
