import type { Topic } from '#shared/contract/events.ts';
import { headSize, writeHead } from './frames.ts';

/** An event of the log, ready to be sent. `topic` is null for a type that this version does not know. */
export interface LoggedEvent {
  seq: number;
  topic: Topic | null;
  /** The id of what it is about. */
  subject: string;
  /** The event in UTF-8. */
  json: Uint8Array;
}

/** The log of events, read forward. All calls are synchronous and short. */
export interface EventLog {
  firstSeq(): number;
  lastSeq(): number;
  has(seq: number): boolean;
  /** The events after a sequence number, in order, at most `limit` of them. */
  read(after: number, limit: number): LoggedEvent[];
}

const closing = '}'.charCodeAt(0);
const opening = (seq: number) => `{"type":"event","seq":${seq},"event":`;

/** The frames of those events of a batch that somebody wants, in one piece, or null. */
export function joinFrames(events: readonly LoggedEvent[], wants: (event: LoggedEvent) => boolean): Buffer | null {
  const wanted = events.filter(wants);
  if (wanted.length === 0) return null;
  let size = 0;
  for (const { seq, json } of wanted) {
    const length = opening(seq).length + json.length + 1;
    size += headSize(length) + length;
  }
  const frames = Buffer.allocUnsafe(size);
  let at = 0;
  for (const { seq, json } of wanted) {
    const open = opening(seq);
    at = writeHead(frames, at, open.length + json.length + 1);
    at += frames.write(open, at, 'latin1');
    frames.set(json, at);
    at += json.length;
    frames[at++] = closing;
  }
  return frames;
}
