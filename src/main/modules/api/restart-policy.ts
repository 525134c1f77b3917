import type { Logger } from 'pino';
import type { Actor } from '#shared/contract/operations.ts';
import { findService } from '../../database/services.ts';
import type { ApiContext } from './api-context.ts';
import { startService } from './start-service.ts';

const policy: Actor = { type: 'policy', id: 'restart', name: 'restart policy' };
const firstDelayMs = 1000;
const longestDelayMs = 60_000;
/** A service that has run this long counts as well again. */
const steadyMs = 60_000;

export interface RestartPolicy {
  crashed(serviceId: string): void;
  stop(): void;
}

/** Starts services again that crashed, as their policy says: with doubled delays, and at most `maxRetries` times in a row. */
export function createRestartPolicy(api: () => ApiContext, log: Logger): RestartPolicy {
  const tries = new Map<string, { count: number; last: number }>();
  const timers = new Set<NodeJS.Timeout>();

  async function restart(serviceId: string): Promise<void> {
    const service = findService(api().db.read, serviceId);
    // Whoever stopped, started or deleted it meanwhile has decided.
    if (service === null || service.status !== 'failed' || api().commands.current(serviceId) !== null) return;
    await startService(api(), service, { actor: policy, waitMs: 60_000 });
  }

  return {
    crashed(serviceId) {
      const service = findService(api().db.read, serviceId);
      if (service === null || service.restart.policy === 'no') return;
      const now = performance.now();
      const known = tries.get(serviceId);
      const count = known === undefined || now - known.last > steadyMs + longestDelayMs ? 1 : known.count + 1;
      if (count > service.restart.maxRetries) return;
      tries.set(serviceId, { count, last: now });
      const timer = setTimeout(
        () => {
          timers.delete(timer);
          restart(serviceId).catch((error: unknown) =>
            log.warn({ err: error, serviceId }, 'a restart by policy failed'),
          );
        },
        Math.min(firstDelayMs * 2 ** (count - 1), longestDelayMs),
      );
      timer.unref();
      timers.add(timer);
    },
    stop() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}
