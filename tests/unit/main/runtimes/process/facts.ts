import type { ProcessInfo } from '#main/host/types.ts';
import type { SignalFacts } from '#main/runtimes/process/decide-signal.ts';

export const ourselves = { pid: 500, ancestors: [400, 300, 1], sessionId: 450 };

/** A dev server in a terminal. */
export function processOf(change: Partial<ProcessInfo> = {}): ProcessInfo {
  return {
    pid: 4242,
    name: 'node',
    command: 'node server.js',
    argv: ['node', 'server.js'],
    executable: '/usr/bin/node',
    cwd: '/home/ada/shop',
    user: 'ada',
    uid: 1000,
    startedAt: '2026-01-01T00:00:00.000Z',
    startTicks: 7000,
    bootId: 'boot',
    ppid: 4000,
    sessionId: 4000,
    hasTerminal: true,
    containerId: null,
    ancestors: [4000, 1],
    ...change,
  };
}

/** What is known when the wanted process is still the one that has its number. */
export function factsOf(change: Partial<SignalFacts> = {}): SignalFacts {
  const found = change.found === undefined ? processOf() : change.found;
  const { pid, startTicks, bootId } = found ?? processOf();
  return {
    wanted: { pid, startTicks, bootId },
    found,
    alive: true,
    ourselves,
    userProtected: [],
    owned: false,
    ...change,
  };
}
