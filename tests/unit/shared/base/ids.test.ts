import { describe, expect, it } from 'vitest';
import { continueIdsAfter, isId, newId } from '#shared/base/ids.ts';

describe('ids', () => {
  it('carry their prefix and 26 characters, and are recognised by both', () => {
    const id = newId('svc', 1_700_000_000_000);

    expect(id).toMatch(/^svc_[0-9a-hjkmnp-tv-z]{26}$/);
    expect([isId('svc', id), isId('op', id), isId('svc', 'svc_short')]).toEqual([true, false, false]);
  });

  it('sort in the order in which they were made, within one millisecond and when the clock goes back', () => {
    const now = Date.now() + 1_000_000;
    const made = Array.from({ length: 2000 }, (_value, index) => newId('op', index % 3 === 0 ? now - 5000 : now));

    expect(made).toEqual([...made].sort());
    expect(new Set(made).size).toBe(2000);
  });

  it('go on after one that another process has made while its clock was ahead', () => {
    const ahead = 'op_0zzzzzzzzzzzzzzzzzzzzzzzzz';
    continueIdsAfter(ahead);
    const next = newId('op');
    continueIdsAfter('op_01j0000000zzzzzzzzzzzzzzzz');

    expect([next > ahead, newId('op') > next]).toEqual([true, true]);
  });
});
