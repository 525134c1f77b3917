import { useMutation } from '@tanstack/react-query';
import { newId } from '#shared/base/ids.ts';
import { contract } from '#shared/contract/contract.ts';
import type { Route } from '#shared/contract/routes.ts';
import { commandLines } from '../../lib/commands.ts';
import { client } from '../../lib/connection.ts';
import { markStale } from '../../lib/invalidator.ts';
import { routeLabel } from '../../lib/route-words.ts';
import { tellFailure } from '../../lib/tell.ts';
import { showToast } from '../../lib/toasts.ts';
import { undoWith } from '../../lib/undo-with.ts';
import type { RouteBody } from './route-draft.ts';

/** What a change of routes makes old. */
const stale = [contract.routes.list.id, contract.routes.get.id, contract.routes.traffic.id];

/** What can be changed of a route that was made. */
export type RouteChange = Pick<RouteBody, 'stripPath' | 'rateLimit' | 'targets'>;

/** A route as a request that would make it. */
function bodyOf({ name, path, stripPath, rateLimit, targets }: Route): RouteBody {
  return {
    name,
    path,
    stripPath,
    rateLimit,
    targets: targets.map(({ service, endpoint, draining }) => ({ service: service.id, endpoint, draining })),
  };
}

function changeOf(route: Route): RouteChange {
  const { stripPath, rateLimit, targets } = bodyOf(route);
  return { stripPath, rateLimit, targets };
}

function make(body: RouteBody): Promise<Route> {
  return client.routes.create(body, { idempotencyKey: newId('req') });
}

export function useMakeRoute(onMade: (route: Route) => void) {
  return useMutation({
    mutationFn: ({ body }: { body: RouteBody; command: string }) => make(body),
    onSuccess: (route, { command }) => {
      showToast({
        tone: 'plain',
        subject: route.id,
        title: `${routeLabel(route)} was made`,
        command,
        undo: undoWith(() => client.routes.delete({ id: route.id }), stale),
      });
      onMade(route);
    },
    onSettled: () => markStale(stale),
  });
}

interface Change {
  route: Route;
  change: Partial<RouteChange>;
  /** What was done, in words. */
  title: string;
  command: string;
}

/** Changes a route; Undo puts back all that can be changed. */
export function useChangeRoute(onChanged?: () => void) {
  return useMutation({
    mutationFn: ({ route: { id }, change }: Change) => client.routes.update({ id, ...change }),
    onSuccess: (_route, { route, title, command }) => {
      showToast({
        tone: 'plain',
        subject: route.id,
        title,
        command,
        undo: undoWith(() => client.routes.update({ id: route.id, ...changeOf(route) }), stale),
      });
      onChanged?.();
    },
    onSettled: () => markStale(stale),
  });
}

/** Has one target get nothing new, or again its share. */
export function useDrain() {
  const change = useChangeRoute();
  return {
    isPending: change.isPending,
    drain(route: Route, index: number, { command, label }: { command: string; label: string }) {
      const targets = changeOf(route).targets.map((target, at) =>
        at === index ? { ...target, draining: !target.draining } : target,
      );
      const draining = targets[index]?.draining ?? false;
      const title = draining ? `${label} gets nothing new` : `${label} takes requests again`;
      change.mutate(
        { route, change: { targets }, title, command },
        { onError: (error) => tellFailure(`${routeLabel(route)} was not changed`, error, route.id) },
      );
    },
  };
}

/** Takes a route away; Undo makes it again. */
export function useRemoveRoute(onRemoved: () => void) {
  return useMutation({
    mutationFn: ({ route: { id } }: { route: Route; ref: string }) => client.routes.delete({ id }),
    onSuccess: (_nothing, { route, ref }) => {
      showToast({
        tone: 'plain',
        subject: route.id,
        title: `${routeLabel(route)} was removed`,
        command: commandLines.removeRoute(ref),
        ...(route.targets.length === 0 ? {} : { undo: undoWith(() => make(bodyOf(route)), stale) }),
      });
      onRemoved();
    },
    onError: (error, { route }) => tellFailure(`${routeLabel(route)} was not removed`, error, route.id),
    onSettled: () => markStale(stale),
  });
}
