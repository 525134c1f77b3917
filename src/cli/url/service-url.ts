import { hostInUrl, type Place, placeFromContainer, placeFromHost } from '#shared/contract/places.ts';
import type { Route } from '#shared/contract/routes.ts';
import { isWeb, schemeOf } from '#shared/contract/schemes.ts';
import type { Service } from '#shared/contract/services.ts';
import { credentialsOf } from './credentials.ts';

/**
 * Who asks for a URL. Browsers and curl resolve `*.localhost` by themselves (RFC 6761, 6.3); programs that ask the C library, such
 * as Node, often cannot, so they get the port. A container has another way to its host, and a loopback of its own.
 */
export const clients = ['browser', 'curl', 'node', 'container', 'direct'] as const;
export type UrlClient = (typeof clients)[number];

type Endpoint = Service['endpoints'][number];

/** The endpoint that is meant: the named one, else the first that speaks HTTP, else the first. */
export function chooseEndpoint({ endpoints }: Service, name: string | undefined): Endpoint | undefined {
  if (name !== undefined) return endpoints.find((endpoint) => endpoint.name === name);
  return endpoints.find(isWeb) ?? endpoints[0];
}

/** The URL of the name that leads to an endpoint and nowhere else; its own name first. Null where there is none. */
function namedUrl(routes: readonly Route[], service: Service, endpoint: Endpoint): string | null {
  const fitting = routes.filter(
    ({ path, shadowedBy, targets }) =>
      path === '/' &&
      shadowedBy === null &&
      targets.length === 1 &&
      targets.every((target) => target.service.id === service.id && target.endpoint === endpoint.name),
  );
  return (fitting.find(({ kind }) => kind === 'automatic') ?? fitting[0])?.url ?? null;
}

/** The URL of an endpoint for a client; null where it has no port before its first start. */
export function urlFor(
  client: UrlClient,
  { service, endpoint, routes }: { service: Service; endpoint: Endpoint; routes: readonly Route[] },
): string | null {
  const named = client === 'browser' || client === 'curl' ? namedUrl(routes, service, endpoint) : null;
  return (
    named ??
    urlAt(client === 'container' ? placeFromContainer(service, endpoint) : placeFromHost(endpoint), {
      scheme: schemeOf(endpoint),
      env: service.env,
    })
  );
}

function urlAt({ host, port }: Place, { scheme, env }: { scheme: string; env: Service['env'] }): string | null {
  const { userInfo, path } = credentialsOf(scheme, env);
  return port === null ? null : `${scheme}://${userInfo}${hostInUrl(host)}:${port}${path}`;
}
