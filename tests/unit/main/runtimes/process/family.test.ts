import { describe, expect, it } from 'vitest';
import type { ProcessEntry } from '#main/host/types.ts';
import { keyOf, kinOf } from '#main/runtimes/process/family.ts';

const root = { pid: 100, startTicks: 10, bootId: 'boot' };

function entry(pid: number, ppid: number, change: Partial<ProcessEntry> = {}): ProcessEntry {
  return { pid, ppid, startTicks: 10, bootId: 'boot', processGroup: 100, sessionId: 100, ...change };
}

function kin(table: ProcessEntry[], { members = [root], leadsSession = false } = {}): number[] {
  return kinOf(table, { root, members: new Set(members.map(keyOf)), leadsSession }).map(({ pid }) => pid);
}

describe('who belongs to a process', () => {
  it('are its children, one generation at a time', () => {
    const table = [entry(100, 1), entry(101, 100), entry(102, 101), entry(103, 1)];
    expect(kin(table)).toEqual([101]);
    expect(kin(table, { members: [root, entry(101, 100)] })).toEqual([102]);
  });

  it('are not the children of another process with its number', () => {
    expect(kin([entry(100, 1, { startTicks: 99 }), entry(101, 100)])).toEqual([]);
  });

  it('are in a session of its own everybody in its session or group, whoever their parents are', () => {
    const table = [
      entry(100, 1),
      entry(101, 1),
      entry(102, 1, { processGroup: 102 }),
      entry(103, 1, { processGroup: 103, sessionId: 103 }),
    ];
    expect(kin(table, { leadsSession: true })).toEqual([101, 102]);
    expect(kin(table)).toEqual([]);
  });

  it('are found by the session after its end while a known member is in it, and no longer', () => {
    const orphan = entry(101, 1);
    const stranger = entry(102, 1);
    expect(kin([orphan, stranger], { members: [root, orphan], leadsSession: true })).toEqual([102]);
    expect(kin([stranger], { members: [root, orphan], leadsSession: true })).toEqual([]);
  });
});
