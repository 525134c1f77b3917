import type { Topic } from '#shared/contract/events.ts';

/** An event of the log, ready to be sent. `topic` is null for a type that this version does not know. */
export interface LoggedEvent {
  seq: number;
  topic: Topic | null;
  /** The id of what it is about. */
  subject: string;
  /** The whole WebSocket frame. */
  frame: Buffer;
}

/** The log of events, read forward. All calls are synchronous and short. */
export interface EventLog {
  firstSeq(): number;
  lastSeq(): number;
  /** The events after a sequence number, in order, at most `limit` of them. */
  read(after: number, limit: number): LoggedEvent[];
}

/** The bytes of those events of a batch that somebody wants, or null. */
export function joinFrames(events: readonly LoggedEvent[], wants: (event: LoggedEvent) => boolean): Buffer | null {
  const frames = events.filter(wants).map((event) => event.frame);
  if (frames.length === 0) return null;
  return frames.length === 1 ? (frames[0] ?? null) : Buffer.concat(frames);
}
