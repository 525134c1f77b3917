import { ClosError } from '#shared/contract/clos-error.ts';
import { contract } from '#shared/contract/contract.ts';
import type { Page } from '#shared/contract/primitives.ts';
import type { Route } from '#shared/contract/routes.ts';
import { isWeb, schemeOf } from '#shared/contract/schemes.ts';
import { appendEvent } from '../../../database/events.ts';
import type { ReadDb, WriteDb } from '../../../database/handle.ts';
import {
  deleteRoute,
  findStoredRoute,
  insertRoute,
  type StoredRoute,
  type StoredTarget,
  updateRoute,
} from '../../../database/routes.ts';
import { findService } from '../../../database/services.ts';
import { type Handler, handle } from '../../../http/handler.ts';
import { actorOf, type Provenance } from '../access/actors.ts';
import type { ApiContext } from '../api-context.ts';
import { pageOfAll } from '../reads/pages.ts';
import { routeViews } from '../reads/route-view.ts';

interface WantedTarget {
  service: string;
  endpoint?: string | undefined;
  draining: boolean;
}

/**
 * The targets by the ids of their services. SERVICE_NOT_FOUND and ENDPOINT_NOT_FOUND for what is not there, INVALID_INPUT for what
 * does not speak HTTP.
 */
function resolveTargets(db: ReadDb, wanted: readonly WantedTarget[]): StoredTarget[] {
  const targets = wanted.map(({ service: ref, endpoint = null, draining }, index) => {
    const service = findService(db, ref);
    const refuse = (code: 'SERVICE_NOT_FOUND' | 'ENDPOINT_NOT_FOUND' | 'INVALID_INPUT', path: string, detail: string) =>
      new ClosError(code, detail, { errors: [{ path: `targets.${index}.${path}`, message: detail }] });
    if (service === null) throw refuse('SERVICE_NOT_FOUND', 'service', `There is no service "${ref}".`);
    const named = service.endpoints.find(({ name }) => name === endpoint);
    if (endpoint === null && !service.endpoints.some(isWeb)) {
      throw refuse('ENDPOINT_NOT_FOUND', 'endpoint', `${service.name} has no endpoint that speaks HTTP.`);
    }
    if (endpoint !== null && named === undefined) {
      const names = service.endpoints.map(({ name }) => name).join(', ');
      throw refuse('ENDPOINT_NOT_FOUND', 'endpoint', `${service.name} has no endpoint "${endpoint}", but: ${names}.`);
    }
    if (named !== undefined && !isWeb(named)) {
      const spoken = `${service.name}/${named.name} speaks ${schemeOf(named)}`;
      throw refuse('INVALID_INPUT', 'endpoint', `${spoken}, and a route leads to what speaks HTTP.`);
    }
    return { serviceId: service.id, endpoint, draining };
  });
  const seen = new Set<string>();
  for (const [index, { serviceId, endpoint }] of targets.entries()) {
    const key = `${serviceId} ${endpoint}`;
    if (seen.has(key)) {
      const message = 'stands here twice';
      throw new ClosError('INVALID_INPUT', `targets.${index}: ${message}`, {
        errors: [{ path: `targets.${index}`, message }],
      });
    }
    seen.add(key);
  }
  return targets;
}

/** The route that was made with this id. One that an endpoint has by itself cannot be changed. */
async function mustBeMade(api: ApiContext, id: string): Promise<StoredRoute> {
  const made = findStoredRoute(api.db.read, id);
  if (made !== null) return made;
  const known = await viewOf(api, id);
  throw new ClosError(
    'ROUTE_AUTOMATIC',
    `${known.name} comes with its endpoint and goes with it. Make a route of your own for another name, path or limit.`,
  );
}

function appendRouteEvent(
  write: WriteDb,
  type: 'route.created' | 'route.updated' | 'route.deleted',
  told: { route: StoredRoute; changed?: string[] } & Provenance,
): void {
  const { route, changed, actor, cause } = told;
  const targets = route.targets.map(({ serviceId, endpoint }) => {
    const name = findService(write, serviceId)?.name ?? serviceId;
    return endpoint === null ? name : `${name}/${endpoint}`;
  });
  const data = { name: route.name, path: route.path, targets };
  const common = { subject: { type: 'route' as const, id: route.id, name: route.name }, actor, cause };
  if (type === 'route.updated') appendEvent(write, { ...common, type, data: { ...data, changed: changed ?? [] } });
  else appendEvent(write, { ...common, type, data });
}

async function viewOf(api: ApiContext, id: string): Promise<Route> {
  const [found] = await routeViews(api, (route) => route.id === id);
  if (found === undefined) throw new ClosError('ROUTE_UNKNOWN', `There is no route "${id}".`);
  return found;
}

export function routeHandlers(api: ApiContext): Handler[] {
  const { routes } = contract;
  const { db, module } = api;
  const gateway = () => module.sibling('gateway').internal;
  return [
    handle(routes.list, async ({ query: { limit, cursor, service: ref } }): Promise<Page<Route>> => {
      const service = ref === undefined ? null : findService(db.read, ref);
      if (ref !== undefined && service === null) {
        throw new ClosError('SERVICE_NOT_FOUND', `There is no service "${ref}".`);
      }
      const all = await routeViews(
        api,
        ({ targets }) => service === null || targets.some((target) => target.service.id === service.id),
      );
      return pageOfAll(all, { limit, cursor, sort: 'name', keyOf: ({ name, path }) => `${name} ${path}` });
    }),
    handle(routes.traffic, () => gateway().routeTraffic({})),
    handle(routes.requests, ({ query: { route = null, failed = false, limit } }) =>
      gateway().routeRequests({ route, failed, limit }),
    ),
    handle(routes.get, ({ params: { id } }) => viewOf(api, id)),
    handle(routes.create, async ({ body: { targets: wanted, ...body }, principal }) => {
      const id = await db.commit((write) => {
        const targets = resolveTargets(write, wanted);
        const made = insertRoute(write, { ...body, targets, instanceId: api.instanceId });
        if (made === null) {
          throw new ClosError('ROUTE_TAKEN', `There is a route ${body.name}.localhost${body.path} already.`, {
            errors: [{ path: 'name', message: 'is taken with this path' }],
          });
        }
        const route = findStoredRoute(write, made) as StoredRoute;
        appendRouteEvent(write, 'route.created', { route, actor: actorOf(principal), cause: null });
        return made;
      });
      return viewOf(api, id);
    }),
    handle(routes.update, async ({ params: { id }, body, principal }) => {
      const { targets: wanted, ...rest } = body;
      await mustBeMade(api, id);
      await db.commit((write) => {
        const before = findStoredRoute(write, id);
        if (before === null) throw new ClosError('ROUTE_UNKNOWN', `There is no route "${id}".`);
        const given = {
          ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
          ...(wanted === undefined ? {} : { targets: resolveTargets(write, wanted) }),
        };
        const after: StoredRoute = { ...before, ...given };
        const changed = Object.keys(given).filter(
          (field) =>
            JSON.stringify(before[field as keyof StoredRoute]) !== JSON.stringify(after[field as keyof StoredRoute]),
        );
        if (changed.length === 0) return;
        updateRoute(write, after);
        appendRouteEvent(write, 'route.updated', { route: after, changed, actor: actorOf(principal), cause: null });
      });
      return viewOf(api, id);
    }),
    handle(routes.delete, async ({ params: { id }, principal }) => {
      await mustBeMade(api, id);
      await db.commit((write) => {
        const route = findStoredRoute(write, id);
        if (route === null) throw new ClosError('ROUTE_UNKNOWN', `There is no route "${id}".`);
        appendRouteEvent(write, 'route.deleted', { route, actor: actorOf(principal), cause: null });
        deleteRoute(write, id);
      });
      return undefined;
    }),
  ];
}
