import { type Connected, connectedSchema } from '#shared/contract/connections.ts';
import type { Cache } from '../../cache/cache.ts';

const ttlMs = 60 * 60_000;

/**
 * Who is at the other end of each connection, kept in the cache. Nothing that is sent depends on it: a record that was lost is
 * missing from the list of connections, and the connection goes on.
 */
export class ClientRecords {
  readonly #cache: Cache;
  readonly #keptAt = new Map<string, number>();

  constructor(cache: Cache) {
    this.#cache = cache;
  }

  async put(id: string, client: Connected): Promise<void> {
    this.#keptAt.set(id, performance.now());
    await this.#cache.set(keyOf(id), JSON.stringify(client), { ttlMs });
  }

  async get(id: string): Promise<Connected | null> {
    const text = await this.#cache.get(keyOf(id));
    return text === null ? null : (connectedSchema.safeParse(JSON.parse(text)).data ?? null);
  }

  /** Keeps a record from expiring. To be called now and then for as long as the connection is there. */
  async renew(id: string): Promise<void> {
    const keptAt = this.#keptAt.get(id);
    if (keptAt === undefined || performance.now() - keptAt < ttlMs / 2) return;
    const client = await this.get(id);
    if (client !== null && this.#keptAt.has(id)) await this.put(id, client);
  }

  async remove(id: string): Promise<void> {
    if (this.#keptAt.delete(id)) await this.#cache.delete(keyOf(id));
  }
}

function keyOf(id: string): string {
  return `connection:${id}`;
}
