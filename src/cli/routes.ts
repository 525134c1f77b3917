import type { Client } from '#shared/client/client.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import type { Route } from '#shared/contract/routes.ts';
import { UsageError } from './failure.ts';
import { nearestName } from './nearest.ts';

/** All routes, or those that lead to a service, over all pages. */
export async function allRoutes(client: Client, service?: string): Promise<Route[]> {
  const routes: Route[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<Client['routes']['list']>> = await client.routes.list({
      limit: 500,
      ...(cursor === null ? {} : { cursor }),
      ...(service === undefined ? {} : { service }),
    });
    routes.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return routes;
}

/** `shop`, or `shop/api` where a route has a path. */
export function routeTitle({ name, path }: Pick<Route, 'name' | 'path'>): string {
  return path === '/' ? name : `${name}${path}`;
}

/**
 * The route that is meant by an id, a name, or a name with a path: `shop`, `shop.localhost`, `shop/api`, `shop/`. One that was made
 * comes before the one that an endpoint has by itself. Rejects with ROUTE_UNKNOWN, or a `UsageError` where a name says too little.
 */
export async function findRoute(client: Client, ref: string): Promise<Route> {
  const routes = await allRoutes(client);
  const [, host = '', path] = /^([^/]*)(\/.*)?$/.exec(ref) ?? [];
  const name = host.toLowerCase().replace(/\.localhost$/, '');
  const meant = routes.filter(
    (route) => route.id === ref || (route.name === name && (path === undefined || route.path === path)),
  );
  const made = meant.filter(({ kind }) => kind === 'custom');
  if (made.length > 1) {
    const titles = made.map((route) => `${route.name}${route.path}`).join(', ');
    throw new UsageError(`Several routes have this name: ${titles}.`, 'Name one of them with its path.');
  }
  const found = made[0] ?? meant[0];
  if (found !== undefined) return found;
  const near = nearestName(name, routes.map(routeTitle));
  throw new ClosError('ROUTE_UNKNOWN', `There is no route "${ref}".`, {
    extra: near === null ? {} : { advice: `Did you mean ${near}? See all routes: clos routes` },
  });
}
