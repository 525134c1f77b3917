import { describe, expect, it } from 'vitest';
import type { Route, RouteTarget } from '#shared/contract/routes.ts';
import { renderRoutes, routeLine } from '../../../src/cli/output/routes.ts';
import { ansiPaint, plainPaint } from '../../../src/cli/output/style.ts';
import { parseRate, parseTarget } from '../../../src/cli/parse/route.ts';
import { sampleRoute } from './samples.ts';

const view = { width: null, paint: plainPaint, userHome: '/home/ada' };
const [target] = sampleRoute().targets as [RouteTarget];
const checkout = (name: string, branch: string | null) => ({ root: `/home/ada/src/${name}`, branch });

/** The cells below a title. */
function column(title: string, routes: readonly Route[]): string[] {
  const [head = '', ...lines] = renderRoutes(routes, view);
  const at = head.indexOf(title);
  return lines.map((line) => line.slice(at).split('  ')[0] ?? '');
}

describe('the table of routes', () => {
  it('tells the name, the URL, where it leads, how that is, and whose build it is', () => {
    const routes = [
      sampleRoute({ targets: [{ ...target, checkout: checkout('shop', 'main') }] }),
      sampleRoute({ name: 'shop', path: '/api', url: 'http://shop.localhost:8080/api' }),
    ];

    expect(renderRoutes(routes, view)).toEqual([
      'Name      URL                             Leads to  State  Checkout',
      'web       http://web.localhost:8080/      web/http  ready  ~/src/shop (main)',
      'shop/api  http://shop.localhost:8080/api  web/http  ready  –',
    ]);
  });

  it('says why one does not answer, and counts where there are several', () => {
    const down = { ...target, state: 'down' as const, reason: 'It was stopped.' };

    expect(
      column('State', [
        sampleRoute({ targets: [down] }),
        sampleRoute({ targets: [down, target, { ...target, draining: true }] }),
        sampleRoute({ targets: [] }),
        sampleRoute({ shadowedBy: 'rte_2' }),
      ]),
    ).toEqual([
      'down: It was stopped.',
      '1 down, 2 ready',
      'down: what it led to was removed',
      'shadowed: a route that was made has this name',
    ]);
  });

  it('names each checkout once, and the detached one without a branch', () => {
    const from = (...names: Array<[string, string | null]>) =>
      sampleRoute({ targets: names.map(([name, branch]) => ({ ...target, checkout: checkout(name, branch) })) });

    expect(column('Checkout', [from(['a', 'main'], ['a', 'main'], ['b', null])])).toEqual(['~/src/a (main), ~/src/b']);
  });

  it('shows by colour who can be reached', () => {
    const coloured = (...states: Array<RouteTarget['state']>) => {
      const targets = states.map((state) => ({ ...target, state }));
      const [, line = ''] = renderRoutes([sampleRoute({ targets })], { ...view, paint: ansiPaint });
      // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what is looked for
      return [...line.matchAll(/\u001b\[(\d+)m/g)].map(([, code]) => code).at(-2);
    };

    expect([coloured('ready'), coloured('taken'), coloured('ready', 'down'), coloured('ready', 'taken')]).toEqual([
      '32',
      '31',
      '33',
      '31',
    ]);
  });
});

describe('a route in one line', () => {
  it('says where it leads and what is done on the way', () => {
    const rateLimit = { requestsPerSecond: 100, burst: 20 };
    const drained = sampleRoute({ stripPath: true, rateLimit, targets: [target, { ...target, draining: true }] });

    expect(routeLine(sampleRoute())).toBe('http://web.localhost:8080/ leads to web/http');
    expect(routeLine(drained)).toBe(
      'http://web.localhost:8080/ leads to web/http, web/http (draining) (its path is taken off; at most 100/s, 20 at once)',
    );
    expect(routeLine(sampleRoute({ targets: [] }))).toBe('http://web.localhost:8080/ leads to nowhere');
  });
});

describe('what stands on the line', () => {
  it('is a target with or without its endpoint', () => {
    expect([parseTarget('web'), parseTarget('web/admin')]).toEqual([
      { service: 'web' },
      { service: 'web', endpoint: 'admin' },
    ]);
    for (const odd of ['', 'web/', '/admin', 'a/b/c']) {
      expect(() => parseTarget(odd)).toThrow(`"${odd}" does not say where to lead.`);
    }
  });

  it('is a limit, or none', () => {
    expect([parseRate('100/20'), parseRate('0.5/1'), parseRate('none')]).toEqual([
      { requestsPerSecond: 100, burst: 20 },
      { requestsPerSecond: 0.5, burst: 1 },
      null,
    ]);
    for (const odd of ['', '100', '100/', '/20', 'many', '1e3/5', '-1/2']) {
      expect(() => parseRate(odd)).toThrow(`"${odd}" is not a limit.`);
    }
  });
});
