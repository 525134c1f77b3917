import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Conflict } from '#shared/contract/conflicts.ts';
import { contract } from '#shared/contract/contract.ts';
import type { Service } from '#shared/contract/services.ts';
import { EventList } from '../../components/event-list.tsx';
import { Page } from '../../components/page.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../../components/states.tsx';
import { StatusGlyph } from '../../components/status-glyph.tsx';
import { isHeadline } from '../../lib/event-words.ts';
import { countWords } from '../../lib/format.ts';
import type { GlyphStatus } from '../../lib/glyph.ts';
import { recentEvents } from '../../lib/live.ts';
import { listQuery } from '../../lib/query.ts';
import { statusWords } from '../../lib/status-words.ts';
import { useStore } from '../../lib/store.ts';
import { useNow } from '../../lib/time.ts';
import { useConflictDialog } from '../../lib/use-conflict-dialog.ts';

/** How many of the newest facts stand here; the timeline has the rest. */
const shownEvents = 12;

function Count({ glyph, count, words }: { glyph: GlyphStatus; count: number; words: string }) {
  return (
    <span className={`flex items-center gap-2 ${count === 0 ? 'text-faint' : ''}`}>
      <StatusGlyph status={glyph} />
      <span>
        <span className="text-20 font-semibold">{count}</span> {words}
      </span>
    </span>
  );
}

function Counts({ services, conflicts }: { services: Service[]; conflicts: Conflict[] }) {
  const of = (...statuses: Array<Service['status']>) =>
    services.filter(({ status }) => statuses.includes(status)).length;
  const optional: Array<[GlyphStatus, number, string]> = [
    ['starting', of('starting', 'stopping'), 'changing'],
    ['unhealthy', of('unhealthy'), 'unhealthy'],
    ['failed', of('failed'), 'failed'],
    ['unknown', of('unknown'), 'unknown'],
    ['conflict', conflicts.length, conflicts.length === 1 ? 'conflict' : 'conflicts'],
  ];
  return (
    <div className="flex flex-wrap items-baseline gap-x-8 gap-y-2 border-b px-5 py-5">
      <Count glyph="running" count={of('running')} words="running" />
      <Count glyph="stopped" count={of('stopped', 'created')} words="stopped" />
      {optional.map(
        ([glyph, count, words]) => count > 0 && <Count key={glyph} glyph={glyph} count={count} words={words} />,
      )}
    </div>
  );
}

function Block({ title, more, children }: { title: string; more?: ReactNode; children: ReactNode }) {
  return (
    <section aria-label={title} className="py-3">
      <div className="flex h-8 items-center justify-between px-5">
        <h2 className="text-12 font-medium text-faint">{title}</h2>
        {more}
      </div>
      {children}
    </section>
  );
}

const wantRow = 'flex h-(--row) w-full items-center gap-2.5 px-5 text-left hover:bg-hover -outline-offset-2';

function WantsYou({ services, conflicts }: { services: Service[]; conflicts: Conflict[] }) {
  const dialog = useConflictDialog();
  const now = useNow();
  const troubled = services.filter(({ status }) => status === 'failed' || status === 'unhealthy');
  if (troubled.length + conflicts.length === 0) {
    return <p className="px-5 pb-2 text-soft">Nothing wants you. All is as it should be.</p>;
  }
  return (
    <ul>
      {conflicts.map((conflict) => (
        <li key={conflict.id}>
          <button type="button" className={wantRow} onClick={() => dialog.open(conflict.id)}>
            <StatusGlyph status="conflict" />
            <span className="font-mono text-12 font-medium">:{conflict.wanted.port}</span>
            <span className="min-w-0 flex-1 truncate">
              <span className="font-medium">{conflict.wanted.service ?? 'Somebody'}</span>
              <span className="text-soft"> wants what </span>
              <span className="font-medium">{conflict.holder.service?.name ?? conflict.holder.name}</span>
              <span className="text-soft"> holds</span>
            </span>
            <RelativeTime iso={conflict.detectedAt} className="text-faint" />
          </button>
        </li>
      ))}
      {troubled.map((service) => (
        <li key={service.id}>
          <Link href={`/services/${service.name}`} className={wantRow}>
            <StatusGlyph status={service.status} />
            <span className="font-medium">{service.name}</span>
            <span className="min-w-0 flex-1 truncate text-soft">{statusWords(service, now)}</span>
            <RelativeTime iso={service.statusSince} className="text-faint" />
          </Link>
        </li>
      ))}
    </ul>
  );
}

/** How things stand, what wants somebody, what happened last. */
export function OverviewPage() {
  const services = useQuery(listQuery(contract.services.list));
  const conflicts = useQuery(listQuery(contract.conflicts.list, { state: 'open' }));
  const events = useStore(recentEvents);
  const loaded = services.data !== undefined && conflicts.data !== undefined;
  const headlines = (events ?? []).filter(isHeadline).slice(-shownEvents).reverse();

  return (
    <Page title="Overview" note={loaded ? countWords(services.data.length, 'service') : undefined}>
      {loaded ? (
        <div className="min-h-0 flex-1 overflow-y-auto">
          {services.data.length === 0 ? (
            <EmptyState title="Nothing is registered yet">
              <p>
                Tell CLOS of a first service: a name, an image and the port that it should have. CLOS keeps the port for
                it and tells you when somebody else sits on it.
              </p>
              <Link
                href="/services"
                className="rounded-md border border-transparent bg-accent-fill px-2.5 py-1 font-medium text-on-accent hover:bg-accent-fill-hover"
              >
                Go to the services
              </Link>
            </EmptyState>
          ) : (
            <>
              <Counts services={services.data} conflicts={conflicts.data} />
              <Block title="Wants you">
                <WantsYou services={services.data} conflicts={conflicts.data} />
              </Block>
            </>
          )}
          {headlines.length > 0 && (
            <div className="border-t">
              <Block
                title="What happened"
                more={
                  <Link href="/timeline" className="text-12 text-accent hover:underline">
                    Timeline
                  </Link>
                }
              >
                <EventList events={headlines} />
              </Block>
            </div>
          )}
        </div>
      ) : services.isPending || conflicts.isPending ? (
        <SkeletonRows />
      ) : (
        <ErrorState
          error={services.error ?? conflicts.error}
          onRetry={() => void Promise.all([services.refetch(), conflicts.refetch()])}
        />
      )}
    </Page>
  );
}
