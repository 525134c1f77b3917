import { useDeferredValue, useMemo, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { Button } from '../../components/button.tsx';
import { EventList } from '../../components/event-list.tsx';
import { FilterBox } from '../../components/filter-box.tsx';
import { Page } from '../../components/page.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../../components/states.tsx';
import { countWords } from '../../lib/format.ts';
import { useKeys } from '../../lib/keyboard.ts';
import { type Doer, doers, isShown, type Kind, kinds, type TimelineFilter } from './timeline-filter.ts';
import { useTimeline } from './use-timeline.ts';

const kindOptions = Object.entries(kinds).map(([value, { label }]) => ({ value: value as Kind, label }));
const doerOptions = Object.entries(doers).map(([value, { label }]) => ({ value: value as Doer, label }));

interface FilterBarProps {
  filter: TimelineFilter;
  onChange: (change: Partial<TimelineFilter>) => void;
}

function FilterBar({ filter, onChange }: FilterBarProps) {
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b px-5 py-2">
      <Segmented label="About" options={kindOptions} value={filter.kind} onChange={(kind) => onChange({ kind })} />
      <Segmented label="Done by" options={doerOptions} value={filter.doer} onChange={(doer) => onChange({ doer })} />
      <label className="flex items-center gap-2 text-soft">
        <input
          type="checkbox"
          checked={filter.details}
          onChange={({ target }) => onChange({ details: target.checked })}
          className="accent-accent"
        />
        Every step
      </label>
    </div>
  );
}

/** Who did what, and what happened: newest first, as it happens, as far back as there is history. */
export function TimelinePage({ opened }: { opened: number | null }) {
  const [filter, setFilter] = useState<TimelineFilter>({ kind: 'all', doer: 'anyone', details: false, text: '' });
  const filterBox = useRef<HTMLInputElement>(null);
  const [, navigate] = useLocation();
  const text = useDeferredValue(filter.text.trim().toLowerCase());
  const { kind, doer, details } = filter;
  const { log, events } = useTimeline(kind);
  useKeys({ '/': () => filterBox.current?.focus() });
  const shown = useMemo(
    () => (events ?? []).filter((event) => isShown(event, { kind, doer, details, text })),
    [events, kind, doer, details, text],
  );
  const change = (part: Partial<TimelineFilter>) => setFilter((before) => ({ ...before, ...part }));

  return (
    <Page
      title="Timeline"
      note={events === null ? undefined : countWords(shown.length, 'event')}
      tools={
        <FilterBox
          ref={filterBox}
          label="Filter events"
          value={filter.text}
          onChange={(value) => change({ text: value })}
        />
      }
    >
      <FilterBar filter={filter} onChange={change} />
      {log.isPending ? (
        <SkeletonRows rows={14} />
      ) : events === null ? (
        <ErrorState error={log.error} onRetry={() => void log.refetch()} />
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls by keyboard
        <section className="min-h-0 flex-1 overflow-y-auto py-2" tabIndex={0} aria-label="Events">
          {shown.length === 0 && (
            <EmptyState title={events.length === 0 ? 'Nothing has happened yet' : 'No event here is like that'}>
              <p>Every start, stop, lease and conflict is written down here as it happens.</p>
            </EmptyState>
          )}
          <EventList events={shown} opened={opened} onOpen={({ seq }) => navigate(`/timeline/${seq}`)} byDay />
          <div className="flex h-12 items-center justify-center text-faint">
            {log.hasNextPage ? (
              <Button disabled={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
                Show older
              </Button>
            ) : (
              events.length > 0 && <p>The history begins here.</p>
            )}
          </div>
        </section>
      )}
    </Page>
  );
}
