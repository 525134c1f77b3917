import { describe, expect, it } from 'vitest';
import type { Finding } from '#main/modules/resolver/detect.ts';
import { type Launcher, type ProposalContext, proposeOptions } from '#main/modules/resolver/options.ts';
import type { ServiceFact } from '#main/modules/resolver/world.ts';
import type { ConflictOption } from '#shared/contract/conflicts.ts';
import { containerHolder, holderOf, nodeHolder, wantedAsTold } from './fixtures.ts';

const finding: Finding = {
  kind: 'process',
  severity: 'blocking',
  wanted: wantedAsTold,
  holder: nodeHolder,
  evidence: [],
};

function serviceOf(name: string, change: Partial<ServiceFact> = {}): ServiceFact {
  return { id: `svc_${name}`, name, runtime: 'process', active: true, references: [], cwd: null, ...change };
}

const launcher: Launcher = { pid: 4242, name: 'node', command: 'node server.js', lostForGood: null };

const context: ProposalContext = {
  suggestPort: () => ({ port: 3001, range: 'apis', reason: '3001 is the next free port.' }),
  suggestAddress: () => null,
  launcher,
  services: [serviceOf('web', { active: false })],
};

const propose = (change: Partial<Finding> = {}, around: Partial<ProposalContext> = {}) =>
  proposeOptions({ ...finding, ...change }, { ...context, ...around });

/** `*reassign` is recommended; what follows is the risk, and `!` stands for what cannot be put back. */
const outline = (options: readonly ConflictOption[]) =>
  options.map(
    ({ id, recommended, risk, reversible }) => `${recommended ? '*' : ''}${id} ${risk}${reversible ? '' : ' !'}`,
  );

const docs = serviceOf('docs');
const heldByDocs: Partial<Finding> = {
  kind: 'lease',
  holder: holderOf({ type: 'service', name: 'docs', service: { id: 'svc_docs', name: 'docs' } }),
};

describe('the options of a conflict', () => {
  it('offer another port first, with every step in words', async () => {
    const told = serviceOf('api', { references: ['web'] });
    const [first] = await propose({}, { services: [...context.services, told] });
    expect(first).toEqual({
      id: 'reassign',
      strategy: 'reassign',
      title: 'Run web on 3001',
      steps: [
        'Lease 3001 to web/http instead of 3000. 3001 is the next free port.',
        'Start web on 3001 and keep that port until it is changed',
        'Tell api the new port; it is restarted if it runs',
      ],
      affects: ['api'],
      risk: 'none',
      reversible: true,
      recommended: true,
      // It has no id before it is recorded.
      command: 'clos resolve CONFLICT --option reassign',
      port: 3001,
      address: null,
    } satisfies ConflictOption);
  });

  it.each<[string, Partial<Finding>, string[]]>([
    ['a program', {}, ['*reassign none', 'wait none', 'adopt none', 'end-process high']],
    [
      'a program that must not be ended',
      { holder: { ...nodeHolder, protected: true } },
      ['*reassign none', 'wait none'],
    ],
    [
      'a container of somebody else',
      { kind: 'container', holder: containerHolder },
      ['*reassign none', 'wait none', 'stop-container low', 'adopt none'],
    ],
    [
      'a connection that passes',
      { kind: 'temporary', holder: holderOf({ name: 'a connection' }) },
      ['*reassign none', 'wait none'],
    ],
    [
      'CLOS itself',
      { kind: 'clos', holder: holderOf({ type: 'clos', name: 'api', protected: true }) },
      ['*reassign none'],
    ],
    ['a service that runs', heldByDocs, ['*reassign none', 'stop-service low']],
    [
      'a reservation',
      { kind: 'lease', holder: holderOf({ type: 'system', name: 'the reservation "x"' }) },
      ['*reassign none'],
    ],
  ])('are, for a port that is held by %s, what can be done about it', async (_, change, expected) => {
    expect(outline(await propose(change, { services: [...context.services, docs] }))).toEqual(expected);
  });

  it('take the port from a service that does not run without stopping anything', async () => {
    const stopped = { ...docs, active: false };
    const options = await propose(heldByDocs, { services: [...context.services, stopped] });
    expect(options[1]).toMatchObject({
      title: 'Take 3000 from docs, which does not run',
      risk: 'none',
      affects: ['docs'],
    });
  });

  it('end the package manager that would start the program again', async () => {
    const npm = { pid: 4000, name: 'npm', command: 'npm run dev', lostForGood: null };
    const options = await propose({}, { launcher: npm });
    expect(options.at(-1)).toMatchObject({
      title: 'End npm run dev (pid 4000)',
      steps: [
        'Ask npm (pid 4000), which runs node (pid 4242), to end, and end both by force if they do not',
        'Remember how it was started, so that it can be started again',
        'Start web on 3000',
      ],
    });
  });

  it('name what would be ended by what was typed, as far as there is room', async () => {
    const titles = ['node server.js', '/usr/bin/node a/b.js', `node ${'x'.repeat(80)}`].map(async (command) => {
      const options = await propose({}, { launcher: { ...launcher, command } });
      return options.at(-1)?.title;
    });
    expect(await Promise.all(titles)).toEqual([
      'End node server.js (pid 4242)',
      'End node a/b.js (pid 4242)',
      `End node ${'x'.repeat(54)}… (pid 4242)`,
    ]);
  });

  it('make no service of a program that could not be started again as it was, and say why its end is for good', async () => {
    const lostForGood = 'node (process 4242) cannot be started again as it was. Its folder has been deleted.';
    const options = await propose({}, { launcher: { ...launcher, lostForGood } });
    expect(outline(options)).toEqual(['*reassign none', 'wait none', 'end-process high !']);
    expect(options.at(-1)?.steps[1]).toBe(lostForGood);
  });

  it('bind the loopback where the wanted address is not one of this host', async () => {
    const change: Partial<Finding> = {
      kind: 'reserved',
      holder: holderOf({ type: 'system', name: 'address', protected: true }),
    };
    const options = await propose(change, { suggestAddress: () => '127.0.0.1' });
    expect(options.map(({ title, recommended }) => [title, recommended])).toEqual([
      ['Run web on 127.0.0.1:3000', true],
    ]);
  });

  it('recommend what can be put back, never the end of a program, when no other port is left', async () => {
    expect(outline(await propose({}, { suggestPort: () => null }))).toEqual([
      'wait none',
      'adopt none',
      'end-process high',
    ]);
    expect(outline(await propose(heldByDocs, { suggestPort: () => null, services: [docs] }))).toEqual([
      '*stop-service low',
    ]);
  });

  it('recommend nothing where nothing blocks', async () => {
    expect(outline(await propose({ severity: 'warning', kind: 'shadowed' }))).toEqual([
      'reassign none',
      'end-process high',
    ]);
  });

  it.each<[string, Partial<Finding>]>([
    ['nobody in particular wants the port', { wanted: { ...finding.wanted, service: null, serviceId: null } }],
    ['the address is not there and there is no other', { kind: 'reserved' }],
    ['the service runs but does not answer', { kind: 'not-answering' }],
  ])('are none when %s', async (_, change) => {
    expect(await propose(change)).toEqual([]);
  });
});
