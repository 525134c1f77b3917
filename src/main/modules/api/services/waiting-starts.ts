import type { Logger } from 'pino';
import type { Actor } from '#shared/contract/operations.ts';
import { openConflictsOf } from '../../../database/conflicts.ts';
import { findService } from '../../../database/services.ts';
import type { ApiContext } from '../api-context.ts';
import { startService } from './start-service.ts';

const waiting: Actor = { type: 'policy', id: 'wait', name: 'wait policy' };
const firstDelayMs = 1000;
const longestDelayMs = 30_000;

/** Starts services that wait as soon as nothing is in their way; one that fails all the same is tried later and later. */
export interface WaitingStarts {
  clear(serviceId: string): void;
  stop(): void;
}

export function createWaitingStarts(api: () => ApiContext, log: Logger): WaitingStarts {
  const tries = new Map<string, { delayMs: number; notBefore: number; timer: NodeJS.Timeout | null }>();

  let stopped = false;

  async function start(serviceId: string): Promise<void> {
    const { db, commands } = api();
    const service = findService(db.read, serviceId);
    if (service === null || !service.waits) {
      tries.delete(serviceId);
      return;
    }
    if (isBlocked(serviceId) || commands.current(serviceId) !== null) return;
    await startService(api(), service, { actor: waiting, waitMs: 60_000 });
  }

  /** What passes is not seen to pass, so it does not count here: a try tells. */
  function isBlocked(serviceId: string): boolean {
    return openConflictsOf(api().db.read, serviceId).some(
      ({ severity, kind }) => severity === 'blocking' && kind !== 'temporary',
    );
  }

  /** Whoever still waits with nothing in the way that the watch could see go is tried again: nobody else would say when. */
  function tryAgain(serviceId: string): void {
    if (!stopped && findService(api().db.read, serviceId)?.waits === true && !isBlocked(serviceId)) clear(serviceId);
  }

  function clear(serviceId: string): void {
    const known = tries.get(serviceId);
    if (known?.timer != null) return;
    const now = performance.now();
    const delayMs = known === undefined ? firstDelayMs : Math.min(known.delayMs * 2, longestDelayMs);
    const entry = { delayMs, notBefore: now + delayMs, timer: null as NodeJS.Timeout | null };
    entry.timer = setTimeout(
      () => {
        entry.timer = null;
        start(serviceId)
          .catch((error: unknown) => log.info({ err: error, serviceId }, 'a waiting service could not start yet'))
          .then(() => tryAgain(serviceId))
          .catch((error: unknown) => log.warn({ err: error, serviceId }, 'a waiting service is not tried again'));
      },
      Math.max(0, (known?.notBefore ?? now) - now),
    );
    entry.timer.unref();
    tries.set(serviceId, entry);
  }

  return {
    clear,
    stop() {
      stopped = true;
      for (const { timer } of tries.values()) if (timer !== null) clearTimeout(timer);
      tries.clear();
    },
  };
}
