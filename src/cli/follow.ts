import { createConnection } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { LiveClient } from '#shared/client/live-client.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import { type ClosEvent, topics } from '#shared/contract/events.ts';
import { liveSubprotocol } from '#shared/contract/live.ts';
import type { Connection } from './connect.ts';
import type { CliContext } from './context.ts';

const pollMs = 500;

interface Following {
  /** A sequence number. */
  after: number;
  /** Ends it; without one it has no end. */
  signal?: AbortSignal;
}

/**
 * The events after a sequence number, in batches as they come.
 *
 * They come over the WebSocket on the home's own socket, and go on where they were when CLOS was away for a while. Where only
 * the TCP port of the API has proved itself, the history is read again and again instead.
 */
export function followEvents(
  context: CliContext,
  connection: Connection,
  following: Following,
): AsyncGenerator<ClosEvent[], void> {
  return connection.via === 'socket' ? live(context, connection, following) : polled(connection, following);
}

async function* live(
  context: CliContext,
  { apiKey }: Connection,
  { after, signal }: Following,
): AsyncGenerator<ClosEvent[], void> {
  const socketPath = context.home.socketOf('websocket');
  let waiting: ClosEvent[] = [];
  let ended: ClosError | null = null;
  let wake = () => {};
  let isLeft = false;

  const client = new LiveClient({
    connect: async () => {
      // Most commands do without it.
      const { WebSocket } = await import('ws');
      return new WebSocket('ws://localhost/ws', [liveSubprotocol], {
        createConnection: () => createConnection(socketPath),
        headers: { authorization: `Bearer ${apiKey}` },
      });
    },
    topics,
    since: after,
    onEvent: (event) => {
      waiting.push(event);
      wake();
    },
    onState: (state, refusal) => {
      if (refusal !== null) ended = new ClosError(refusal === 'not-allowed' ? 'NOT_ALLOWED' : 'NOT_SIGNED_IN');
      else if (state === 'offline' && !isLeft) void context.terminal.err('CLOS is away. Waiting for it to come back.');
      wake();
    },
  });
  signal?.addEventListener('abort', () => wake());
  client.start();
  try {
    while (ended === null) {
      if (signal?.aborted === true) return;
      if (waiting.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const batch = waiting;
      waiting = [];
      if (batch.length > 0) yield batch;
    }
    throw ended;
  } finally {
    isLeft = true;
    client.stop();
  }
}

async function* polled({ client }: Connection, { after, signal }: Following): AsyncGenerator<ClosEvent[], void> {
  let seen = after;
  while (signal?.aborted !== true) {
    const { items } = await client.events.list({ after: seen, limit: 500 });
    const last = items.at(-1);
    if (last === undefined) {
      await wait(pollMs);
      continue;
    }
    seen = last.seq;
    yield items;
  }
}
