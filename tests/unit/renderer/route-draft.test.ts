import { describe, expect, it } from 'vitest';
import { addCommand, lookCommand, setCommand, urlCommand } from '#renderer/features/routes/route-commands.ts';
import { checkRoute, emptyRoute, newTarget, routeDraftOf } from '#renderer/features/routes/route-draft.ts';
import { offeredTargets, routeRef } from '#renderer/features/routes/target-ref.ts';
import { visitTarget } from '#renderer/features/visit/visit-target.ts';
import { automatic, made, target } from './route-samples.ts';

const admin = target('web', { endpoint: 'admin', address: '127.0.0.1:3001' });
const all = [automatic('admin.web', admin), automatic('web', target('web')), automatic('api', target('api'))];
const draft = { ...emptyRoute(), name: ' Shop ', targets: [newTarget('web')] };

describe('A route as it is typed', () => {
  it('becomes the request that the contract knows', () => {
    expect(checkRoute(draft)).toEqual({
      body: {
        name: 'shop',
        path: '/',
        stripPath: false,
        rateLimit: null,
        targets: [{ service: 'web', draining: false }],
      },
    });
    const whole = { ...draft, path: '/api', stripPath: true, targets: [newTarget(' web/admin '), newTarget('api')] };
    expect(checkRoute({ ...whole, requestsPerSecond: '2.5' })).toEqual({
      body: {
        name: 'shop',
        path: '/api',
        stripPath: true,
        rateLimit: { requestsPerSecond: 2.5, burst: 3 },
        targets: [
          { service: 'web', endpoint: 'admin', draining: false },
          { service: 'api', draining: false },
        ],
      },
    });
  });

  it('says at each field what is wrong', () => {
    expect(checkRoute({ ...emptyRoute(), requestsPerSecond: '0', burst: 'x' })).toEqual({
      errors: {
        name: 'such as shop, for shop.localhost',
        'rateLimit.requestsPerSecond': 'a number, 0.1 or more',
        'rateLimit.burst': 'a whole number, 1 or more',
        'targets.0.service': 'a service, or service/endpoint',
      },
    });
  });

  it('begins with what there is, each target by the shortest name that means it', () => {
    const route = made('shop', [target('web'), { ...admin, draining: true }], {
      path: '/api',
      rateLimit: { requestsPerSecond: 5, burst: 10 },
    });
    const { targets, ...rest } = routeDraftOf(route, all);
    expect(rest).toEqual({ name: 'shop', path: '/api', stripPath: false, requestsPerSecond: '5', burst: '10' });
    expect(targets.map(({ to, draining }) => [to, draining])).toEqual([
      ['web', false],
      ['web/admin', true],
    ]);
    expect(offeredTargets(all)).toEqual(['api', 'web', 'web/admin']);
  });
});

describe('The commands of a route', () => {
  it('make it, with only what is said', () => {
    expect(addCommand(emptyRoute())).toBe('clos routes add NAME');
    expect(addCommand({ ...draft, path: '/api', stripPath: true, requestsPerSecond: '100' })).toBe(
      'clos routes add Shop --to web --path /api --strip --rate 100/100',
    );
  });

  it('change only what was changed', () => {
    const route = made('shop', [target('web'), { ...target('api'), draining: true }], {
      rateLimit: { requestsPerSecond: 5, burst: 10 },
    });
    const before = routeDraftOf(route, all);
    const [web = newTarget(), api = newTarget()] = before.targets;
    expect(setCommand(route, before, all)).toBeNull();
    expect(
      setCommand(
        route,
        {
          ...before,
          targets: [
            { ...web, draining: true },
            { ...api, draining: false },
          ],
        },
        all,
      ),
    ).toBe('clos routes set shop --drain web --undrain api');
    expect(setCommand(route, { ...before, targets: [api] }, all)).toBe('clos routes set shop --to api --drain api');
    expect(setCommand(route, { ...before, requestsPerSecond: '', burst: '', stripPath: true }, all)).toBe(
      'clos routes set shop --strip --rate none',
    );
  });

  it('name it with its path only where its name says too little', () => {
    const [root, api] = [made('shop', [target('web')]), made('shop', [target('api')], { path: '/api' })];
    expect(routeRef(root, [...all, root])).toBe('shop');
    expect([root, api].map((route) => routeRef(route, [...all, root, api]))).toEqual(['shop/', 'shop/api']);
  });

  it('tell its address to each kind of client', () => {
    expect(lookCommand(automatic('web', target('web')), all)).toBe('clos url web');
    expect(lookCommand(automatic('admin.web', admin), all)).toBe('clos url web admin');
    expect(lookCommand(made('shop', [admin]), all)).toBe('clos api GET /routes/rte_shop');
    expect(urlCommand(admin, all, 'node')).toBe('clos url web admin --for node');
  });
});

describe('Where a visit goes on to', () => {
  const gateway = 'http://web.localhost:8080/';

  it('is a name at the gateway', () => {
    expect(visitTarget('http://web.localhost:8080/orders?page=2#top', gateway)).toBe(
      'http://web.localhost:8080/orders?page=2#top',
    );
    expect(visitTarget('http://web.localhost/', 'http://api.localhost/')).toBe('http://web.localhost/');
  });

  it('is nowhere else', () => {
    const elsewhere = [
      null,
      '',
      '/orders',
      'https://web.localhost:8080/',
      'javascript:alert(1)//web.localhost:8080',
      'http://web.localhost:8081/',
      'http://localhost:8080/',
      'http://evil.example:8080/',
      'http://web.localhost.evil.example:8080/',
      'http://web.localhost:8080@evil.example:8080/',
      'http://ada:secret@web.localhost:8080/',
    ];
    expect(elsewhere.filter((to) => visitTarget(to, gateway) !== null)).toEqual([]);
  });
});
