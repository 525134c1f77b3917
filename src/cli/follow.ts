import { setTimeout as wait } from 'node:timers/promises';
import type { ClosEvent } from '#shared/contract/events.ts';
import type { Home } from '#shared/node/home.ts';
import type { Connection } from './connect.ts';

const pollMs = 500;

/** The events after a sequence number, in batches as they come, without end. */
export async function* followEvents(connection: Connection, _home: Home, after: number): AsyncGenerator<ClosEvent[]> {
  let seen = after;
  for (;;) {
    const { items } = await connection.client.events.list({ after: seen, limit: 500 });
    const last = items.at(-1);
    if (last === undefined) {
      await wait(pollMs);
      continue;
    }
    seen = last.seq;
    yield items;
  }
}
