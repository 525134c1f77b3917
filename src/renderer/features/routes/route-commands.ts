import type { Route, RouteTarget } from '#shared/contract/routes.ts';
import { commandLines } from '../../lib/commands.ts';
import type { AddressForm } from '../../lib/route-words.ts';
import { limitOf, type RouteDraft, routeDraftOf } from './route-draft.ts';
import { routeRef, targetRef } from './target-ref.ts';

function targetFlags({ targets }: RouteDraft): string[] {
  return targets.flatMap(({ to }) => (to.trim() === '' ? [] : ['--to', to.trim()]));
}

/** "100/20"; "none" without a limit. */
function rateWord(draft: RouteDraft): string {
  const limit = limitOf(draft);
  return limit === null ? 'none' : `${limit.requestsPerSecond}/${limit.burst}`;
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
  const below = path !== '' && path !== '/';
  return commandLines.addRoute(draft.name.trim() || 'NAME', [
    ...targetFlags(draft),
    ...(below ? ['--path', path] : []),
    ...(below && draft.stripPath ? ['--strip'] : []),
    ...(rate === 'none' ? [] : ['--rate', rate]),
  ]);
}

/** The command that makes of a route what the draft says; null while that is what it is. */
export function setCommand(route: Route, draft: RouteDraft, routes: readonly Route[]): string | null {
  const before = routeDraftOf(route, routes);
  const led = targetFlags(before).join() !== targetFlags(draft).join();
  const flags = led ? targetFlags(draft) : [];
  for (const { to, draining } of draft.targets) {
    // A target that is named anew does not drain, unless that is said again.
    const drained = !led && before.targets.some((target) => target.draining && target.to === to.trim());
    if (drained !== draining) flags.push(draining ? '--drain' : '--undrain', to.trim());
  }
  if (before.stripPath !== draft.stripPath) flags.push(draft.stripPath ? '--strip' : '--no-strip');
  if (rateWord(draft) !== rateWord(before)) flags.push('--rate', rateWord(draft));
  return flags.length === 0 ? null : commandLines.setRoute(routeRef(route, routes), flags);
}
