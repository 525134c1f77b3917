import { Link } from 'wouter';
import type { ClosEvent } from '#shared/contract/events.ts';
import { eventWords } from '../lib/event-words.ts';
import { clockWords, dayWords, fullTime } from '../lib/time.ts';
import { StatusGlyph } from './status-glyph.tsx';

/** Where the subject of an event can be looked at. */
function subjectPath({ subject }: ClosEvent): string | null {
  if (subject.type === 'service' && subject.name !== null) return `/services/${subject.name}`;
  if (subject.type === 'conflict') return `/conflicts/${subject.id}`;
  if (subject.type === 'webhook') return `/settings/webhooks/${subject.id}`;
  if (subject.type === 'route') return `/routes/${subject.id}`;
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

const row = 'flex h-(--row-compact) w-full items-center gap-3 px-5 text-left -outline-offset-2';

interface RowProps {
  event: ClosEvent;
  opened: boolean;
  onOpen?: ((event: ClosEvent) => void) | undefined;
}

function EventRow({ event, opened, onOpen }: RowProps) {
  const { text, reason, glyph } = eventWords(event);
  const path = event.type.endsWith('.deleted') ? null : subjectPath(event);
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
  if (onOpen !== undefined) {
    return (
      <button
        type="button"
        aria-pressed={opened}
        className={`${row} ${opened ? 'bg-active' : 'hover:bg-hover'}`}
        onClick={() => onOpen(event)}
      >
        {content}
      </button>
    );
  }
  return path === null ? (
    <div className={row}>{content}</div>
  ) : (
    <Link href={path} className={`${row} hover:bg-hover`}>
      {content}
    </Link>
  );
}

interface EventListProps {
  events: readonly ClosEvent[];
  /** A click shows the event itself; without it, what the event is about. */
  onOpen?: (event: ClosEvent) => void;
  /** The number of the event that is shown. */
  opened?: number | null;
  /** A line between two days. */
  byDay?: boolean;
}

/** Events as sentences, in the order given. */
export function EventList({ events, onOpen, opened = null, byDay = false }: EventListProps) {
  return (
    <ol>
      {events.map((event, index) => {
        const before = events[index - 1];
        const isNewDay = byDay && (before === undefined || dayWords(before.time) !== dayWords(event.time));
        return (
          <li key={event.seq}>
            {isNewDay && <h2 className="px-5 pt-3 pb-1 text-12 font-medium text-faint">{dayWords(event.time)}</h2>}
            <EventRow event={event} opened={event.seq === opened} onOpen={onOpen} />
          </li>
        );
      })}
    </ol>
  );
}
