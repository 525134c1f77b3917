import type { Logger } from 'pino';
import type { Actor } from '#shared/contract/operations.ts';
import { findService, type StoredService, updateLife } from '../../database/services.ts';
import type { ApiContext } from './api-context.ts';
import { changeStatus } from './life.ts';
import { startService } from './start-service.ts';

const policy: Actor = { type: 'policy', id: 'restart', name: 'restart policy' };
const firstDelayMs = 1000;
const longestDelayMs = 60_000;
/** A service that has run this long counts as well again. */
const steadyMs = 60_000;

export interface RestartPolicy {
  /** A service ended though nobody stopped it: it failed, or came to its end by itself. */
  ended(serviceId: string): void;
  stop(): void;
}

/**
 * True for an end that the policy answers: a failure, and with `always` also a service that came to its end by itself and so is
 * still wanted. One that somebody stopped is not wanted any more.
 */
function isAnswered({ restart, status, desired }: StoredService): boolean {
  if (restart.policy === 'no') return false;
  return status === 'failed' || (restart.policy === 'always' && status === 'stopped' && desired === 'running');
}

/** Starts services again that ended, as their policy says: with doubled delays, and at most `maxRetries` times in a row. */
export function createRestartPolicy(api: () => ApiContext, log: Logger): RestartPolicy {
  const tries = new Map<string, { count: number; last: number }>();
  const timers = new Set<NodeJS.Timeout>();

  async function restart(serviceId: string): Promise<void> {
    const service = findService(api().db.read, serviceId);
    // Whoever stopped, started or deleted it meanwhile has decided.
    if (service === null || !isAnswered(service) || api().commands.current(serviceId) !== null) return;
    await startService(api(), service, { actor: policy, waitMs: 60_000 });
  }

  /** Says on the service itself that nobody will try again. */
  async function giveUp(serviceId: string, count: number): Promise<void> {
    tries.delete(serviceId);
    await api().db.commit((write) => {
      const service = findService(write, serviceId);
      if (service === null || !isAnswered(service)) return;
      const times = count === 1 ? 'one restart' : `${count} restarts`;
      const reason = `${service.statusReason ?? 'it ended'}; given up after ${times}`;
      updateLife(write, serviceId, { desired: 'stopped' });
      changeStatus(write, service, { to: service.status, reason, actor: policy, cause: null });
    });
  }

  return {
    ended(serviceId) {
      // Called inside the transaction that records the end, so the status on disk is still the one before.
      const service = findService(api().db.read, serviceId);
      if (service === null || service.restart.policy === 'no') return;
      const now = performance.now();
      const known = tries.get(serviceId);
      const count = known === undefined || now - known.last > steadyMs + longestDelayMs ? 1 : known.count + 1;
      if (count > service.restart.maxRetries) {
        giveUp(serviceId, count - 1).catch((error: unknown) =>
          log.warn({ err: error, serviceId }, 'giving up was not recorded'),
        );
        return;
      }
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
