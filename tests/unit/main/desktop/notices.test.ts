import { describe, expect, it } from 'vitest';
import { coalesce, type Notice, noticeOf } from '#main/desktop/notices.ts';
import { conflictDetected, event, statusChanged } from './fixtures.ts';

describe('a notice', () => {
  it('of a conflict names both sides and the suggestion, and leads to its inspector', () => {
    expect(noticeOf(conflictDetected('7'))).toEqual({
      kind: 'conflict',
      subject: 'cfl_7',
      title: 'web wants :3000',
      body: 'It is held by vite (pid 4242). Suggested: Run web on 3001.',
      path: '/conflicts/cfl_7',
    });
  });

  it.each([
    [
      'a crash',
      statusChanged('web', ['running', 'failed'], { reason: 'exit 137' }),
      'crash',
      'web crashed',
      'exit 137.',
    ],
    [
      'a crash without a reason',
      statusChanged('web', ['unhealthy', 'failed'], { exitCode: 1 }),
      'crash',
      'web crashed',
      'exit 1.',
    ],
    [
      'a start that failed',
      statusChanged('web', ['starting', 'failed'], { reason: 'exit 1' }),
      'not-started',
      'web could not be started',
      'exit 1.',
    ],
    [
      'a stop by somebody else',
      statusChanged('web', ['running', 'stopped'], { actor: 'outside', reason: 'exit 0' }),
      'stopped',
      'web was stopped outside CLOS',
      'exit 0.',
    ],
  ])('tells %s apart', (...[, about, kind, title, body]) => {
    expect(noticeOf(about)).toEqual({ kind, subject: 'svc_web', title, body, path: '/services/web' });
  });

  it.each([
    ['a stop that CLOS was asked for', statusChanged('web', ['stopping', 'stopped'])],
    ['a start that worked', statusChanged('web', ['starting', 'running'])],
    ['a conflict that only warns', conflictDetected('7', { severity: 'warning' })],
    ['a conflict that was resolved', event('conflict.resolved', '7', { option: 'reassign', operationId: 'op_1' })],
  ])('is not made of %s', (_what, about) => {
    expect(noticeOf(about)).toBeNull();
  });
});

describe('notices that come together', () => {
  const crash = (name: string): Notice => ({
    kind: 'crash',
    subject: `svc_${name}`,
    title: `${name} crashed`,
    body: 'exit 1.',
    path: `/services/svc_${name}`,
  });

  it('stay as they are when each is the only one of its kind', () => {
    const wanted = noticeOf(conflictDetected('7'));
    expect(wanted && coalesce([crash('web'), wanted])).toEqual([crash('web'), wanted]);
  });

  it('about one thing become the latest', () => {
    expect(coalesce([crash('web'), { ...crash('web'), body: 'exit 2.' }])).toEqual([
      { ...crash('web'), body: 'exit 2.' },
    ]);
  });

  it('of one kind become one that lists three and counts the rest', () => {
    expect(coalesce(['a', 'b', 'c', 'd', 'e'].map(crash))).toEqual([
      {
        kind: 'crash',
        subject: 'crash',
        title: '5 services crashed',
        body: 'a crashed\nb crashed\nc crashed\nand 2 more',
        path: '/services',
      },
    ]);
  });
});
