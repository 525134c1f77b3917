import type { Health } from '#shared/contract/services.ts';
import {
  type CheckOutcome,
  type HealthState,
  initialHealth,
  nextDelay,
  nextHealth,
  startPeriodLeft,
} from './health-state.ts';
import type { CheckTarget } from './targets.ts';

export interface HealthCheckerOptions {
  /** What there is to check now. */
  readTargets(): CheckTarget[];
  probe(target: CheckTarget): Promise<CheckOutcome>;
  /** A service's health differs from what its row says. */
  report(found: { serviceId: string; health: HealthState['health']; reason: string | null }): void;
  /** True while an earlier report about the service is still under way. */
  isReporting(serviceId: string): boolean;
  onError(error: unknown): void;
}

interface Watched {
  target: CheckTarget;
  state: HealthState;
  /** What the world has been told, by the row or by a report of ours. */
  told: Health;
  /** The end of the start period, on the monotonic clock. */
  startEnds: number;
  timer: NodeJS.Timeout | null;
  running: Promise<void> | null;
}

/** Doorbells come in bursts; the list of services is read at most this often. */
const rescanMs = 250;

/** Watches the health of every service that asks for it, each by its own interval, and tells what changes. */
export class HealthChecker {
  readonly #options: HealthCheckerOptions;
  readonly #watched = new Map<string, Watched>();
  #rescan: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(options: HealthCheckerOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#watched.size;
  }

  /** Reads anew what there is to check: now. Checks that go on keep their time. Never throws. */
  scan(): void {
    if (this.#stopped) return;
    let targets: CheckTarget[];
    try {
      targets = this.#options.readTargets();
    } catch (error) {
      this.#options.onError(error);
      return;
    }
    const present = new Set(targets.map(({ serviceId }) => serviceId));
    for (const serviceId of [...this.#watched.keys()]) if (!present.has(serviceId)) this.#forget(serviceId);
    for (const target of targets) this.#watch(target);
  }

  /** Reads anew soon: many calls in a row are one. */
  scanSoon(): void {
    if (this.#rescan !== null || this.#stopped) return;
    this.#rescan = setTimeout(() => {
      this.#rescan = null;
      this.scan();
    }, rescanMs);
    this.#rescan.unref();
  }

  /** Checks a service at once, joining a check that runs already. Null when there is nothing to check. */
  async checkNow(serviceId: string): Promise<HealthState | null> {
    this.scan();
    const watched = this.#watched.get(serviceId);
    if (watched === undefined) return null;
    await this.#check(watched);
    return watched.state;
  }

  /** Ends every timer and waits for the checks that run; their findings are not told any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#rescan !== null) clearTimeout(this.#rescan);
    const running = [...this.#watched.values()].map((watched) => watched.running);
    for (const serviceId of [...this.#watched.keys()]) this.#forget(serviceId);
    await Promise.all(running);
  }

  #forget(serviceId: string): void {
    const watched = this.#watched.get(serviceId);
    if (watched?.timer) clearTimeout(watched.timer);
    this.#watched.delete(serviceId);
  }

  #watch(target: CheckTarget): void {
    const present = this.#watched.get(target.serviceId);
    if (present?.target.generation === target.generation) {
      present.target = target;
      if (!this.#options.isReporting(target.serviceId)) present.told = target.known;
      return;
    }
    this.#forget(target.serviceId);
    const fresh: Watched = {
      target,
      state: initialHealth(target.known),
      told: target.known,
      startEnds: performance.now() + startPeriodLeft(target, Date.now()),
      timer: null,
      running: null,
    };
    this.#watched.set(target.serviceId, fresh);
    this.#schedule(fresh);
  }

  #schedule(watched: Watched): void {
    if (!this.#isCurrent(watched)) return;
    if (watched.timer !== null) clearTimeout(watched.timer);
    const delay = nextDelay(watched.state, watched.target.intervalMs, Math.random());
    watched.timer = setTimeout(() => void this.#check(watched), delay);
    watched.timer.unref();
  }

  #isCurrent(watched: Watched): boolean {
    return !this.#stopped && this.#watched.get(watched.target.serviceId) === watched;
  }

  #check(watched: Watched): Promise<void> {
    watched.running ??= this.#run(watched).finally(() => {
      watched.running = null;
      this.#schedule(watched);
    });
    return watched.running;
  }

  async #run(watched: Watched): Promise<void> {
    const { target } = watched;
    const outcome = await this.#options.probe(target);
    // Meanwhile the container may have been stopped or replaced: then this says nothing about the present one.
    if (!this.#isCurrent(watched)) return;
    const inStartPeriod = performance.now() < watched.startEnds;
    watched.state = nextHealth(watched.state, outcome, { retries: target.retries, inStartPeriod });
    const { health, reason } = watched.state;
    if (health === watched.told) return;
    watched.told = health;
    this.#options.report({ serviceId: target.serviceId, health, reason });
  }
}
