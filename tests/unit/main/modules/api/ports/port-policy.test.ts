import { describe, expect, it } from 'vitest';
import { canWait, policyOf, takeoverOption, takeovers } from '#main/modules/api/ports/port-policy.ts';
import type { Conflict, ConflictOption } from '#shared/contract/conflicts.ts';
import { conflictSettingsSchema } from '#shared/contract/settings.ts';
import { holderOf, nodeHolder, wantedAsTold } from '../../resolver/fixtures.ts';

const settings = (change: object = {}) => conflictSettingsSchema.parse(change);

function optionOf(strategy: ConflictOption['strategy']): ConflictOption {
  return {
    id: strategy,
    strategy,
    title: strategy,
    steps: [],
    affects: [],
    risk: 'low',
    reversible: true,
    recommended: false,
    command: '',
    port: null,
    address: null,
  };
}

function conflictOf(change: Partial<Conflict>): Conflict {
  return {
    id: 'cfl_1',
    kind: 'process',
    severity: 'blocking',
    wanted: wantedAsTold,
    holder: nodeHolder,
    evidence: [],
    options: [optionOf('reassign'), optionOf('end-process')],
    state: 'open',
    detectedAt: '2026-01-01T00:00:00.000Z',
    closedAt: null,
    ...change,
  };
}

it('the policy of a service is its own, and with "default" that of the settings', () => {
  expect(policyOf({ onConflict: 'wait' }, settings({ onConflict: 'reassign' }))).toBe('wait');
  expect(policyOf({ onConflict: 'default' }, settings({ onConflict: 'reassign' }))).toBe('reassign');
  expect(policyOf({ onConflict: 'default' }, settings())).toBe('ask');
});

it('nobody waits for a port that its own other endpoint asks for', () => {
  const service = (id: string) => conflictOf({ holder: holderOf({ type: 'service', service: { id, name: 'one' } }) });
  expect(canWait([conflictOf({}), service('svc_docs')])).toBe(true);
  expect(canWait([conflictOf({}), service('svc_web')])).toBe(false);
});

describe('taking a port over', () => {
  it('has another service make room', () => {
    const holder = holderOf({ type: 'service', name: 'docs', service: { id: 'svc_docs', name: 'docs' } });
    const options = [optionOf('reassign'), optionOf('stop-service')];
    expect(takeoverOption(conflictOf({ kind: 'lease', holder, options }), settings())?.id).toBe('stop-service');
  });

  it.each([
    ['no rule names it', {}, null],
    ['a rule names another program', { mayEnd: [{ name: 'vite' }] }, null],
    ['a rule names its program', { mayEnd: [{ name: 'node' }] }, 'end-process'],
    [
      'a rule names its program and its command line',
      { mayEnd: [{ name: 'node', commandContains: 'server.js' }] },
      'end-process',
    ],
    ['a rule wants another command line', { mayEnd: [{ name: 'node', commandContains: 'other.js' }] }, null],
  ])('of a foreign program, where %s', (_, change, expected) => {
    expect(takeoverOption(conflictOf({}), settings(change))?.id ?? null).toBe(expected);
  });

  it('never ends a container that CLOS does not manage, whatever the rules say', () => {
    const holder = holderOf({
      type: 'container',
      name: 'node',
      container: { id: 'c', name: 'node', image: 'i', state: 'running' },
    });
    const options = [optionOf('reassign'), optionOf('stop-container')];
    expect(
      takeoverOption(conflictOf({ kind: 'container', holder, options }), settings({ mayEnd: [{ name: 'node' }] })),
    ).toBeNull();
  });

  it('stops nobody where two endpoints of the service ask for the same port', () => {
    const holder = holderOf({ type: 'service', name: 'docs', service: { id: 'svc_docs', name: 'docs' } });
    const held = (endpoint: string, port: number) =>
      conflictOf({ holder, options: [optionOf('stop-service')], wanted: { ...wantedAsTold, endpoint, port } });
    const apart = takeovers([held('http', 3000), held('admin', 3001)], settings());
    expect(apart?.map(({ option }) => option.id)).toEqual(['stop-service', 'stop-service']);
    expect(takeovers([held('http', 3000), held('admin', 3000)], settings())).toBeNull();
  });
});
