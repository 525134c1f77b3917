import type { Health } from '#shared/contract/services.ts';

/** The health of one run of a container, as far as checks have shown it. */
export interface HealthState {
  health: 'starting' | 'healthy' | 'unhealthy';
  /** Failures in a row that count. */
  failures: number;
  /** Why the last check failed. */
  reason: string | null;
}

/** Where checks begin: with what was known of this run before (of a worker that was restarted), else with nothing. */
export function initialHealth(known: Health): HealthState {
  return { health: known === 'none' ? 'starting' : known, failures: 0, reason: null };
}

/**
 * How much of the start period is left, in milliseconds, by the wall clock of the container's start. A clock that jumped can
 * make it neither negative nor longer than it is.
 */
export function startPeriodLeft(target: { startedAt: number; startPeriodMs: number }, now: number): number {
  return Math.min(target.startPeriodMs, Math.max(0, target.startPeriodMs - (now - target.startedAt)));
}

/** What a check found: nothing wrong, or why it failed. */
export type CheckOutcome = { ok: true } | { ok: false; reason: string };

/**
 * The health after a check.
 *
 * One success is enough. It takes `retries` failures in a row to be unhealthy, and while a service that has never been healthy is
 * within its start period, failures do not count (the rules of the engine's own health checks).
 */
export function nextHealth(
  state: HealthState,
  outcome: CheckOutcome,
  { retries, inStartPeriod }: { retries: number; inStartPeriod: boolean },
): HealthState {
  if (outcome.ok) return { health: 'healthy', failures: 0, reason: null };
  const { reason } = outcome;
  if (state.health === 'starting' && inStartPeriod) return { ...state, reason };
  const failures = state.failures + 1;
  return { health: failures >= retries ? 'unhealthy' : state.health, failures, reason };
}

/** While a service starts it is looked at more often than later, so that "healthy" comes soon. */
const startingIntervalMs = 1000;

/** When to check next, in milliseconds; `random` (0 to 1) spreads checks by a tenth, so that they do not march in step. */
export function nextDelay(state: HealthState, intervalMs: number, random: number): number {
  const base = state.health === 'starting' ? Math.min(intervalMs, startingIntervalMs) : intervalMs;
  return Math.round(base * (0.9 + 0.2 * random));
}
