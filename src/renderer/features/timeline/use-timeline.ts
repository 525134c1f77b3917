import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import type { ClosEvent } from '#shared/contract/events.ts';
import { client } from '../../lib/connection.ts';
import { recentEvents } from '../../lib/live.ts';
import { useStore } from '../../lib/store.ts';
import { type Kind, typesOf } from './timeline-filter.ts';

const pageSize = 200;

/** The events of a kind, newest first: as far back as was asked for, and each new one as it happens. */
export function useTimeline(kind: Kind) {
  const types = typesOf(kind);
  const log = useInfiniteQuery({
    queryKey: ['timeline', kind],
    queryFn: ({ pageParam, signal }) =>
      client.events.list(
        {
          order: 'desc',
          limit: pageSize,
          ...(types === null ? {} : { type: types }),
          ...(pageParam === '' ? {} : { cursor: pageParam }),
        },
        { signal },
      ),
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor,
    // What was read once never changes; what came since is told live, and read anew by the next one who looks.
    gcTime: 0,
  });
  const live = useStore(recentEvents);
  const read = useMemo(() => log.data?.pages.flatMap(({ items }) => items) ?? null, [log.data]);
  const newest = read?.[0]?.seq ?? 0;

  // The window keeps so many of the newest only: after a long sleep some may be missing between them and what was read.
  const first = live?.[0]?.seq;
  const { refetch } = log;
  const isTorn = read !== null && first !== undefined && types === null && first > newest + 1;
  useEffect(() => {
    if (isTorn) void refetch();
  }, [isTorn, refetch]);

  const events = useMemo((): readonly ClosEvent[] | null => {
    if (read === null) return null;
    const since = (live ?? []).filter(({ seq }) => seq > newest);
    return [...since.reverse(), ...read];
  }, [live, read, newest]);
  return { log, events };
}
