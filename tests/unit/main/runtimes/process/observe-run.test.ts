import { describe, expect, it } from 'vitest';
import { observedOf, type RunFacts } from '#main/runtimes/process/observe-run.ts';

const identity = { pid: 4242, startTicks: 7000, bootId: 'boot' };

function observe(change: Partial<RunFacts>) {
  const { state, exit } = observedOf({
    serviceId: 'svc_web',
    record: {
      runId: 'second',
      wrapper: { pid: 4241, startTicks: 6999, bootId: 'boot' },
      pid: 4242,
      process: identity,
      adopted: false,
      startedAt: '2026-01-01T00:00:00.000Z',
      command: ['npm', 'start'],
      cwd: '/home/ada/shop',
    },
    wrapperAlive: false,
    processAlive: false,
    exit: null,
    stopping: null,
    ...change,
  });
  return { state, exit };
}

const crash = { runId: 'second', code: 1, signal: null, at: '2026-01-01T00:01:00.000Z', stopped: false };

describe('a run', () => {
  it('goes on while its wrapper lives, and while its process does although the wrapper was killed', () => {
    const running = { state: 'running', exit: null };
    expect(observe({ wrapperAlive: true, processAlive: true })).toEqual(running);
    expect(observe({ wrapperAlive: true })).toEqual(running);
    expect(observe({ processAlive: true })).toEqual(running);
  });

  it('has ended as its wrapper has written, even when that has not ended itself yet', () => {
    const exit = { code: 1, signal: null, at: '2026-01-01T00:01:00.000Z', stopped: false };
    expect(observe({ exit: crash })).toEqual({ state: 'ended', exit });
    expect(observe({ exit: crash, wrapperAlive: true })).toEqual({ state: 'ended', exit });
  });

  it('has ended in an unknown way when nobody is left who could say', () => {
    expect(observe({})).toEqual({ state: 'ended', exit: { code: null, signal: null, at: null, stopped: false } });
  });

  it('was stopped when that was written before its end, whoever saw the end', () => {
    const stopping = { runId: 'second', graceMs: 1000 };
    const killed = { ...crash, code: null, signal: 'SIGTERM', stopped: true };
    expect(observe({ stopping }).exit?.stopped).toBe(true);
    expect(observe({ stopping, exit: killed }).exit).toEqual({
      code: null,
      signal: 'SIGTERM',
      at: '2026-01-01T00:01:00.000Z',
      stopped: true,
    });
  });

  it('crashed when it had ended before it was asked to', () => {
    expect(observe({ stopping: { runId: 'second', graceMs: 1000 }, exit: crash }).exit?.stopped).toBe(false);
  });

  it('is not told by what an earlier run has left', () => {
    const earlier = { ...crash, runId: 'first' };
    const stopping = { runId: 'first', graceMs: 1000 };
    expect(observe({ exit: earlier, stopping, processAlive: true })).toEqual({ state: 'running', exit: null });
    expect(observe({ exit: earlier, stopping }).exit).toEqual({ code: null, signal: null, at: null, stopped: false });
  });
});
