import type { ClosEvent } from '#shared/contract/events.ts';
import type { Subject } from '#shared/contract/operations.ts';

/** An event that has no sequence number yet. */
export type PendingEvent = Omit<ClosEvent, 'seq'>;

/** What one call of `commit` adds to the history before it ends: its events, and whose state may be another one now. */
export interface Pending {
  trace: string | null;
  events: PendingEvent[];
  touched: Map<string, Subject['type']>;
}

export function nothingPending(trace: string | null = null): Pending {
  return { trace, events: [], touched: new Map() };
}
