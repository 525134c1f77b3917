import type { Route } from '#shared/contract/routes.ts';
import { routeLabel, routeState, targetLabel } from '../../lib/route-words.ts';

/** What the filter looks through: the name, where it leads, how it is, and whose build answers. */
function searchText(route: Route): string {
  const { kind, targets } = route;
  const builds = targets.flatMap(({ checkout, address }) => [address, checkout?.root, checkout?.branch]);
  const made = kind === 'custom' ? 'made' : 'automatic';
  return [routeLabel(route), ...targets.map(targetLabel), routeState(route).words, made, ...builds]
    .join(' ')
    .toLowerCase();
}

/** Every word must occur. */
export function matchesRoute(route: Route, filter: string): boolean {
  const text = searchText(route);
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
