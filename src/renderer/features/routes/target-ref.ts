import type { Route, RouteTarget } from '#shared/contract/routes.ts';

/** The endpoint that a service's name alone leads to. */
function isMain({ service, endpoint }: Pick<RouteTarget, 'service' | 'endpoint'>, routes: readonly Route[]): boolean {
  return routes.some(
    ({ kind, name, targets: [target] }) =>
      kind === 'automatic' &&
      name === service.name &&
      target?.service.id === service.id &&
      target.endpoint === endpoint,
  );
}

/** A target as people name it: "web" for the first endpoint that speaks HTTP, "web/admin" for another. */
export function targetRef(target: Pick<RouteTarget, 'service' | 'endpoint'>, routes: readonly Route[]): string {
  return isMain(target, routes) ? target.service.name : `${target.service.name}/${target.endpoint}`;
}

/** All that a route can lead to, by these names. */
export function offeredTargets(routes: readonly Route[]): string[] {
  const targets = routes.flatMap(({ kind, targets: all }) => (kind === 'automatic' ? all : []));
  return targets.map((target) => targetRef(target, routes)).sort();
}

/** A made route as a command names it: by its name, with its path where several that were made have that name. */
export function routeRef({ name, path }: Pick<Route, 'name' | 'path'>, routes: readonly Route[]): string {
  const several = routes.filter((route) => route.kind === 'custom' && route.name === name).length > 1;
  return several ? `${name}${path}` : name;
}
