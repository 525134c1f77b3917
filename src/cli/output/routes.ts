import type { Route, RouteTarget, TargetState } from '#shared/contract/routes.ts';
import { routeTitle } from '../routes.ts';
import { folderText } from './card.ts';
import type { Colour, Paint } from './style.ts';
import { type Column, renderTable } from './table.ts';

const colours: Readonly<Record<TargetState, Colour>> = {
  ready: 'green',
  starting: 'cyan',
  unhealthy: 'yellow',
  down: 'dim',
  taken: 'red',
  unknown: 'yellow',
};

function targetText({ service, endpoint, draining }: RouteTarget): string {
  return `${service.name}/${endpoint}${draining ? ' (draining)' : ''}`;
}

/** Where a route leads: `web/http`, `one/http, two/http (draining)`. */
export function leadsText({ targets }: Pick<Route, 'targets'>): string {
  return targets.length === 0 ? 'nowhere' : targets.map(targetText).join(', ');
}

/** How those are whom a route leads to: the reason where one is meant, the count where there are several. */
function stateText({ targets, shadowedBy }: Route): string {
  if (shadowedBy !== null) return 'shadowed: a route that was made has this name';
  const [only, ...others] = targets;
  if (only === undefined) return 'down: what it led to was removed';
  if (others.length === 0) return only.reason === null ? only.state : `${only.state}: ${only.reason}`;
  const counts = Map.groupBy(targets, ({ state }) => state);
  return [...counts].map(([state, { length }]) => `${length} ${state}`).join(', ');
}

function colourOf({ targets, shadowedBy }: Route): Colour {
  const states = new Set(targets.map(({ state }) => state));
  if (shadowedBy !== null || states.size === 0) return 'dim';
  const [only = 'down'] = states;
  if (states.size === 1) return colours[only];
  return states.has('taken') ? 'red' : 'yellow';
}

/** The checkouts whose builds answer: `~/src/shop (main)`. */
function checkoutText({ targets }: Route, userHome: string): string {
  const checkouts = targets.flatMap(({ checkout }) =>
    checkout === null
      ? []
      : [`${folderText(checkout.root, userHome)}${checkout.branch === null ? '' : ` (${checkout.branch})`}`],
  );
  return checkouts.length === 0 ? '–' : [...new Set(checkouts)].join(', ');
}

/** The list of routes as a table. */
export function renderRoutes(
  routes: readonly Route[],
  view: { width: number | null; paint: Paint; userHome: string },
): string[] {
  const columns: ReadonlyArray<Column<Route>> = [
    { title: 'Name', value: routeTitle, paint: (_route, text) => view.paint('bold', text) },
    { title: 'URL', value: ({ url }) => url, paint: (_route, text) => view.paint('cyan', text), yields: 3 },
    { title: 'Leads to', value: leadsText, shrinksTo: 12 },
    { title: 'State', value: stateText, paint: (route, text) => view.paint(colourOf(route), text), shrinksTo: 12 },
    { title: 'Checkout', value: (route) => checkoutText(route, view.userHome), shrinksTo: 12, yields: 1 },
  ];
  return renderTable(routes, columns, view);
}

/** One route in one line, after something was done to it. */
export function routeLine(route: Route): string {
  const { stripPath, rateLimit } = route;
  const more = [
    stripPath ? 'its path is taken off' : null,
    rateLimit === null ? null : `at most ${rateLimit.requestsPerSecond}/s, ${rateLimit.burst} at once`,
  ].filter((part) => part !== null);
  return `${route.url} leads to ${leadsText(route)}${more.length === 0 ? '' : ` (${more.join('; ')})`}`;
}
