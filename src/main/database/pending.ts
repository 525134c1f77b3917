import { type ClosEvent, eventTypes, isEventType, readsOf } from '#shared/contract/events.ts';
import type { Subject } from '#shared/contract/operations.ts';

/** An event that has no sequence number yet. */
export type PendingEvent = Omit<ClosEvent, 'seq'>;

/** What one call of `commit` adds to the history before it ends: its events, and whose state may be another one now. */
export interface Pending {
  trace: string | null;
  events: PendingEvent[];
  touched: Map<string, Subject['type']>;
  /** Kinds of subjects of which something else is shown now that is no change of their state. */
  renewed: Set<Subject['type']>;
}

export function nothingPending(trace: string | null = null): Pending {
  return { trace, events: [], touched: new Map(), renewed: new Set() };
}

/** The operations whose answers are old once this is committed: what its events name, and what shows a subject that was touched. */
export function* staleAfter({ events, touched, renewed }: Pending): Generator<string> {
  for (const { type } of events) if (isEventType(type)) yield* eventTypes[type].stale;
  // When something was looked at is no event, but it is shown.
  for (const type of [...touched.values(), ...renewed]) yield* readsOf[type] ?? [];
}
