import type { ConflictPolicy } from '#shared/contract/service-spec.ts';
import { createRandom } from '../random.ts';

export const worldAddresses = ['127.0.0.1', '0.0.0.0', '::1', '::'] as const;
export type WorldAddress = (typeof worldAddresses)[number];

/** A place that somebody has or wants. `at` counts from the first port of the world's range. */
export interface Place {
  protocol: 'tcp' | 'udp';
  address: WorldAddress;
  at: number;
}

export interface PlannedService {
  name: string;
  runtime: 'container' | 'process';
  onConflict: ConflictPolicy;
  /** `at` is null for a port that may be any of the range. */
  endpoints: ReadonlyArray<Omit<Place, 'at'> & { name: string; at: number | null }>;
  /** The services whose ports it is told. */
  told: readonly string[];
  /** What it did before strangers came: nothing, it ran and was stopped, it runs. */
  past: 'fresh' | 'ran' | 'runs';
}

/** Somebody whom CLOS does not own; one that cannot bind its places does not come. */
export type Stranger =
  | { kind: 'listener'; place: Place; v6only: boolean }
  | { kind: 'container'; name: string; running: boolean; places: readonly Place[] };

export interface WorldPlan {
  seed: number;
  /** So many ports has the range. In a wide world there is one for everybody. */
  size: number;
  wide: boolean;
  services: readonly PlannedService[];
  strangers: readonly Stranger[];
}

/** How large a world may be. */
export interface WorldLimits {
  services: number;
  strangers: number;
}

/** Wanted ports come from so few that they collide. */
const contested = 4;

/** A world by its seed: services and strangers that want the same few ports. The same seed gives the same world. */
export function createWorldPlan(seed: number, limits: WorldLimits = { services: 6, strangers: 5 }): WorldPlan {
  const random = createRandom(seed);
  const below = (count: number) => Math.floor(random() * count);
  const oneOf = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const place = (): Place => ({
    protocol: random() < 0.8 ? 'tcp' : 'udp',
    address: oneOf(worldAddresses),
    at: below(contested),
  });
  const wide = random() < 0.7;
  const count = 1 + below(limits.services);
  // Which name somebody has, and so where it stands in an alphabet, has nothing to do with whom it is told of.
  const names = Array.from({ length: count }, (_value, index) => ({ name: `s${index}`, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ name }) => name);
  const services = names.map((name, index): PlannedService => {
    const policies: readonly ConflictPolicy[] = wide ? ['ask', 'reassign'] : ['ask', 'reassign', 'takeover', 'wait'];
    return {
      name,
      runtime: oneOf(['container', 'process']),
      onConflict: oneOf(policies),
      endpoints: Array.from({ length: random() < 0.75 ? 1 : 2 }, (_value, position) => ({
        ...place(),
        ...(random() < 0.15 ? { at: null } : {}),
        name: `e${position}`,
      })),
      told: names.slice(0, index).filter(() => random() < 0.25),
      past: oneOf(['fresh', 'fresh', 'ran', 'runs']),
    };
  });
  const strangers = Array.from({ length: below(limits.strangers + 1) }, (_value, index): Stranger => {
    if (random() < 0.6) return { kind: 'listener', place: place(), v6only: random() < 0.3 };
    const places = Array.from({ length: random() < 0.7 ? 1 : 2 }, place);
    return { kind: 'container', name: `stranger-${index}`, running: random() < 0.6, places };
  });
  return { seed, size: wide ? 40 : contested + below(4), wide, services, strangers };
}
