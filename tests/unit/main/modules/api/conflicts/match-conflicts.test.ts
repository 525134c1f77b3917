import { describe, expect, it } from 'vitest';
import { matchConflicts } from '#main/modules/api/conflicts/match-conflicts.ts';
import type { Conflict, DetectedConflict } from '#shared/contract/conflicts.ts';
import { containerHolder, holderOf, nodeHolder, wantedAsTold } from '../../resolver/fixtures.ts';

const dbHolder = holderOf({ type: 'service', name: 'db', service: { id: 'svc_db', name: 'db' } });
const seenOf = (change: Partial<DetectedConflict> = {}): DetectedConflict => ({
  kind: 'process',
  severity: 'blocking',
  wanted: wantedAsTold,
  holder: nodeHolder,
  evidence: [],
  options: [],
  ...change,
});
const openOf = (id: string, change: Partial<DetectedConflict> = {}): Conflict => ({
  ...seenOf(change),
  id,
  state: 'open',
  detectedAt: '2026-01-01T00:00:00.000Z',
  closedAt: null,
});

/** The ids of the open conflicts that the findings are, in their order. */
const match = (open: Conflict[], seen: DetectedConflict[]) =>
  [...matchConflicts(open, seen).values()].map((conflict) => conflict?.id ?? 'new');

const lease = { kind: 'lease' as const, holder: dbHolder };
const container = { kind: 'container' as const, holder: containerHolder };
const successor = { ...nodeHolder, pid: 4343, identity: '4343.2.boot' };

describe('what is in the way of a port', () => {
  it('is one conflict per holder, and each stays the one that it was', () => {
    const open = [openOf('a', lease), openOf('b', container)];
    expect(match(open, [seenOf(container), seenOf(), seenOf(lease)])).toEqual(['b', 'new', 'a']);
  });

  it('stays the same conflict when its holder changes, where none of the others is that', () => {
    expect(match([openOf('a')], [seenOf({ holder: successor })])).toEqual(['a']);
    expect(match([openOf('a'), openOf('b', lease)], [seenOf({ holder: successor }), seenOf(lease)])).toEqual([
      'a',
      'b',
    ]);
  });

  it.each<[string, Partial<DetectedConflict>]>([
    ['for another port', { wanted: { ...wantedAsTold, port: 3001 } }],
    ['for another protocol', { wanted: { ...wantedAsTold, protocol: 'udp' } }],
    ['for another endpoint', { wanted: { ...wantedAsTold, endpoint: 'admin' } }],
    ['for another service', { wanted: { ...wantedAsTold, serviceId: 'svc_api' } }],
    ['that only answers beside it', { kind: 'shadowed' }],
  ])('is another conflict %s', (_, change) => {
    expect(match([openOf('a')], [seenOf(change)])).toEqual(['new']);
  });
});
