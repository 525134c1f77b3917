import { describe, expect, it } from 'vitest';
import { findAdoptable, foundWords } from '#renderer/features/overview/found.ts';
import { holder, leasedRow, portRow } from './samples.ts';

const container = { id: 'c1', name: 'shop-db-1', image: 'postgres:17', state: 'running' };

describe('What runs here and is no service yet', () => {
  const inspected = [portRow(3000), portRow(9229)];
  const db = portRow(5432, { holder: holder({ type: 'container', pid: null, container }) });

  it('is each program and each container once, with all of its ports', () => {
    const found = findAdoptable([...inspected, db]);
    expect(found.map(({ key, rows }) => [key, rows.map(({ port }) => port)])).toEqual([
      ['pid 4242', [3000, 9229]],
      ['c1', [5432]],
    ]);
    expect(foundWords(found)).toBe('1 container and 1 dev server');
  });

  it('leaves out what has a service, what is protected, and what cannot be named', () => {
    expect(
      findAdoptable([
        leasedRow(3001, 'web'),
        portRow(22, { holder: holder({ name: 'sshd', protected: true }) }),
        portRow(1, { holder: holder({ service: { id: 'svc_1', name: 'web' } }) }),
        portRow(2, { holder: holder({ type: 'unknown', name: 'a process of root', pid: null }) }),
        portRow(3, { holder: null }),
      ]),
    ).toEqual([]);
  });
});
