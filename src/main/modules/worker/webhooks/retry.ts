export interface RetrySchedule {
  /** Then a delivery is given up. */
  attempts: number;
  firstDelayMs: number;
  lastDelayMs: number;
}

/**
 * How long to wait after so many failed attempts, in milliseconds: doubled after each, up to the last delay. `random` (0 to 1) moves
 * it by a fifth either way, so that what failed together is not tried together.
 */
export function delayAfter(attempt: number, { firstDelayMs, lastDelayMs }: RetrySchedule, random: number): number {
  return Math.round(Math.min(firstDelayMs * 2 ** (attempt - 1), lastDelayMs) * (0.8 + 0.4 * random));
}

/**
 * How much of a delay is left that was begun before a restart, by the wall clock. A clock that jumped can make it neither negative
 * nor longer than the longest delay.
 */
export function delayLeft(until: string, now: number, { lastDelayMs }: RetrySchedule): number {
  return Math.min(Math.max(0, Date.parse(until) - now), lastDelayMs * 1.2);
}
