import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { Pool } from 'undici';
import { hostInUrl } from '#shared/contract/places.ts';

export interface Address {
  scheme: string;
  host: string;
  port: number;
}

/** True if this machine has the address, and it is none that only links have, where metadata services are. */
export function isOfThisMachine(host: string): boolean {
  if (host.startsWith('127.') || host === '::1') return true;
  if (isIP(host) === 0 || host.startsWith('169.254.') || /^fe[89ab]/i.test(host)) return false;
  return Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === host));
}

/** The connections to each service, kept alive between requests. */
export class Pools {
  readonly #pools = new Map<string, Pool>();
  readonly #timing: { headersTimeoutMs: number; connectTimeoutMs: number };

  constructor(timing: { headersTimeoutMs: number; connectTimeoutMs: number }) {
    this.#timing = timing;
  }

  to({ scheme, host, port }: Address): Pool {
    const origin = `${scheme === 'https' ? 'https' : 'http'}://${hostInUrl(host)}:${port}`;
    let pool = this.#pools.get(origin);
    if (pool === undefined) {
      pool = new Pool(origin, {
        // As many as there are requests: an event stream holds its connection for hours, and must not hold up others.
        connections: null,
        pipelining: 1,
        // A certificate of a development server is its own, and the bytes never leave this machine.
        connect: { timeout: this.#timing.connectTimeoutMs, rejectUnauthorized: false },
        headersTimeout: this.#timing.headersTimeoutMs,
        bodyTimeout: 0,
      });
      this.#pools.set(origin, pool);
    }
    return pool;
  }

  /** Lets go of the connections to where no route leads any more; what runs on them ends by itself. */
  keepOnly(ports: ReadonlySet<number>): void {
    for (const [origin, pool] of this.#pools) {
      if (ports.has(Number(new URL(origin).port))) continue;
      this.#pools.delete(origin);
      pool.close().catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
  }
}
