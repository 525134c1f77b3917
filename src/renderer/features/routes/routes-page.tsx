import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useMemo, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { contract } from '#shared/contract/contract.ts';
import type { Route } from '#shared/contract/routes.ts';
import { Button } from '../../components/button.tsx';
import { FilterBox } from '../../components/filter-box.tsx';
import { Page } from '../../components/page.tsx';
import { RowList } from '../../components/row-list.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../../components/states.tsx';
import { countWords } from '../../lib/format.ts';
import { useKeys } from '../../lib/keyboard.ts';
import { listQuery } from '../../lib/query.ts';
import { useCursor } from '../../lib/use-cursor.ts';
import { useMay } from '../../lib/use-may.ts';
import { MakeRouteDialog } from './make-route-dialog.tsx';
import { matchesRoute } from './route-filter.ts';
import { RouteHead, RouteRow, routeColumns } from './route-row.tsx';
import { useTraffic } from './use-traffic.ts';

const noRoutes: readonly Route[] = [];

/** Every name under `.localhost`, what it leads to and how that is; `opened` is the one in the inspector. */
export function RoutesPage({ opened }: { opened: string | null }) {
  const routes = useQuery(listQuery(contract.routes.list));
  const { traffic, isPending } = useTraffic();
  const withTraffic = traffic !== null || isPending;
  const mayChange = useMay('services:write');
  const [, navigate] = useLocation();
  const [filter, setFilter] = useState('');
  const [making, setMaking] = useState(false);
  const filterBox = useRef<HTMLInputElement>(null);

  const wanted = useDeferredValue(filter.trim());
  const all = routes.data ?? noRoutes;
  const shown = useMemo(() => all.filter((route) => matchesRoute(route, wanted)), [all, wanted]);
  const keys = useMemo(() => shown.map(({ id }) => id), [shown]);
  const open = (id: string, replace = false) => navigate(`/routes/${id}`, { replace });
  const cursor = useCursor({ keys, opened, onOpen: (id, how) => open(id, how === 'follow') });
  const current = shown[cursor.index];
  useKeys({ '/': () => filterBox.current?.focus(), n: () => mayChange && setMaking(true) });

  return (
    <Page
      title="Routes"
      note={routes.data === undefined ? undefined : wanted === '' ? all.length : `${shown.length} of ${all.length}`}
      tools={
        <>
          <FilterBox
            ref={filterBox}
            label="Filter routes"
            value={filter}
            onChange={setFilter}
            onMove={cursor.move}
            onEnter={() => current !== undefined && open(current.id)}
          />
          {mayChange && (
            <Button look="primary" icon="plus" disabled={routes.data === undefined} onClick={() => setMaking(true)}>
              New
            </Button>
          )}
        </>
      }
    >
      {routes.isPending ? (
        <SkeletonRows rows={12} />
      ) : routes.data === undefined ? (
        <ErrorState error={routes.error} onRetry={() => void routes.refetch()} />
      ) : all.length === 0 ? (
        <EmptyState title="No routes yet">
          <p>
            Each endpoint that speaks HTTP has a name by itself: a service called web is web.localhost. Names of your
            own can be made for it, with a path, a limit, or several services in turn.
          </p>
          <Button onClick={() => navigate('/services')}>Go to the services</Button>
        </EmptyState>
      ) : shown.length === 0 ? (
        <EmptyState title={`None of ${countWords(all.length, 'route')} matches "${wanted}"`}>
          <Button onClick={() => setFilter('')}>Clear the filter</Button>
        </EmptyState>
      ) : (
        <RowList
          label="Routes"
          items={shown}
          keyOf={({ id }) => id}
          cursor={cursor}
          opened={opened}
          onOpen={open}
          columns={routeColumns(withTraffic)}
          head={<RouteHead withTraffic={withTraffic} />}
          row={(route, active) => (
            <RouteRow route={route} traffic={traffic} withTraffic={withTraffic} active={active} />
          )}
        />
      )}
      {making && (
        <MakeRouteDialog
          routes={all}
          onClose={() => setMaking(false)}
          onMade={({ id }) => {
            setMaking(false);
            open(id);
          }}
        />
      )}
    </Page>
  );
}
