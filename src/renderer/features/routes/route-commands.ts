import type { Route, RouteTarget } from '#shared/contract/routes.ts';
import { commandLines } from '../../lib/commands.ts';
import type { AddressForm } from '../../lib/route-words.ts';
import { type RouteDraft, routeDraftOf } from './route-draft.ts';
import { routeRef, targetRef } from './target-ref.ts';

function targetFlags({ targets }: RouteDraft): string[] {
  return targets.flatMap(({ to }) => (to.trim() === '' ? [] : ['--to', to.trim()]));
}

/** "100", "100/20"; null where there is no limit. */
function rateWord({ requestsPerSecond, burst }: RouteDraft): string | null {
  const [limit, atOnce] = [requestsPerSecond.trim(), burst.trim()];
  if (atOnce === '') return limit === '' ? null : limit;
  return `${limit}/${atOnce}`;
}

/** The command that tells a route's address: by its service where it has that by itself. */
export function lookCommand({ id, kind, targets: [target] }: Route, routes: readonly Route[]): string {
  return kind === 'custom' || target === undefined ? commandLines.showRoute(id) : urlCommand(target, routes, 'browser');
}

/** The command that tells where a client of this kind reaches a target. */
export function urlCommand(target: RouteTarget, routes: readonly Route[], client: AddressForm['client']): string {
  const [service = target.service.name, endpoint = null] = targetRef(target, routes).split('/');
  return commandLines.url(service, endpoint, client);
}

/** The draft as the command that makes it. */
export function addCommand(draft: RouteDraft): string {
  const path = draft.path.trim();
  const rate = rateWord(draft);
  return commandLines.addRoute(draft.name.trim() || 'NAME', [
    ...targetFlags(draft),
    ...(path === '' || path === '/' ? [] : ['--path', path]),
    ...(draft.stripPath ? ['--strip'] : []),
    ...(rate === null ? [] : ['--rate', rate]),
  ]);
}

/** The command that makes of a route what the draft says; null while that is what it is. */
export function setCommand(route: Route, draft: RouteDraft, routes: readonly Route[]): string | null {
  const before = routeDraftOf(route, routes);
  const flags: string[] = [];
  if (targetFlags(before).join() !== targetFlags(draft).join()) flags.push(...targetFlags(draft));
  for (const { to, draining } of draft.targets) {
    const known = before.targets.find((target) => target.to === to.trim());
    if ((known?.draining ?? false) !== draining) flags.push(draining ? '--drain' : '--undrain', to.trim());
  }
  if (before.stripPath !== draft.stripPath) flags.push(draft.stripPath ? '--strip' : '--no-strip');
  const rate = rateWord(draft);
  if (rate !== rateWord(before)) flags.push(...(rate === null ? ['--no-rate'] : ['--rate', rate]));
  return flags.length === 0 ? null : commandLines.setRoute(routeRef(route, routes), flags);
}
