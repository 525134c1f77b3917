import { describe, expect, it } from 'vitest';
import { matchesRoute } from '#renderer/features/routes/route-filter.ts';
import {
  limitWords,
  msWords,
  shortNumber,
  statusesWords,
  underwayWords,
} from '#renderer/features/routes/traffic-words.ts';
import { addressForms, routeLabel, routeState } from '#renderer/lib/route-words.ts';
import { automatic, made, target, traffic } from './route-samples.ts';

describe('How a route is', () => {
  it('is told by its target, with the reason as the end of a sentence', () => {
    expect(routeState(automatic('web', target('web')))).toEqual({ glyph: 'running', words: 'ready', conflictId: null });
    const down = target('web', { state: 'down', reason: 'It was stopped.' });
    expect(routeState(automatic('web', down))).toEqual({
      glyph: 'stopped',
      words: 'down: it was stopped',
      conflictId: null,
    });
    const away = target('web', { state: 'unknown', reason: 'Its engine is away.' });
    expect(routeState(automatic('web', away)).words).toBe('unknown: its engine is away');
  });

  it('leads to the conflict where another program answers', () => {
    const taken = target('web', {
      state: 'taken',
      reason: 'node (pid 4242) answers at its address.',
      conflictId: 'cfl_1',
    });
    expect(routeState(automatic('web', taken))).toEqual({
      glyph: 'conflict',
      words: 'taken: node (pid 4242) answers at its address',
      conflictId: 'cfl_1',
    });
  });

  it('is as the best of several, of those that take requests', () => {
    const [up, ill, drained] = [target('a'), target('b', { state: 'unhealthy' }), target('c', { draining: true })];
    expect(routeState(made('shop', [ill, up, drained]))).toEqual({
      glyph: 'running',
      words: '1 of 2 ready',
      conflictId: null,
    });
    expect(routeState(made('shop', [ill, drained]))).toEqual({
      glyph: 'unhealthy',
      words: 'unhealthy',
      conflictId: null,
    });
    expect(routeState(made('shop', [drained])).words).toBe('draining');
  });

  it('is none of these where another has its name, or its service is gone', () => {
    const shadowed = { ...automatic('web', target('web')), shadowedBy: 'rte_other' };
    expect(routeState(shadowed)).toEqual({ glyph: 'stopped', words: 'another route has its name', conflictId: null });
    expect(routeState(made('shop', []))).toEqual({
      glyph: 'failed',
      words: 'leads nowhere: its service was removed',
      conflictId: null,
    });
  });
});

describe('The address of a route', () => {
  it('is its name with its path', () => {
    expect(routeLabel({ name: 'shop', path: '/' })).toBe('shop.localhost');
    expect(routeLabel({ name: 'shop', path: '/api' })).toBe('shop.localhost/api');
  });

  it('has another form for who does not look names up as a browser does', () => {
    expect(addressForms('http://web.localhost:8080/', target('web', { address: '[::1]:3000' }))).toEqual([
      { label: 'Browsers, curl', url: 'http://web.localhost:8080/', client: 'browser' },
      { label: 'Node, glibc', url: 'http://[::1]:3000/', client: 'node' },
      { label: 'Containers', url: 'http://host.docker.internal:3000/', client: 'container' },
    ]);
    expect(addressForms('http://web.localhost:8080/', target('web', { address: null }))).toHaveLength(1);
  });
});

describe('The filter of the routes', () => {
  it('finds every word in the name, the target, the state or the checkout', () => {
    const route = automatic('web', target('web', { state: 'down', reason: 'It was stopped.' }));
    expect(
      ['', 'web.local', 'stopped main', 'web/http 3000', 'automatic', '/src/shop'].map((words) =>
        matchesRoute(route, words),
      ),
    ).toEqual(Array(6).fill(true));
    expect(['made', 'web blog'].map((words) => matchesRoute(route, words))).toEqual([false, false]);
  });
});

describe('What goes through a route', () => {
  it('is told in few characters', () => {
    expect([0, 9999, 12_345, 1_234_567].map(shortNumber)).toEqual(['0', '9,999', '12.3K', '1.2M']);
    expect([0.42, 12.4, 999, 1500].map(msWords)).toEqual(['0.4 ms', '12 ms', '999 ms', '1.5 s']);
    expect(limitWords(null)).toBe('none');
    expect(limitWords({ requestsPerSecond: 0.5, burst: 1 })).toBe('0.5 a second, 1 at once');
  });

  it('leaves out what there was none of', () => {
    const statuses = { '1xx': 0, '2xx': 1200, '3xx': 0, '4xx': 3, '5xx': 0 };
    expect(statusesWords(traffic({ statuses }))).toBe('2xx 1,200 · 4xx 3');
    expect(underwayWords(traffic())).toBe('');
    expect(underwayWords(traffic({ inFlight: 2, tunnels: 1 }))).toBe('2 on the way, 1 connection open');
  });
});
