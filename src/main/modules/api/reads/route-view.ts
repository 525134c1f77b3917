import { hostInUrl } from '#shared/contract/places.ts';
import { localDomain, type Route } from '#shared/contract/routes.ts';
import { readDiscovery } from '#shared/node/discovery.ts';
import { type RoutingEntry, type RoutingTarget, readRouting } from '../../../database/routing.ts';
import { findWorkplace } from '../../../host/checkout.ts';
import type { ApiContext } from '../api-context.ts';

async function toTarget(target: RoutingTarget): Promise<Route['targets'][number]> {
  const { cwd, address, statusSince: _since, ...rest } = target;
  return {
    ...rest,
    address: address === null ? null : `${hostInUrl(address.host)}:${address.port}`,
    checkout: cwd === null ? null : (await findWorkplace(cwd)).checkout,
  };
}

/**
 * The routes that are wanted, as the contract shows them: with the gateway's port in their URLs, and whose build is behind them. That is
 * read from the folders of the checkouts, so ask for no more than is needed.
 */
export async function routeViews(api: ApiContext, wanted: (route: RoutingEntry) => boolean): Promise<Route[]> {
  const gateway = (await readDiscovery(api.module.home))?.gateway.url;
  const port = gateway === undefined ? api.module.config.ports.gateway : Number(new URL(gateway).port || 80);
  const origin = (name: string) => `http://${name}.${localDomain}${port === 80 ? '' : `:${port}`}`;
  return Promise.all(
    readRouting(api.db.read)
      .filter(wanted)
      .map(async ({ targets, ...route }) => ({
        ...route,
        url: `${origin(route.name)}${route.path}`,
        targets: await Promise.all(targets.map(toTarget)),
      })),
  );
}

/** The routes that lead to what leases a port. */
export async function routesTo(api: ApiContext, port: number): Promise<Array<Pick<Route, 'id' | 'url'>>> {
  const views = await routeViews(
    api,
    ({ targets, shadowedBy }) => shadowedBy === null && targets.some(({ address }) => address?.port === port),
  );
  return views.map(({ id, url }) => ({ id, url }));
}
