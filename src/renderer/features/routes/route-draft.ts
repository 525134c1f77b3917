import { contract } from '#shared/contract/contract.ts';
import type { ParsedBody } from '#shared/contract/operation-definition.ts';
import { localDomain, type Route } from '#shared/contract/routes.ts';
import type { FieldErrors } from '../../lib/field-errors.ts';
import { numeric } from '../../lib/numeric.ts';
import { targetRef } from './target-ref.ts';

/** A target as it is typed. */
export interface TargetDraft {
  /** Stays with the row while it is typed in. */
  key: number;
  /** "web", "web/admin". */
  to: string;
  draining: boolean;
}

/** A route as it is typed: text, until it is sent. */
export interface RouteDraft {
  name: string;
  path: string;
  stripPath: boolean;
  targets: TargetDraft[];
  requestsPerSecond: string;
  burst: string;
}

export type RouteBody = ParsedBody<typeof contract.routes.create>;

let nextKey = 1;

export function newTarget(to = ''): TargetDraft {
  return { key: nextKey++, to, draining: false };
}

export function emptyRoute(): RouteDraft {
  return { name: '', path: '', stripPath: false, targets: [newTarget()], requestsPerSecond: '', burst: '' };
}

/** `routes` are all that there are: they tell which endpoint is meant by a service's name alone. */
export function routeDraftOf(route: Route, routes: readonly Route[]): RouteDraft {
  const { name, path, stripPath, rateLimit, targets } = route;
  return {
    name,
    path,
    stripPath,
    targets: targets.map((target) => ({ ...newTarget(targetRef(target, routes)), draining: target.draining })),
    requestsPerSecond: rateLimit === null ? '' : String(rateLimit.requestsPerSecond),
    burst: rateLimit === null ? '' : String(rateLimit.burst),
  };
}

/** The limit that is typed, not yet checked: as many at once as in a second, unless something else is said. Null for none. */
export function limitOf({ requestsPerSecond, burst }: Pick<RouteDraft, 'requestsPerSecond' | 'burst'>) {
  if (requestsPerSecond.trim() === '' && burst.trim() === '') return null;
  const perSecond = numeric(requestsPerSecond);
  const usual = typeof perSecond === 'number' ? Math.max(1, Math.ceil(perSecond)) : 1;
  return { requestsPerSecond: perSecond, burst: burst.trim() === '' ? usual : numeric(burst) };
}

function requestOf(draft: RouteDraft): unknown {
  return {
    name: draft.name.trim(),
    path: draft.path.trim() === '' ? '/' : draft.path.trim(),
    stripPath: draft.stripPath,
    rateLimit: limitOf(draft),
    targets: draft.targets.map(({ to, draining }) => {
      const [service, ...endpoint] = to.trim().split('/');
      return { service, ...(endpoint.length === 0 ? {} : { endpoint: endpoint.join('/') }), draining };
    }),
  };
}

/** Words for what the contract's checks say of an empty or half-typed field. */
function plainMessage(path: string, message: string, { name }: RouteDraft): string {
  if (path === 'name' && name.trim() === '') return `such as shop, for shop.${localDomain}`;
  if (/^targets\.\d+\./.test(path)) return 'a service, or service/endpoint';
  if (path === 'rateLimit.requestsPerSecond') return 'a number, 0.1 or more';
  if (path === 'rateLimit.burst') return 'a whole number, 1 or more';
  return message;
}

/** Checks the draft by the contract, as the server will. */
export function checkRoute(draft: RouteDraft): { body: RouteBody } | { errors: FieldErrors } {
  const parsed = contract.routes.create.body?.safeParse(requestOf(draft));
  if (parsed?.success) return { body: parsed.data };
  const errors: Record<string, string> = {};
  for (const issue of parsed?.error.issues ?? []) {
    const path = issue.path.join('.');
    errors[path] ??= plainMessage(path, issue.message, draft);
  }
  return { errors };
}
