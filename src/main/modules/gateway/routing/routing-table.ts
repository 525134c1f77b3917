import { localDomain } from '#shared/contract/routes.ts';
import type { RoutingEntry } from '../../../database/routing.ts';

const hostForm = new RegExp(`^([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)\\.${localDomain}\\.?(?::\\d{1,5})?$`, 'i');

/** The name in a Host header, without ".localhost" and the port, in lower case; null for what is no such name. Never throws. */
export function nameOf(host: unknown): string | null {
  if (typeof host !== 'string' || host.length > 255) return null;
  const name = hostForm.exec(host)?.[1]?.toLowerCase() ?? null;
  return name?.includes('..') ? null : name;
}

/** True if the path of a URL is this prefix or lies below it. Compared byte by byte, as it came over the wire. */
export function isUnder(url: string, prefix: string): boolean {
  if (prefix === '/') return true;
  if (!url.startsWith(prefix)) return false;
  const next = url[prefix.length];
  return next === undefined || next === '/' || next === '?';
}

/** What the service sees of a URL when the path of its route is taken off. */
export function withoutPath(url: string, path: string): string {
  if (path === '/') return url;
  const rest = url.slice(path.length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** All routes at one moment, by name. */
export class RoutingTable {
  readonly entries: readonly RoutingEntry[];
  readonly #byName: ReadonlyMap<string, readonly RoutingEntry[]>;

  constructor(entries: readonly RoutingEntry[]) {
    this.entries = entries;
    const groups = Map.groupBy(
      // One whose services are all gone leads nowhere.
      entries.filter(({ shadowedBy, targets }) => shadowedBy === null && targets.length > 0),
      ({ name }) => name,
    );
    // The longest path first, so that the first one that fits is the closest.
    for (const group of groups.values()) group.sort((one, other) => other.path.length - one.path.length);
    this.#byName = groups;
  }

  /** The route of a name whose path is closest to that of the URL; null when there is none. */
  find(name: string, url: string): RoutingEntry | null {
    return this.#byName.get(name)?.find(({ path }) => isUnder(url, path)) ?? null;
  }
}
