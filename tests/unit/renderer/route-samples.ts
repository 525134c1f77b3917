import type { Route, RouteTarget, RouteTraffic } from '#shared/contract/routes.ts';
import { time } from './samples.ts';

export function target(service: string, part: Partial<RouteTarget> = {}): RouteTarget {
  return {
    service: { id: `svc_${service}`, name: service, instance: 'main' },
    endpoint: 'http',
    scheme: 'http',
    address: '127.0.0.1:3000',
    state: 'ready',
    status: 'running',
    reason: null,
    conflictId: null,
    draining: false,
    startOnVisit: false,
    checkout: { root: '/home/ada/src/shop', branch: 'main' },
    ...part,
  };
}

/** The route that an endpoint has by itself: `web` and, for its other endpoints, `admin.web`. */
export function automatic(name: string, ...targets: RouteTarget[]): Route {
  return {
    id: `rte_${name}`,
    kind: 'automatic',
    name,
    path: '/',
    url: `http://${name}.localhost:8080/`,
    stripPath: false,
    rateLimit: null,
    targets,
    shadowedBy: null,
    createdAt: null,
    updatedAt: null,
  };
}

export function made(name: string, targets: RouteTarget[], part: Partial<Route> = {}): Route {
  return { ...automatic(name, ...targets), kind: 'custom', createdAt: time, updatedAt: time, ...part };
}

export function traffic(part: Partial<RouteTraffic> = {}): RouteTraffic {
  return {
    routeId: 'rte_web',
    requests: 0,
    inFlight: 0,
    tunnels: 0,
    statuses: { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 },
    limited: 0,
    unanswered: 0,
    bytesIn: 0,
    bytesOut: 0,
    responseMs: null,
    lastAt: null,
    ...part,
  };
}
