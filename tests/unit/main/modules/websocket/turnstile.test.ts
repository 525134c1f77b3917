import { describe, expect, it, vi } from 'vitest';
import { createMeter, createTurnstile } from '#main/modules/websocket/turnstile.ts';

describe('a turnstile', () => {
  it('lets so many in at once, and the others in order, whether or not the ones before succeed', async () => {
    const through = createTurnstile(2);
    const ends: Array<(error?: Error) => void> = [];
    const begun: number[] = [];
    const all = [0, 1, 2, 3].map((name) =>
      through(async () => {
        begun.push(name);
        await new Promise<void>((resolve, reject) => {
          ends[name] = (error) => (error === undefined ? resolve() : reject(error));
        });
        return name;
      }),
    );
    expect(begun).toEqual([0, 1]);
    ends[1]?.(new Error('no'));
    await expect(all[1]).rejects.toThrow('no');
    await vi.waitFor(() => expect(begun).toEqual([0, 1, 2]));
    ends[0]?.();
    ends[2]?.();
    await vi.waitFor(() => expect(begun).toEqual([0, 1, 2, 3]));
    ends[3]?.();
    expect(await Promise.all([all[0], all[2], all[3]])).toEqual([0, 2, 3]);
    expect(await through(async () => 'free again')).toBe('free again');
  });
});

describe('a meter', () => {
  it('says when more have come in a second than may, and forgets it with the second', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const isBearable = createMeter(2);
      expect([isBearable(), isBearable(), isBearable()]).toEqual([true, true, false]);
      vi.advanceTimersByTime(1000);
      expect(isBearable()).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });
});
