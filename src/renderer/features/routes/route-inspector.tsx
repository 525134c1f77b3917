import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { useLocation } from 'wouter';
import { contract } from '#shared/contract/contract.ts';
import { Badge } from '../../components/badge.tsx';
import { CommandLine } from '../../components/command-line.tsx';
import { Inspector } from '../../components/inspector.tsx';
import { ErrorState, SkeletonRows } from '../../components/states.tsx';
import { StatusGlyph } from '../../components/status-glyph.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { listQuery, operationQuery } from '../../lib/query.ts';
import { routeLabel, routeState } from '../../lib/route-words.ts';
import { useMay } from '../../lib/use-may.ts';
import { EditRoute } from './edit-route.tsx';
import { lookCommand } from './route-commands.ts';
import { RouteDetails } from './route-details.tsx';
import { RouteRequests } from './route-requests.tsx';

const details = { id: 'details', label: 'Details' } as const;
const requests = { id: 'requests', label: 'Requests' } as const;
const edit = { id: 'edit', label: 'Edit' } as const;

/** One route, beside the list: `/routes/rte_…`, `/routes/rte_…/requests`, `/routes/rte_…/edit`. */
export function RouteInspector({ id, tab }: { id: string; tab?: string | undefined }) {
  const [, navigate] = useLocation();
  const close = useCallback(() => navigate('/routes'), [navigate]);
  const route = useQuery(operationQuery(contract.routes.get, { id }));
  const routes = useQuery(listQuery(contract.routes.list));
  const mayChange = useMay('services:write');
  const { data } = route;
  const tabs = data?.kind === 'custom' && mayChange ? [details, requests, edit] : [details, requests];
  const current = tabs.find((known) => known.id === tab) ?? details;
  const hrefOf = (part: string) => (part === 'details' ? `/routes/${id}` : `/routes/${id}/${part}`);

  return (
    <Inspector
      label="Route"
      onClose={close}
      title={
        data !== undefined && (
          <>
            <StatusGlyph status={routeState(data).glyph} />
            <h2 className="truncate">{routeLabel(data)}</h2>
            {data.kind === 'custom' && <Badge>made</Badge>}
          </>
        )
      }
      footer={
        data !== undefined &&
        current.id !== 'edit' && (
          <CommandLine command={lookCommand(data, routes.data ?? [])} className="flex-1 justify-between" />
        )
      }
    >
      {data === undefined ? (
        route.isPending ? (
          <SkeletonRows rows={6} />
        ) : (
          <ErrorState error={route.error} onRetry={() => void route.refetch()} />
        )
      ) : (
        <>
          <Tabs label={`Parts of ${routeLabel(data)}`} tabs={tabs} current={current.id} hrefOf={hrefOf} />
          {current.id === 'requests' ? (
            <RouteRequests id={id} />
          ) : current.id === 'edit' ? (
            routes.data !== undefined && (
              <EditRoute route={data} routes={routes.data} onDone={() => navigate(hrefOf('details'))} />
            )
          ) : (
            <RouteDetails
              route={data}
              routes={routes.data ?? []}
              mayChange={mayChange}
              onEdit={() => navigate(hrefOf('edit'))}
              onRemoved={close}
            />
          )}
        </>
      )}
    </Inspector>
  );
}
