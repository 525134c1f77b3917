import { queryClient } from './query.ts';

/** Milliseconds that staleness is gathered: a burst of events costs one reading, and a person sees no delay. */
const gatherMs = 80;

const stale = new Set<string>();
let running = false;

/**
 * Reads the answers of these operations anew, where they are on the screen.
 *
 * At most one reading runs: what becomes stale meanwhile is read after it, not instead of it, so that a stream of events can
 * neither starve the screen nor flood the server.
 */
export function markStale(operationIds: Iterable<string>): void {
  for (const id of operationIds) stale.add(id);
  if (running) return;
  running = true;
  setTimeout(() => void readStale(), gatherMs);
}

async function readStale(): Promise<void> {
  try {
    while (stale.size > 0) {
      const ids = [...stale];
      stale.clear();
      await Promise.all(ids.map((id) => queryClient.invalidateQueries({ queryKey: [id] })));
    }
  } finally {
    running = false;
  }
}
