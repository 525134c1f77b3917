import { describe, expect, it } from 'vitest';
import {
  bandParts,
  buildMap,
  countByFilter,
  markContested,
  matchesSearch,
  narrow,
  stripOf,
} from '#renderer/features/ports/port-map.ts';
import { labelOf, lookOf, portIn } from '#renderer/lib/port-state.ts';
import { portUrl } from '#renderer/lib/port-url.ts';
import { conflict, holder, leasedRow, portRow } from './samples.ts';

const candlefish = { name: 'candlefish', first: 3000, last: 3009 };
const apis = { name: 'apis', first: 4000, last: 4999 };

describe('The map of the ports', () => {
  const web = leasedRow(3000, 'web');
  const vite = portRow(3006, { holder: holder({ name: 'vite', project: 'docs' }) });
  const dns = portRow(5353, { protocol: 'udp', label: 'avahi' });

  it('puts each port into its range, in order, and keeps what is in none', () => {
    expect(buildMap([candlefish, apis], [dns, vite, web])).toEqual({
      bands: [
        { range: candlefish, rows: [web, vite] },
        { range: apis, rows: [] },
      ],
      outside: [dns],
    });
  });

  it('names each port, and what is free between them: single ports by themselves, long stretches as one', () => {
    const rows = [web, leasedRow(3003, 'api'), vite];
    expect(bandParts({ range: candlefish, rows })).toEqual([
      { type: 'port', row: web },
      { type: 'free', first: 3001, last: 3001 },
      { type: 'free', first: 3002, last: 3002 },
      { type: 'port', row: rows[1] },
      { type: 'free', first: 3004, last: 3004 },
      { type: 'free', first: 3005, last: 3005 },
      { type: 'port', row: vite },
      { type: 'free', first: 3007, last: 3007 },
      { type: 'free', first: 3008, last: 3008 },
      { type: 'free', first: 3009, last: 3009 },
    ]);
    expect(bandParts({ range: apis, rows: [] })).toEqual([{ type: 'free', first: 4000, last: 4999 }]);
  });

  it('is found by port, by name, by program and by where that comes from', () => {
    for (const search of [':3006', '3006', 'vite', 'DOCS', 'src/blog', 'vite main', 'server.js']) {
      expect(matchesSearch(vite, search), search).toBe(true);
    }
    expect(matchesSearch(vite, 'vite web')).toBe(false);
    expect(['300', '4242', ':300', '424', '8080'].map((search) => matchesSearch(vite, search))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    const other = portRow(1, { holder: holder({ command: 'vite --port 8080' }) });
    expect(matchesSearch(other, '8080')).toBe(false);
    expect(matchesSearch(other, '--port')).toBe(true);
    expect(matchesSearch(web, 'web')).toBe(true);
  });

  it('narrows to what is asked for, and leaves out bands in which nothing is left', () => {
    const map = buildMap([candlefish, apis], [web, vite, dns]);
    const all = { search: '', filters: new Set<never>(), range: null };
    expect(narrow(map, all)).toEqual(map);
    expect(narrow(map, { ...all, filters: new Set(['foreign'] as const) })).toEqual({
      bands: [{ range: candlefish, rows: [vite] }],
      outside: [dns],
    });
    expect(narrow(map, { ...all, search: 'web' })).toEqual({
      bands: [{ range: candlefish, rows: [web] }],
      outside: [],
    });
    expect(narrow(map, { ...all, range: 'apis' })).toEqual({ bands: [{ range: apis, rows: [] }], outside: [] });
  });

  it('counts what there is, and nothing else', () => {
    expect([...countByFilter([web, vite, dns])]).toEqual([
      ['leased', 1],
      ['foreign', 2],
    ]);
  });

  it('calls contested what a service is kept from, though that has no lease of it', () => {
    const held = portRow(3000);
    const [marked, other] = markContested([held, vite], [conflict('process')]);
    expect(marked).toEqual({ ...held, state: 'contested', label: 'web' });
    expect(other).toEqual(vite);
    expect(labelOf(marked ?? held)).toBe('web ↔ blog?');
    expect(markContested([held], [conflict('shadowed', { severity: 'warning' })])).toEqual([held]);
  });

  it('draws in a step of the strip what matters most there', () => {
    const idle = leasedRow(3002, 'api', false);
    const strip = stripOf({ range: candlefish, rows: [vite, idle, portRow(3003), { ...web, state: 'contested' }] }, 5);
    expect(strip).toEqual(['contested', 'leased', null, 'foreign', null]);
  });

  it('tells a lease in use from an idle one, and a stranger by the project that it seems to be of', () => {
    expect([web, leasedRow(1, 'x', false), vite].map(lookOf)).toEqual(['used', 'leased', 'foreign']);
    expect(labelOf(vite)).toBe('docs?');
    expect(labelOf(portRow(1, { holder: holder({ project: null }) }))).toBe('node?');
    expect(labelOf(web)).toBe('web');
  });

  it('opens where whoever listens answers', () => {
    expect(portUrl(web)).toBe('http://127.0.0.1:3000');
    expect(portUrl(portRow(1, { addresses: ['::'] }))).toBe('http://localhost:1');
    expect(portUrl(portRow(1, { addresses: ['0.0.0.0'] }))).toBe('http://127.0.0.1:1');
    expect(portUrl(portRow(1, { addresses: ['::1'] }))).toBe('http://[::1]:1');
    expect(portUrl(dns)).toBeNull();
    expect(portUrl(leasedRow(1, 'x', false))).toBeNull();
  });

  it('reads a port that is asked for as such', () => {
    expect([':3000', '3000', ' 1 ', '65536', '0', 'web', '', '3000x'].map(portIn)).toEqual([
      3000,
      3000,
      1,
      null,
      null,
      null,
      null,
      null,
    ]);
  });
});
