import { LiveClient, type LiveRefusal, type LiveState } from '#shared/client/live-client.ts';
import { contract } from '#shared/contract/contract.ts';
import { type ClosEvent, eventTypes, isEventType, topics } from '#shared/contract/events.ts';
import type { Service } from '#shared/contract/services.ts';
import { connection } from './connection.ts';
import { markStale } from './invalidator.ts';
import { listQuery, operationQuery, queryClient } from './query.ts';
import { forgetToken } from './session.ts';
import { createStore } from './store.ts';

export interface LiveStatus {
  state: LiveState;
  refusal: LiveRefusal | null;
}

/** True once pages may read: the newest event's number is known, or there is nobody to ask. */
export const readyToRead = createStore(false);

export const liveStatus = createStore<LiveStatus>({ state: 'connecting', refusal: null });

/** How many of the newest events a window keeps. */
export const keptEvents = 500;
/** How many are read when the window opens. */
const firstEvents = 200;

/** The newest events, oldest first. Null until they are read. */
export const recentEvents = createStore<readonly ClosEvent[] | null>(null);

function keep(event: ClosEvent): void {
  const known = recentEvents.get();
  if (known !== null) recentEvents.set([...known, event].slice(-keptEvents));
}

function receive(event: ClosEvent): void {
  keep(event);
  if (isEventType(event.type)) markStale(eventTypes[event.type].stale);
}

function startOver(services: Service[]): void {
  queryClient.setQueryData(listQuery(contract.services.list).queryKey, services);
  markStale([...new Set(Object.values(eventTypes).flatMap((type) => type.stale))]);
  void readRecent();
}

async function readRecent(): Promise<number> {
  const { seq } = await queryClient.fetchQuery({ ...operationQuery(contract.system.status), staleTime: 0 });
  const page = await connection.client.events.list({ after: Math.max(0, seq - firstEvents), limit: keptEvents });
  const last = page.items.at(-1)?.seq ?? seq;
  recentEvents.set([...page.items, ...(recentEvents.get() ?? []).filter((event) => event.seq > last)]);
  return last;
}

/** While nothing is live, what is on the screen is read again at this interval. */
const offlineReadMs = 10_000;

/**
 * Follows the events for as long as the window is signed in: an event makes exactly the answers stale that its type names.
 *
 * The newest number is read before the first answer is asked for, so that nothing can happen unseen in between.
 */
export function followEvents(): () => void {
  let ended = false;
  let live: LiveClient | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const begin = async () => {
    let since: number;
    try {
      since = await readRecent();
    } catch {
      if (ended) return;
      liveStatus.set({ state: 'offline', refusal: null });
      readyToRead.set(true);
      timer = setTimeout(() => void begin(), 2000);
      return;
    }
    if (ended) return;
    // What was read while nobody answered may be older than the number.
    if (readyToRead.get()) void queryClient.invalidateQueries();
    readyToRead.set(true);
    live = new LiveClient({
      connect: () => connection.openSocket(),
      topics,
      since,
      onEvent: receive,
      onSnapshot: (snapshot) => startOver(snapshot.services),
      onState: (state, refusal) => {
        liveStatus.set({ state, refusal });
        if (refusal === 'not-signed-in') forgetToken();
      },
    });
    live.start();
  };

  const retry = () => live?.retryNow();
  const poll = setInterval(() => {
    if (liveStatus.get().state === 'offline') void queryClient.invalidateQueries();
  }, offlineReadMs);
  window.addEventListener('online', retry);
  document.addEventListener('visibilitychange', retry);
  liveStatus.set({ state: 'connecting', refusal: null });
  void begin();

  return () => {
    ended = true;
    clearTimeout(timer);
    clearInterval(poll);
    window.removeEventListener('online', retry);
    document.removeEventListener('visibilitychange', retry);
    live?.stop();
    recentEvents.set(null);
    readyToRead.set(false);
  };
}
