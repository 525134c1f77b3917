import { eventTypes, isEventType } from '#shared/contract/events.ts';
import { lastSeq, listEventTexts } from '../../database/events.ts';
import type { ReadDb } from '../../database/handle.ts';
import { firstKeptSeq } from '../../database/history.ts';
import { textFrame } from './frames.ts';
import type { EventLog } from './logged-event.ts';

const end = Buffer.from('}');

/** The log in core.db, as frames. Each event is framed once, however many read it. */
export function coreEventLog(db: ReadDb): EventLog {
  return {
    firstSeq: () => firstKeptSeq(db),
    lastSeq: () => lastSeq(db),
    read: (after, limit) =>
      listEventTexts(db, { after, limit }).map(({ seq, type, subject, json }) => ({
        seq,
        topic: isEventType(type) ? eventTypes[type].topic : null,
        subject,
        frame: textFrame(Buffer.concat([Buffer.from(`{"type":"event","seq":${seq},"event":`), json, end])),
      })),
  };
}
