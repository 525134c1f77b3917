import type { Client } from '#shared/client/client.ts';
import { isClosError } from '#shared/contract/clos-error.ts';
import type { Page } from '#shared/contract/primitives.ts';

const pageSize = 500;
/** An api that is being restarted is back within about a second. */
const patienceMs = 5000;
const pauseMs = 100;

async function all<T>(list: (page: { limit: number; cursor?: string }) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<T> = await list({ limit: pageSize, ...(cursor === null ? {} : { cursor }) });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return items;
}

async function read(api: Client): Promise<string> {
  const [services, conflicts] = await Promise.all([
    all((page) => api.services.list(page)),
    all((page) => api.conflicts.list({ ...page, state: 'open' })),
  ]);
  return `"services":${JSON.stringify(services)},"conflicts":${JSON.stringify(conflicts)}}`;
}

/** All services and the open conflicts, as the api tells them: the rest of a snapshot message. */
export async function readState(api: Client): Promise<string> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      return await read(api);
    } catch (error) {
      if (!isClosError(error, 'MODULE_UNAVAILABLE', 'SHUTTING_DOWN') || performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
