import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Conflict } from '#shared/contract/conflicts.ts';
import { contract } from '#shared/contract/contract.ts';
import type { Service } from '#shared/contract/services.ts';
import { EventList } from '../../components/event-list.tsx';
import { Page } from '../../components/page.tsx';
import { RunningOperations } from '../../components/running-operations.tsx';
import { ErrorState, SkeletonRows } from '../../components/states.tsx';
import { StatusGlyph } from '../../components/status-glyph.tsx';
import { isHeadline } from '../../lib/event-words.ts';
import { countWords } from '../../lib/format.ts';
import type { GlyphStatus } from '../../lib/glyph.ts';
import { recentEvents } from '../../lib/live.ts';
import { listQuery } from '../../lib/query.ts';
import { useStore } from '../../lib/store.ts';
import { WantsYou } from './wants-you.tsx';
import { Welcome } from './welcome.tsx';

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
    ['waiting', services.filter(({ waits }) => waits).length, 'waiting'],
    ['conflict', conflicts.length, conflicts.length === 1 ? 'conflict' : 'conflicts'],
  ];
  return (
    <div className="flex flex-wrap items-baseline gap-x-8 gap-y-2 border-b px-5 py-5">
      <Count glyph="running" count={of('running')} words="running" />
      <Count
        glyph="stopped"
        count={services.filter(({ status, waits }) => !waits && (status === 'stopped' || status === 'created')).length}
        words="stopped"
      />
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
            <Welcome />
          ) : (
            <>
              <Counts services={services.data} conflicts={conflicts.data} />
              <RunningOperations className="border-b px-5 py-3" titled />
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
