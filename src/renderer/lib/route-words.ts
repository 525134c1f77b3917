import { localDomain, type Route, type RouteTarget, type TargetState } from '#shared/contract/routes.ts';
import type { GlyphStatus } from './glyph.ts';

/** "shop.localhost", "shop.localhost/api". */
export function routeLabel({ name, path }: Pick<Route, 'name' | 'path'>): string {
  return `${name}.${localDomain}${path === '/' ? '' : path}`;
}

/** "web/http". */
export function targetLabel({ service, endpoint }: Pick<RouteTarget, 'service' | 'endpoint'>): string {
  return `${service.name}/${endpoint}`;
}

export const targetGlyphs: Record<TargetState, GlyphStatus> = {
  ready: 'running',
  starting: 'starting',
  unhealthy: 'unhealthy',
  down: 'stopped',
  taken: 'conflict',
  unknown: 'unknown',
};

/** A reason as the end of a sentence: "It was stopped." → "it was stopped". */
function clause(reason: string): string {
  return reason.replace(/\.$/, '').replace(/^Its?\b/, (word) => word.toLowerCase());
}

/** "ready", "down: it was stopped", "taken: node (pid 4242) answers at its address". */
export function targetWords({ state, reason }: Pick<RouteTarget, 'state' | 'reason'>): string {
  return reason === null ? state : `${state}: ${clause(reason)}`;
}

/** What is best of several: requests go to those that are ready as long as there is one. */
const bestFirst: readonly TargetState[] = ['ready', 'starting', 'unhealthy', 'unknown', 'taken', 'down'];

/** How a route is. */
export interface RouteState {
  glyph: GlyphStatus;
  words: string;
  /** The open conflict that keeps it from its service. */
  conflictId: string | null;
}

/** How a route is: as the best of its targets that take requests, and how many of them are like that. */
export function routeState({ targets, shadowedBy }: Pick<Route, 'targets' | 'shadowedBy'>): RouteState {
  if (shadowedBy !== null) return { glyph: 'stopped', words: 'another route has its name', conflictId: null };
  const [first] = targets;
  if (first === undefined)
    return { glyph: 'failed', words: 'leads nowhere: its service was removed', conflictId: null };
  const taking = targets.filter(({ draining }) => !draining);
  const state = bestFirst.find((candidate) => taking.some((target) => target.state === candidate));
  if (state === undefined) return { glyph: 'stopped', words: 'draining', conflictId: null };
  const like = taking.filter((target) => target.state === state);
  const glyph = targetGlyphs[state];
  const conflictId = like.find((target) => target.conflictId !== null)?.conflictId ?? null;
  if (taking.length > 1) return { glyph, words: `${like.length} of ${taking.length} ${state}`, conflictId };
  return { glyph, words: targetWords(like[0] ?? first), conflictId };
}

/** Where a name is looked up in another way than in a browser: the address itself. */
export interface AddressForm {
  label: string;
  url: string;
  /** What `clos url --for` calls it. */
  client: 'browser' | 'node' | 'container';
}

/**
 * The forms of one target's address, for each kind of client. Browsers and curl look `*.localhost` up by themselves; glibc, and so
 * Node, does not, and in a container it would be the container itself.
 */
export function addressForms(url: string, { scheme, address }: Pick<RouteTarget, 'scheme' | 'address'>): AddressForm[] {
  const forms: AddressForm[] = [{ label: 'Browsers, curl', url, client: 'browser' }];
  const port = address === null ? undefined : /:(\d+)$/.exec(address)?.[1];
  if (port === undefined) return forms;
  return [
    ...forms,
    { label: 'Node, glibc', url: `${scheme}://${address}/`, client: 'node' },
    { label: 'Containers', url: `${scheme}://host.docker.internal:${port}/`, client: 'container' },
  ];
}
