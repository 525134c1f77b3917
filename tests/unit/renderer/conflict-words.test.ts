import { describe, expect, it } from 'vitest';
import { doneWords, effectWords, inOrder } from '#renderer/features/conflicts/conflict-words.ts';
import { conflictWords, explain, holderWords, wantWords } from '#renderer/lib/conflict-words.ts';
import type { ConflictOption } from '#shared/contract/conflicts.ts';
import { conflictKinds } from '#shared/contract/conflicts.ts';
import { conflict, holder } from './samples.ts';

function option(part: Partial<ConflictOption>): ConflictOption {
  return {
    id: 'reassign',
    strategy: 'reassign',
    title: 'Run web on 3001',
    steps: [],
    affects: [],
    risk: 'none',
    reversible: true,
    recommended: false,
    command: 'clos resolve cfl_1 --option reassign',
    port: 3001,
    address: null,
    ...part,
  };
}

describe('A conflict in words', () => {
  it('is told for each kind', () => {
    expect(Object.fromEntries(conflictKinds.map((kind) => [kind, explain(conflict(kind))]))).toEqual({
      lease: ':3000 is leased to node of blog. A port of this machine belongs to one service.',
      container: 'The container node of blog publishes :3000.',
      'stopped-container': 'The container node of blog does not run, but claims :3000 and will want it when it starts.',
      process: 'node of blog listens on :3000. No service of CLOS leased it.',
      clos: 'CLOS itself uses :3000 for its node.',
      shadowed:
        'localhost:3000 can reach node of blog from /home/ada/src/blog (main) instead of web: each listens in an address family of its own.',
      reserved: 'The system does not leave :3000 to programs for good (node).',
      temporary: 'A connection that is still open uses :3000. It usually passes by itself.',
      'not-answering': 'web runs and its port is published, but nobody answers there.',
    });
  });

  it('says who wants what from whom', () => {
    expect(conflictWords(conflict('process'))).toBe('web wants :3000, held by node of blog');
    expect(conflictWords(conflict('shadowed'))).toBe('web shares :3000 with node of blog');
    expect(conflictWords(conflict('not-answering'))).toBe('web does not answer on :3000');
    const { wanted } = conflict('process');
    expect(wantWords(conflict('process', { wanted: { ...wanted, service: null } }))).toBe('Somebody wants :3000');
  });

  it('names the holder as people know it', () => {
    const container = { id: 'c1', name: 'shop-db-1', image: 'postgres:17', state: 'running' };
    expect(holderWords(holder({ project: null }))).toBe('node');
    expect(holderWords(holder({ container }))).toBe('shop-db-1');
    expect(holderWords(holder({ container, service: { id: 'svc_1', name: 'db' } }))).toBe('db');
  });

  it('says of each way out what else it changes, and what is true after it', () => {
    expect(effectWords(option({}))).toBe('nothing stops · can be undone');
    expect(effectWords(option({ affects: ['api', 'db'], risk: 'low', reversible: false }))).toBe(
      'api and db are touched · cannot be undone',
    );
    const done = (part: Partial<ConflictOption>) => doneWords(option(part), conflict('process'));
    expect(done({})).toBe('web is on :3001');
    expect(done({ strategy: 'change-address', address: '::1' })).toBe('web is on ::1:3000');
    expect(done({ strategy: 'wait' })).toBe('web starts by itself when :3000 frees');
    expect(done({ strategy: 'adopt' })).toBe('node is a service now');
    expect(done({ strategy: 'end-process' })).toBe('node was stopped, web has :3000');
  });

  it('puts what is recommended first', () => {
    const options = [option({ id: 'wait' }), option({ id: 'reassign', recommended: true }), option({ id: 'adopt' })];
    expect(inOrder(options).map(({ id }) => id)).toEqual(['reassign', 'wait', 'adopt']);
  });
});
