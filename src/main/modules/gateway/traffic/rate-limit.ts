import type { RateLimit } from '#shared/contract/routes.ts';

interface Bucket {
  tokens: number;
  at: number;
}

/** A bucket of tokens for each route that has a limit: it fills by the second, and each request takes one. */
export class RateLimits {
  readonly #buckets = new Map<string, Bucket>();

  /** Takes a token. 0 when the request may pass, else the seconds until there is one again. `now` in milliseconds, monotonic. */
  take(routeId: string, { requestsPerSecond, burst }: RateLimit, now: number): number {
    const { tokens, at } = this.#buckets.get(routeId) ?? { tokens: burst, at: now };
    const filled = Math.min(burst, tokens + ((now - at) / 1000) * requestsPerSecond);
    const passes = filled >= 1;
    this.#buckets.set(routeId, { tokens: passes ? filled - 1 : filled, at: now });
    return passes ? 0 : Math.max(1, Math.ceil((1 - filled) / requestsPerSecond));
  }

  /** Forgets the routes that are gone. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.#buckets.keys()) if (!ids.has(id)) this.#buckets.delete(id);
  }
}
