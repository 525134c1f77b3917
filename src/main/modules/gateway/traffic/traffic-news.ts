import type { Metric } from '#shared/contract/live.ts';
import type { Meters } from './meter.ts';

/** Whoever follows sees the traffic of a route change this often, whatever goes through it. */
const intervalMs = 1000;

/** Tells those who follow what goes through the routes: a second after something did, and nothing while nothing does. */
export class TrafficNews {
  readonly #meters: Meters;
  readonly #publish: (metrics: Metric[]) => Promise<unknown>;
  readonly #changed = new Set<string>();
  #timer: NodeJS.Timeout | null = null;

  constructor({ meters, publish }: { meters: Meters; publish(metrics: Metric[]): Promise<unknown> }) {
    this.#meters = meters;
    this.#publish = publish;
  }

  /** Something went through a route. */
  add(routeId: string): void {
    this.#changed.add(routeId);
    this.#timer ??= setTimeout(() => this.#tell(), intervalMs).unref();
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #tell(): void {
    this.#timer = null;
    const ids = [...this.#changed].slice(0, 1000);
    this.#changed.clear();
    const time = new Date().toISOString();
    const metrics = ids.map((id): Metric => {
      const { requests, inFlight, tunnels, limited, unanswered, statuses, responseMs } = this.#meters
        .of(id)
        .toTraffic(id);
      const failed = statuses['5xx'];
      const { p50 = null, p95 = null, p99 = null } = responseMs ?? {};
      return { subject: id, time, values: { requests, inFlight, tunnels, limited, unanswered, failed, p50, p95, p99 } };
    });
    // They are news: what could not be told is replaced by what comes next.
    this.#publish(metrics).catch(() => undefined);
  }
}
