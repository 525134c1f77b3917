import type { Config } from '../config/config.ts';

/**
 * When an ended module may start again: after `minDelayMs`, doubled at each end within the window, at most `maxDelayMs`. Once
 * more than `giveUpAfter` ends fall into the window it is degraded: it is still started, but at the slowest pace.
 */
export function createBackoff(options: Config['restart']): {
  ended(now: number): { delayMs: number; degraded: boolean };
} {
  let ends: number[] = [];
  return {
    ended(now) {
      ends = [...ends.filter((time) => now - time < options.windowMs), now];
      const degraded = ends.length > options.giveUpAfter;
      const delayMs = degraded
        ? options.maxDelayMs
        : Math.min(options.minDelayMs * 2 ** (ends.length - 1), options.maxDelayMs);
      return { delayMs, degraded };
    },
  };
}
