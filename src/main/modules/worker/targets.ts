import { parseDuration } from '#shared/base/units.ts';
import { reachableAddress } from '#shared/contract/places.ts';
import type { Health, Service } from '#shared/contract/services.ts';

/** What is asked for a service's health, and how often. All times in milliseconds. */
export interface CheckTarget {
  serviceId: string;
  /** Changes with each run, the address and the check itself: then everything begins anew. */
  generation: string;
  kind: { type: 'http'; path: string } | { type: 'tcp' };
  address: string;
  port: number;
  intervalMs: number;
  timeoutMs: number;
  retries: number;
  startPeriodMs: number;
  /** When it started, in milliseconds since 1970. */
  startedAt: number;
  /** What the service's row says now. */
  known: Health;
}

/** While a command still works on a service, what a check would find says nothing; the first one comes right after it. */
const checkedStatuses: ReadonlySet<Service['status']> = new Set(['running', 'unhealthy']);

/** Durations were checked when they came in; the fallback is for rows of another version. */
function millis(text: string, fallback: number): number {
  return parseDuration(text) ?? fallback;
}

/** Link-local addresses reach what only the network around this host knows, such as a cloud's metadata. */
function isLinkLocal(address: string): boolean {
  return /^(::ffff:)?169\.254\.|^fe[89ab]/i.test(address);
}

/** Where an endpoint that is bound to `address` answers from here, or null where a check must not go. */
export function checkedAddress(address: string): string | null {
  return isLinkLocal(address) ? null : reachableAddress(address);
}

/** What runs of a service, by what tells one run from the next; null when nothing does. */
function runOf(runtime: Service['runtime']): { id: string; startedAt: string | null } | null {
  switch (runtime.type) {
    case 'container':
      return runtime.observed?.state !== 'running'
        ? null
        : { id: runtime.observed.containerId, startedAt: runtime.observed.startedAt };
    case 'process':
      return runtime.observed?.state !== 'running'
        ? null
        : { id: String(runtime.observed.pid), startedAt: runtime.observed.startedAt };
    case 'external':
      return runtime.observed?.answering !== true ? null : { id: String(runtime.observed.pid), startedAt: null };
  }
}

/**
 * What to check for a service; null when there is nothing to check: no check is wanted, nothing runs, no port is leased.
 *
 * Where to is decided here alone, by the lease of the service's own endpoint. No host ever comes from an input (CVE-2026-46717).
 */
export function targetOf(service: Service): CheckTarget | null {
  const { healthCheck: check, runtime, endpoints } = service;
  const run = runOf(runtime);
  if (check === null || !checkedStatuses.has(service.status) || run === null) return null;
  const endpoint = endpoints.find(({ name }) => check.endpoint === undefined || name === check.endpoint);
  if (endpoint?.protocol !== 'tcp' || endpoint.lease === null) return null;
  const address = checkedAddress(endpoint.lease.address);
  if (address === null) return null;
  const { id, startedAt } = run;
  const { port } = endpoint.lease;
  return {
    serviceId: service.id,
    generation: JSON.stringify([id, startedAt, address, port, check]),
    kind: check.type === 'http' ? { type: 'http', path: check.path } : { type: 'tcp' },
    address,
    port,
    intervalMs: Math.max(100, millis(check.interval, 10_000)),
    timeoutMs: Math.max(10, millis(check.timeout, 2000)),
    retries: check.retries,
    startPeriodMs: millis(check.startPeriod, 5000),
    startedAt: startedAt === null ? Date.now() : Date.parse(startedAt),
    known: service.health,
  };
}
