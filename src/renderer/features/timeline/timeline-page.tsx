import { useDeferredValue, useMemo, useRef, useState } from 'react';
import { EventList } from '../../components/event-list.tsx';
import { FilterBox } from '../../components/filter-box.tsx';
import { Page } from '../../components/page.tsx';
import { EmptyState, SkeletonRows } from '../../components/states.tsx';
import { eventWords } from '../../lib/event-words.ts';
import { countWords } from '../../lib/format.ts';
import { useKeys } from '../../lib/keyboard.ts';
import { recentEvents } from '../../lib/live.ts';
import { useStore } from '../../lib/store.ts';

/** What happened, newest first, as it happens. */
export function TimelinePage() {
  const events = useStore(recentEvents);
  const [filter, setFilter] = useState('');
  const filterBox = useRef<HTMLInputElement>(null);
  const wanted = useDeferredValue(filter.trim().toLowerCase());
  useKeys({ '/': () => filterBox.current?.focus() });

  const shown = useMemo(() => {
    const newestFirst = [...(events ?? [])].reverse();
    if (wanted === '') return newestFirst;
    return newestFirst.filter((event) => {
      const { text, reason } = eventWords(event);
      return `${event.type} ${text} ${reason ?? ''} ${event.actor.name}`.toLowerCase().includes(wanted);
    });
  }, [events, wanted]);

  return (
    <Page
      title="Timeline"
      note={events === null ? undefined : `the newest ${countWords(shown.length, 'event')}`}
      tools={<FilterBox ref={filterBox} label="Filter events" value={filter} onChange={setFilter} />}
    >
      {events === null ? (
        <SkeletonRows rows={14} />
      ) : shown.length === 0 ? (
        <EmptyState title={wanted === '' ? 'Nothing has happened yet' : `No event matches "${wanted}"`}>
          <p>Every start, stop, lease and conflict is written down here as it happens.</p>
        </EmptyState>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls by keyboard
        <section className="min-h-0 flex-1 overflow-y-auto py-2" tabIndex={0} aria-label="Events">
          <EventList events={shown} />
        </section>
      )}
    </Page>
  );
}
