import { LiveClient, type LiveSnapshot } from '#shared/client/live-client.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import { type ClosEvent, topics } from '#shared/contract/events.ts';
import type { Connection } from './connect.ts';
import type { CliContext } from './context.ts';

interface Following {
  /** A sequence number. */
  after: number;
  /** Ends it; without one it has no end. */
  signal?: AbortSignal;
}

/**
 * The events after a sequence number, in batches as they come, and on after CLOS was away for a while.
 *
 * Null comes where the history cannot go on from there: what happened in between is not to be had, so that everything may be
 * different now.
 */
export async function* followEvents(
  context: CliContext,
  { openLive }: Connection,
  { after, signal }: Following,
): AsyncGenerator<ClosEvent[] | null, void> {
  let waiting: Array<ClosEvent[] | null> = [];
  let ended: ClosError | null = null;
  let wake = () => {};
  let isLeft = false;

  const client = new LiveClient({
    connect: openLive,
    topics,
    since: after,
    onEvent: (event) => {
      const batch = waiting.at(-1);
      if (Array.isArray(batch)) batch.push(event);
      else waiting.push([event]);
      wake();
    },
    onSnapshot: (snapshot) => {
      void context.terminal.err(gapText(snapshot));
      waiting.push(null);
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
      const batches = waiting;
      waiting = [];
      yield* batches;
    }
    throw ended;
  } finally {
    isLeft = true;
    client.stop();
  }
}

function gapText({ reason, seq }: LiveSnapshot): string {
  return reason === 'other-history'
    ? `The history is another one now. It goes on after event ${seq}.`
    : `Older events are not kept any more. It goes on after event ${seq}.`;
}
