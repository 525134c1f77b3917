import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { contract } from '#shared/contract/contract.ts';
import type { RouteTraffic } from '#shared/contract/routes.ts';
import { freshly } from '../../lib/freshly.ts';
import { operationQuery } from '../../lib/query.ts';

/** What goes through each route, by its id. Null where that cannot be had: the gateway may be away while the routes are known. */
export function useTraffic(): { traffic: ReadonlyMap<string, RouteTraffic> | null; isPending: boolean } {
  const { data, isPending, isError } = useQuery({
    ...operationQuery(contract.routes.traffic),
    ...freshly,
    retry: false,
  });
  const traffic = useMemo(
    () => (data === undefined || isError ? null : new Map(data.items.map((item) => [item.routeId, item]))),
    [data, isError],
  );
  return { traffic, isPending };
}
