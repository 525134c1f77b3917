import { Link } from 'wouter';
import type { ClosEvent } from '#shared/contract/events.ts';
import { eventWords } from '../lib/event-words.ts';
import { clockWords, fullTime } from '../lib/time.ts';
import { StatusGlyph } from './status-glyph.tsx';

/** Where the subject of an event can be looked at. */
function subjectPath({ subject }: ClosEvent): string | null {
  if (subject.type === 'service' && subject.name !== null) return `/services/${subject.name}`;
  if (subject.type === 'conflict') return `/conflicts/${subject.id}`;
  return null;
}

function actorWords({ actor }: ClosEvent): string {
  switch (actor.type) {
    case 'outside':
      return 'seen from outside';
    case 'module':
      return '';
    default:
      return `by ${actor.name}`;
  }
}

function EventRow({ event }: { event: ClosEvent }) {
  const { text, reason, glyph } = eventWords(event);
  const path = subjectPath(event);
  const removed = event.type === 'service.deleted';
  const content = (
    <>
      <time dateTime={event.time} title={fullTime(event.time)} className="shrink-0 text-faint">
        {clockWords(event.time)}
      </time>
      <span className="flex w-3 shrink-0 justify-center">
        {glyph === null ? <span className="size-1 rounded-full bg-control" /> : <StatusGlyph status={glyph} />}
      </span>
      <span className="min-w-0 flex-1 truncate" title={reason === null ? text : `${text}: ${reason}`}>
        {text}
        {reason !== null && <span className="text-soft">: {reason}</span>}
      </span>
      <span className="shrink-0 text-faint">{actorWords(event)}</span>
    </>
  );
  const row = 'flex h-(--row-compact) items-center gap-3 px-5 -outline-offset-2';
  return (
    <li>
      {path === null || removed ? (
        <div className={row}>{content}</div>
      ) : (
        <Link href={path} className={`${row} hover:bg-hover`}>
          {content}
        </Link>
      )}
    </li>
  );
}

/** Events as sentences, in the order given. */
export function EventList({ events }: { events: readonly ClosEvent[] }) {
  return (
    <ol>
      {events.map((event) => (
        <EventRow key={event.seq} event={event} />
      ))}
    </ol>
  );
}
