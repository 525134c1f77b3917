export interface RetrySchedule {
  /** Then a delivery is given up. */
  attempts: number;
  firstDelayMs: number;
  lastDelayMs: number;
}

/** A receiver that asks to be left alone for longer is asked again after this, which also bounds what a mistake of it costs. */
const longestAskedMs = 3_600_000;

/**
 * How long a receiver asks to be left alone by `Retry-After`, seconds or a date; null where it says neither
 * (RFC 9110, 10.2.3 and 5.6.7).
 */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  // One of the three forms of a date names no zone, and would be taken for local time.
  const at = /^[A-Z][a-z]{2}/.test(header) ? Date.parse(header.endsWith('GMT') ? header : `${header} GMT`) : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

/**
 * How long to wait after so many failed attempts, in milliseconds: doubled after each, up to the last delay. `random` (0 to 1) moves
 * it by a fifth either way, so that what failed together is not tried together. Longer, up to an hour, if the receiver asks for it.
 */
export function delayAfter(
  { attempt, retryAfterMs }: { attempt: number; retryAfterMs: number | null },
  { firstDelayMs, lastDelayMs }: RetrySchedule,
  random: number,
): number {
  const own = Math.round(Math.min(firstDelayMs * 2 ** (attempt - 1), lastDelayMs) * (0.8 + 0.4 * random));
  return Math.max(own, Math.min(retryAfterMs ?? 0, longestAskedMs));
}

/**
 * How much of a delay is left that was begun before a restart, by the wall clock. A clock that jumped can make it neither negative
 * nor longer than the longest delay.
 */
export function delayLeft(until: string, now: number, { lastDelayMs }: RetrySchedule): number {
  return Math.min(Math.max(0, Date.parse(until) - now), Math.max(lastDelayMs * 1.2, longestAskedMs));
}
