import { eventTypes, isEventType } from '#shared/contract/events.ts';
import { hasEvent, lastSeq, listEventTexts } from '../../database/events.ts';
import type { ReadDb } from '../../database/handle.ts';
import { firstKeptSeq } from '../../database/history.ts';
import type { EventLog } from './logged-event.ts';

/** The log in core.db. Nothing of it is parsed on its way to a client. */
export function coreEventLog(db: ReadDb): EventLog {
  return {
    firstSeq: () => firstKeptSeq(db),
    lastSeq: () => lastSeq(db),
    has: (seq) => hasEvent(db, seq),
    read: (after, limit) =>
      listEventTexts(db, { after, limit }).map(({ seq, type, subject, json }) => ({
        seq,
        topic: isEventType(type) ? eventTypes[type].topic : null,
        subject,
        json,
      })),
  };
}
