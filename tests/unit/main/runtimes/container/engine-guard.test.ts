import { describe, expect, it } from 'vitest';
import { unreachable } from '#main/runtimes/container/engine-errors.ts';
import { createEngineGuard } from '#main/runtimes/container/engine-guard.ts';
import type { EngineState } from '#main/runtimes/container/types.ts';
import { ClosError } from '#shared/contract/clos-error.ts';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const refusedConnection = () => unreachable('/x.sock', Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
const late = () => new ClosError('ENGINE_TIMEOUT', 'late');
const reason = 'The container engine at /x.sock cannot be reached: nothing answers there; it is probably not running.';

/** A call that fails as told, then succeeds; counts how often it was made. */
function calls(failures: unknown[]): { call: () => Promise<string>; made: () => number } {
  let made = 0;
  return {
    call: async () => {
      made++;
      if (failures.length > 0) throw failures.shift();
      return 'done';
    },
    made: () => made,
  };
}

function watched(options: { threshold?: number; first?: number } = {}) {
  const guard = createEngineGuard({
    log,
    threshold: options.threshold ?? 5,
    halfOpenAfterMs: { first: options.first ?? 60_000, most: 60_000 },
  });
  const states: Omit<EngineState, 'since'>[] = [];
  guard.onStateChange(({ status, reason: why }) => states.push({ status, reason: why }));
  return { guard, states };
}

describe('the guard of an engine', () => {
  it('repeats what may be repeated while the engine is away, three times in all', async () => {
    const { guard, states } = watched();
    const two = calls([refusedConnection(), refusedConnection()]);
    expect(await guard.run(two.call, { retry: true })).toBe('done');
    expect(two.made()).toBe(3);
    expect(states).toEqual([{ status: 'available', reason: null }]);
    const many = calls(Array.from({ length: 9 }, refusedConnection));
    await expect(guard.run(many.call, { retry: true })).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
    expect(many.made()).toBe(3);
  });

  it('makes a call that must not be repeated once', async () => {
    const { guard } = watched();
    const one = calls([refusedConnection()]);
    await expect(guard.run(one.call, { retry: false })).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
    expect(one.made()).toBe(1);
  });

  it('does not wait a second time for an answer that was late', async () => {
    const { guard } = watched();
    const slow = calls([late()]);
    await expect(guard.run(slow.call, { retry: true })).rejects.toMatchObject({ code: 'ENGINE_TIMEOUT' });
    expect(slow.made()).toBe(1);
  });

  it('does not repeat what the engine has refused, and takes the refusal for a sign of life', async () => {
    const { guard, states } = watched();
    const refusal = calls([new ClosError('CONTAINER_NOT_FOUND')]);
    await expect(guard.run(refusal.call, { retry: true })).rejects.toMatchObject({ code: 'CONTAINER_NOT_FOUND' });
    expect(refusal.made()).toBe(1);
    expect(states).toEqual([{ status: 'available', reason: null }]);
  });

  it('answers at once, with the reason, after so many failures in a row', async () => {
    const { guard } = watched({ threshold: 3 });
    for (let i = 0; i < 3; i++) {
      await expect(guard.run(calls([refusedConnection()]).call, { retry: false })).rejects.toThrow(reason);
    }
    const next = calls([]);
    await expect(guard.run(next.call, { retry: true })).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: reason,
    });
    expect(next.made()).toBe(0);
  });

  it('lets calls through again once a probe was answered, whatever the wall clock says', async () => {
    const { guard, states } = watched({ threshold: 1 });
    await expect(guard.run(calls([refusedConnection()]).call, { retry: false })).rejects.toThrow(reason);
    await expect(guard.run(calls([]).call, { retry: false })).rejects.toThrow(reason);
    expect(await guard.probe(calls([]).call)).toBe('done');
    expect(await guard.run(calls([]).call, { retry: false })).toBe('done');
    expect(states).toEqual([{ status: 'available', reason: null }]);
  });

  it('lets one call try after the pause', async () => {
    const { guard } = watched({ threshold: 1, first: 1 });
    await expect(guard.run(calls([refusedConnection()]).call, { retry: false })).rejects.toThrow(reason);
    await expect
      .poll(async () => await guard.run(calls([]).call, { retry: false }).catch(() => 'refused'))
      .toBe('done');
  });

  it('takes a lost connection for an outage at once, late answers only when they pile up', async () => {
    const { guard, states } = watched({ threshold: 3 });
    await guard.run(calls([]).call, { retry: false });
    await expect(guard.run(calls([late()]).call, { retry: false })).rejects.toMatchObject({ code: 'ENGINE_TIMEOUT' });
    await expect(guard.run(calls([late()]).call, { retry: false })).rejects.toMatchObject({ code: 'ENGINE_TIMEOUT' });
    expect(guard.state.status).toBe('available');
    await expect(guard.run(calls([late()]).call, { retry: false })).rejects.toMatchObject({ code: 'ENGINE_TIMEOUT' });
    expect(states.slice(1)).toEqual([{ status: 'unavailable', reason: 'late' }]);
    await guard.probe(calls([]).call);
    guard.lost(refusedConnection());
    expect(states.slice(2)).toEqual([
      { status: 'available', reason: null },
      { status: 'unavailable', reason },
    ]);
  });

  it('keeps the beginning of an outage while its reason changes, and tells each change once', async () => {
    const { guard, states } = watched();
    await guard.probe(calls([]).call);
    guard.lost(late());
    const { since } = guard.state;
    guard.lost(refusedConnection());
    expect(guard.state).toEqual({ status: 'unavailable', reason, since });
    expect(states).toHaveLength(2);
  });

  it('tells a listener nothing after it has left', async () => {
    const guard = createEngineGuard({ log });
    const seen: EngineState[] = [];
    guard.onStateChange((state) => seen.push(state))();
    await guard.probe(calls([]).call);
    expect(seen).toEqual([]);
  });

  it('ends the wait between attempts when the caller gives up', async () => {
    const { guard } = watched({ threshold: 50 });
    const caller = new AbortController();
    const many = calls(Array.from({ length: 9 }, refusedConnection));
    const call = async () => {
      caller.abort();
      return await many.call();
    };
    await expect(guard.run(call, { retry: true, signal: caller.signal })).rejects.toThrow();
    expect(many.made()).toBe(1);
  });
});
