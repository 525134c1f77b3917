import type { Logger } from 'pino';
import { type ClosError, isClosError } from '#shared/contract/clos-error.ts';
import type { Actor } from '#shared/contract/operations.ts';
import { listOperations } from '../../../database/operations.ts';
import { findService, listServices, type StoredService, updateLife } from '../../../database/services.ts';
import type { ApiContext } from '../api-context.ts';
import { changeStatus } from '../state/life.ts';
import { isActive } from '../state/service-view.ts';
import { startService } from './start-service.ts';

const policy: Actor = { type: 'policy', id: 'restart', name: 'restart policy' };
const firstDelayMs = 1000;
const longestDelayMs = 60_000;
/** A service that has run this long counts as well again. */
const steadyMs = 60_000;
/** A restart is waited for to its end, be it a pull. */
const untilItEndsMs = 24 * 3600 * 1000;

export interface RestartPolicy {
  /** A service ended though nobody stopped it: it failed, or came to its end by itself. */
  ended(serviceId: string): void;
  /** Takes up the restarts that were due when CLOS ended. They are counted anew. */
  resume(): void;
  stop(): void;
}

/**
 * True for an end that the policy answers: a failure, and with `always` also a service that came to its end by itself, and that
 * is still wanted. What somebody stopped, or could not start himself, is not wanted any more.
 */
function isAnswered({ restart, status, desired }: StoredService): boolean {
  if (restart.policy === 'no' || desired !== 'running') return false;
  return status === 'failed' || (restart.policy === 'always' && status === 'stopped');
}

/** Failures of a start that say nothing about the service: they do not count as one of its tries. */
const passing: ReadonlySet<ClosError['code']> = new Set([
  'ENGINE_UNAVAILABLE',
  'ENGINE_TIMEOUT',
  'MODULE_UNAVAILABLE',
  'CLOS_UNREACHABLE',
  'STORAGE_FULL',
]);

/**
 * Starts services again that ended, as their policy says: with doubled delays, and at most `maxRetries` times in a row. A restart
 * that fails, because the program ends at once or its port is taken, is one of these times.
 */
export function createRestartPolicy(api: () => ApiContext, log: Logger): RestartPolicy {
  const tries = new Map<string, { count: number; last: number }>();
  const timers = new Map<string, NodeJS.Timeout>();
  let stopped = false;

  async function restart(serviceId: string, count: number): Promise<void> {
    const service = findService(api().db.read, serviceId);
    // Whoever stopped, started or deleted it meanwhile has decided.
    if (service === null || !isAnswered(service) || api().commands.current(serviceId) !== null) return;
    try {
      await startService(api(), service, { actor: policy, waitMs: untilItEndsMs });
    } catch (error) {
      if (!isClosError(error)) throw error;
      if (error.code === 'OPERATION_CANCELLED') return;
      if (!(await wantStill(serviceId, error))) return;
      if (passing.has(error.code)) later(serviceId, count);
      else ended(serviceId);
    }
  }

  /** A start that failed leaves a service unwanted; the policy still wants it, unless somebody has decided since. */
  async function wantStill(serviceId: string, { extra }: ClosError): Promise<boolean> {
    return await api().db.commit((write) => {
      const service = findService(write, serviceId);
      const [newest] = listOperations(write, { subject: serviceId, limit: 1 });
      const untouched = newest?.id === extra.operationId && api().commands.current(serviceId) === null;
      if (service === null || isActive(service) || !untouched) return false;
      updateLife(write, serviceId, { desired: 'running' });
      return true;
    });
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

  function later(serviceId: string, count: number): void {
    if (stopped || timers.has(serviceId)) return;
    tries.set(serviceId, { count, last: performance.now() });
    const timer = setTimeout(
      () => {
        timers.delete(serviceId);
        restart(serviceId, count).catch((error: unknown) =>
          log.warn({ err: error, serviceId }, 'a restart by policy failed'),
        );
      },
      Math.min(firstDelayMs * 2 ** (count - 1), longestDelayMs),
    );
    timer.unref();
    timers.set(serviceId, timer);
  }

  function ended(serviceId: string): void {
    // Called inside the transaction that records the end, so the status on disk is still the one before.
    const service = findService(api().db.read, serviceId);
    if (service === null || service.restart.policy === 'no') return;
    // A container that ends while it is being started is told twice: as an end, and by the start that fails.
    if (timers.has(serviceId)) return;
    const known = tries.get(serviceId);
    const isFresh = known === undefined || performance.now() - known.last > steadyMs + longestDelayMs;
    const count = isFresh ? 1 : known.count + 1;
    if (count <= service.restart.maxRetries) {
      later(serviceId, count);
      return;
    }
    giveUp(serviceId, count - 1).catch((error: unknown) =>
      log.warn({ err: error, serviceId }, 'giving up was not recorded'),
    );
  }

  return {
    ended,
    resume() {
      for (const service of listServices(api().db.read)) {
        if (isAnswered(service)) ended(service.id);
      }
    },
    stop() {
      stopped = true;
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    },
  };
}
