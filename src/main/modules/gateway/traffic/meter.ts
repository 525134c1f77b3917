import type { RouteTraffic } from '#shared/contract/routes.ts';
import { Histogram } from './histogram.ts';

type StatusClass = keyof RouteTraffic['statuses'];

/** What has gone through one route since the gateway started. */
export class RouteMeter {
  requests = 0;
  inFlight = 0;
  tunnels = 0;
  limited = 0;
  unanswered = 0;
  bytesIn = 0;
  bytesOut = 0;
  lastAt: number | null = null;
  readonly #statuses: RouteTraffic['statuses'] = { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 };
  readonly #response = new Histogram();

  begin(): void {
    this.requests += 1;
    this.inFlight += 1;
    this.lastAt = Date.now();
  }

  end({ status, bytesIn, bytesOut }: { status: number; bytesIn: number; bytesOut: number }): void {
    this.inFlight -= 1;
    this.bytesIn += bytesIn;
    this.bytesOut += bytesOut;
    const name = `${Math.floor(status / 100)}xx`;
    if (name in this.#statuses) this.#statuses[name as StatusClass] += 1;
  }

  /** The head of the answer of a service has come. */
  answered(ms: number): void {
    this.#response.add(ms);
  }

  toTraffic(routeId: string): RouteTraffic {
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => this.#response.quantile(share));
    const { requests, inFlight, tunnels, limited, unanswered, bytesIn, bytesOut, lastAt } = this;
    return {
      routeId,
      ...{ requests, inFlight, tunnels },
      statuses: { ...this.#statuses },
      ...{ limited, unanswered, bytesIn, bytesOut },
      responseMs: p50 == null || p95 == null || p99 == null ? null : { p50, p95, p99 },
      lastAt: lastAt === null ? null : new Date(lastAt).toISOString(),
    };
  }
}

/** The meters of all routes. */
export class Meters {
  readonly #meters = new Map<string, RouteMeter>();

  of(routeId: string): RouteMeter {
    let meter = this.#meters.get(routeId);
    if (meter === undefined) {
      meter = new RouteMeter();
      this.#meters.set(routeId, meter);
    }
    return meter;
  }

  list(): RouteTraffic[] {
    return [...this.#meters].map(([id, meter]) => meter.toTraffic(id));
  }

  /** Forgets the routes that are gone. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const [id, { inFlight, tunnels }] of this.#meters) {
      if (!ids.has(id) && inFlight + tunnels === 0) this.#meters.delete(id);
    }
  }
}
