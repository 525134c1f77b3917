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

/** A made route as a command names it: by its name, or by its id where several routes have that. */
export function routeRef({ id, name }: Pick<Route, 'id' | 'name'>, routes: readonly Route[]): string {
  return routes.filter((route) => route.name === name).length > 1 ? id : name;
}
