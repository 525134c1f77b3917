import type { ClosEvent } from '#shared/contract/events.ts';
import type { Reaction } from '#shared/contract/internal.ts';

/** What the api records of a reaction, in the transaction that moves the cursor. */
export type Effect = NonNullable<Reaction['effect']>;

export interface ReactionCall {
  /** Fires when what is under way is to be given up. */
  signal: AbortSignal;
  /** Records what is known before the event is done. */
  report(effect: Effect): void;
}

/** Somebody who reacts to events, one after another, from a place of its own in the log. */
export interface Consumer {
  /** Its cursor is kept under this name. */
  name: string;
  /** Events up to this one are done, as core.db has it. */
  seq: number;
  /** Changes when it wants other things now: what it is at is given up and begun anew. */
  generation: string;
  /** Null is every one. */
  types: readonly string[] | null;
  wants(event: ClosEvent): boolean;
  /**
   * Does what the event asks for, and gives what is to be recorded with the move of the cursor. Rejects when the signal fires. What
   * was done just before that, or before a crash, is done again, so an effect outside of the database needs an id to deduplicate by.
   */
  react(event: ClosEvent, call: ReactionCall): Promise<Effect>;
}
