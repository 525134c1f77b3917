import { describe, expect, it } from 'vitest';
import { initialState, reduce, stateOfSnapshot, withConnection } from '#main/desktop/desktop-state.ts';
import { trayView } from '#main/desktop/tray-view.ts';
import { conflict, conflictDetected, event, statusChanged } from './fixtures.ts';

const calm = stateOfSnapshot({
  services: [
    { id: 'svc_web', name: 'web', status: 'running' },
    { id: 'svc_db', name: 'db', status: 'running' },
  ],
  conflicts: [],
});

describe('the state of the desktop', () => {
  it('takes the services and only the open conflicts of a snapshot', () => {
    const state = stateOfSnapshot({
      services: [{ id: 'svc_web', name: 'web', status: 'failed' }],
      conflicts: [conflict('cfl_1'), conflict('cfl_2', { state: 'resolved' })],
    });
    expect(state).toEqual({
      connection: 'live',
      services: new Map([['svc_web', { name: 'web', status: 'failed' }]]),
      conflicts: new Map([['cfl_1', { service: 'web', port: 3000 }]]),
    });
  });

  it('follows a service from its creation to its end', () => {
    const steps = [
      event('service.created', 'api', { revision: 1 }),
      statusChanged('api', ['created', 'starting']),
      statusChanged('api', ['starting', 'running']),
      event('service.deleted', 'api', {}),
    ];
    const statuses: unknown[] = [];
    let state = calm;
    for (const step of steps) {
      state = reduce(state, step);
      statuses.push(state.services.get('svc_api')?.status);
    }
    expect(statuses).toEqual(['created', 'starting', 'running', undefined]);
    expect(state).toEqual(calm);
  });

  it('counts a conflict once and forgets it when it is resolved or cleared', () => {
    let state = reduce(reduce(reduce(calm, conflictDetected('1')), conflictDetected('1')), conflictDetected('2'));
    expect([...state.conflicts.keys()]).toEqual(['cfl_1', 'cfl_2']);
    state = reduce(state, event('conflict.resolved', '1', { option: 'reassign', operationId: 'op_1' }));
    state = reduce(state, event('conflict.cleared', '2', { reason: 'The port is free.' }));
    expect(state).toEqual(calm);
  });

  it.each([
    event('lease.granted', 'x', {}),
    event('service.deleted', 'never-seen', {}),
    event('conflict.cleared', 'never-seen', { reason: 'x' }),
    event('service.status-changed', 'web', { to: 'no such status' }),
    event('conflict.detected', '1', { conflict: null }),
  ])('stays the same object at $type that changes nothing or is not understood', (unrelated) => {
    expect(reduce(calm, unrelated)).toBe(calm);
  });
});

describe('the tray', () => {
  it.each([
    ['is half filled until CLOS has answered', initialState, ['starting', 0, 'CLOS is starting']],
    ['waits for the first snapshot', withConnection(initialState, false), ['starting', 0, 'CLOS is starting']],
    [
      'says what was last seen while CLOS is away',
      withConnection(calm, false),
      ['starting', 0, 'CLOS does not answer. Last seen: 2 running'],
    ],
    [
      'is an outline when it is back',
      withConnection(withConnection(calm, false), true),
      ['calm', 0, 'CLOS: 2 running'],
    ],
    ['is an outline when nothing wants attention', calm, ['calm', 0, 'CLOS: 2 running']],
    [
      'is half filled while a service starts',
      reduce(calm, statusChanged('db', ['stopped', 'starting'])),
      ['starting', 0, 'CLOS: 1 starting or stopping, 1 running'],
    ],
    [
      'is filled when a service has failed',
      reduce(calm, statusChanged('db', ['running', 'failed'])),
      ['failed', 0, 'CLOS: 1 failed, 1 running'],
    ],
    [
      'counts conflicts before anything else',
      reduce(reduce(calm, statusChanged('db', ['running', 'failed'])), conflictDetected('1')),
      ['conflict', 1, 'CLOS: 1 port conflict, 1 failed, 1 running'],
    ],
  ] as const)('%s', (_title, state, [glyph, count, tooltip]) => {
    const view = trayView(state);
    expect([view.glyph, view.count, view.tooltip]).toEqual([glyph, count, tooltip]);
  });

  it('says in its menu how many conflicts there are and how many services run', () => {
    const two = reduce(reduce(calm, conflictDetected('1')), conflictDetected('2'));
    const labels = [initialState, calm, two].map((state) => {
      const { conflictsLabel, runningLabel } = trayView(state);
      return [conflictsLabel, runningLabel];
    });
    expect(labels).toEqual([
      ['No port conflicts', 'No services running'],
      ['No port conflicts', '2 services running'],
      ['2 port conflicts', '2 services running'],
    ]);
  });
});
