import type { RouteTraffic } from '#shared/contract/routes.ts';
import { Histogram } from './histogram.ts';

type StatusClass = keyof RouteTraffic['statuses'];

/** What has gone through one route since the gateway started. */
export class RouteMeter {
  requests = 0;
  inFlight = 0;
  limited = 0;
  unanswered = 0;
  bytesIn = 0;
  bytesOut = 0;
  lastAt: number | null = null;
  #tunnels = 0;
  readonly #onChange: () => void;
  readonly #statuses: RouteTraffic['statuses'] = { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 };
  readonly #response = new Histogram();

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get isBusy(): boolean {
    return this.inFlight + this.#tunnels > 0;
  }

  begin(): void {
    this.requests += 1;
    this.inFlight += 1;
    this.lastAt = Date.now();
  }

  /** A connection was upgraded. Call what it returns when that has ended. */
  tunnel(): () => void {
    this.#tunnels += 1;
    this.lastAt = Date.now();
    this.#onChange();
    return () => {
      this.#tunnels -= 1;
      this.#onChange();
    };
  }

  end({ status, bytesIn, bytesOut }: { status: number; bytesIn: number; bytesOut: number }): void {
    this.inFlight -= 1;
    this.bytesIn += bytesIn;
    this.bytesOut += bytesOut;
    const name = `${Math.floor(status / 100)}xx`;
    if (name in this.#statuses) this.#statuses[name as StatusClass] += 1;
    this.#onChange();
  }

  /** The head of the answer of a service has come. */
  answered(ms: number): void {
    this.#response.add(ms);
  }

  toTraffic(routeId: string): RouteTraffic {
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => this.#response.quantile(share));
    const { requests, inFlight, limited, unanswered, bytesIn, bytesOut, lastAt } = this;
    return {
      routeId,
      ...{ requests, inFlight, tunnels: this.#tunnels },
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
  readonly #onChange: (routeId: string) => void;

  constructor(onChange: (routeId: string) => void) {
    this.#onChange = onChange;
  }

  of(routeId: string): RouteMeter {
    let meter = this.#meters.get(routeId);
    if (meter === undefined) {
      meter = new RouteMeter(() => this.#onChange(routeId));
      this.#meters.set(routeId, meter);
    }
    return meter;
  }

  list(): RouteTraffic[] {
    return [...this.#meters].map(([id, meter]) => meter.toTraffic(id));
  }

  /** Forgets the routes that are gone. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const [id, { isBusy }] of this.#meters) {
      if (!ids.has(id) && !isBusy) this.#meters.delete(id);
    }
  }
}
