import {
  BrokenCircuitError,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
  retry,
} from 'cockatiel';
import { ClosError } from '#shared/contract/clos-error.ts';
import { circuitOpen, isEngineGone } from './engine-errors.ts';
import type { EngineLog, EngineState } from './types.ts';

export interface GuardOptions {
  log: EngineLog;
  /** Failures in a row that open the circuit. */
  threshold?: number;
  /** How long an open circuit refuses before it lets one call try, at first and at most; doubled in between. */
  halfOpenAfterMs?: { first: number; most: number };
}

/** Retries, the circuit breaker and the known state of one engine. */
export interface EngineGuard {
  readonly state: EngineState;
  onStateChange(listener: (state: EngineState) => void): () => void;
  /** Runs a call. `retry` only where doing it twice equals doing it once. Failures of the caller's making count for nothing. */
  run<T>(call: () => Promise<T>, options: { retry: boolean; signal?: AbortSignal | undefined }): Promise<T>;
  /** Runs a call past the breaker, once; its success closes the breaker. */
  probe<T>(call: () => Promise<T>): Promise<T>;
  /** A connection of the caller's own, such as the event stream, was lost. */
  lost(error: unknown): void;
}

/** Three attempts within about half a second: what lasts longer is for the breaker and for the watcher. */
const retries = { maxAttempts: 2, initialDelay: 50, maxDelay: 500 };

export function createEngineGuard({ log, threshold = 5, halfOpenAfterMs }: GuardOptions): EngineGuard {
  let state: EngineState = {
    status: 'unavailable',
    reason: 'CLOS has not reached the container engine yet.',
    since: new Date().toISOString(),
  };
  const listeners = new Set<(state: EngineState) => void>();
  const gone = handleWhen(isEngineGone);
  const breaker = circuitBreaker(gone, {
    breaker: new ConsecutiveBreaker(threshold),
    halfOpenAfter: new ExponentialBackoff({
      initialDelay: halfOpenAfterMs?.first ?? 500,
      maxDelay: halfOpenAfterMs?.most ?? 5000,
    }),
  });
  // A call that took its whole time once is not given it again: the caller has waited long enough.
  const retrying = retry(
    handleWhen((error) => error instanceof ClosError && error.code === 'ENGINE_UNAVAILABLE'),
    {
      maxAttempts: retries.maxAttempts,
      backoff: new ExponentialBackoff({ initialDelay: retries.initialDelay, maxDelay: retries.maxDelay }),
    },
  );
  breaker.onBreak((reason) => {
    if ('error' in reason) setUnavailable(reason.error);
  });

  function set(next: EngineState): void {
    state = next;
    for (const listener of [...listeners]) listener(state);
  }

  function setUnavailable(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (state.status === 'unavailable') {
      // The same outage: when it began stays, why it lasts may change.
      state = { ...state, reason };
      return;
    }
    log.warn({ err: error }, 'the container engine is unavailable');
    set({ status: 'unavailable', reason, since: new Date().toISOString() });
  }

  function setAvailable(): void {
    // The breaker measures its pause with the wall clock; an answer is better evidence, whatever the clock says.
    if (breaker.state !== CircuitState.Closed) breaker.isolate().dispose();
    if (state.status === 'available') return;
    log.info({}, 'the container engine is available');
    set({ status: 'available', reason: null, since: new Date().toISOString() });
  }

  async function observed<T>(call: () => Promise<T>): Promise<T> {
    try {
      const result = await call();
      setAvailable();
      return result;
    } catch (error) {
      if (error instanceof ClosError) {
        if (!isEngineGone(error)) setAvailable();
        // A late answer alone is no outage, several in a row open the breaker; a connection that cannot be had is one.
        else if (error.code === 'ENGINE_UNAVAILABLE') setUnavailable(error);
      }
      throw error;
    }
  }

  async function throughBreaker<T>(call: () => Promise<T>): Promise<T> {
    return await breaker.execute(() => observed(call));
  }

  return {
    get state() {
      return state;
    },
    onStateChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async run(call, options) {
      try {
        if (!options.retry) return await throughBreaker(call);
        return await retrying.execute(() => throughBreaker(call), options.signal);
      } catch (error) {
        if (!(error instanceof BrokenCircuitError)) throw error;
        throw circuitOpen(state.reason, error);
      }
    },
    probe: observed,
    lost: setUnavailable,
  };
}
