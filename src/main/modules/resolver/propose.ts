import type { DetectedConflict } from '#shared/contract/conflicts.ts';
import type { WantedClaim } from '#shared/contract/internal.ts';
import type { Range, Suggestion } from '#shared/contract/ports.ts';
import type { Checker } from './check.ts';
import type { Finding } from './detect.ts';
import { proposeOptions } from './options.ts';
import type { WantedPort } from './world.ts';
import type { StoredWorld } from './world-reader.ts';

/**
 * Which of the claims could not be met now, each conflict with what could be done about it.
 *
 * All conflicts of one claim offer the same port; no port is offered to two claims, nor one that another claim asks for.
 */
export async function findConflicts(
  checker: Checker,
  claims: readonly WantedClaim[],
  world: StoredWorld,
): Promise<DetectedConflict[]> {
  const wanted = claims.map((claim): WantedPort => ({ ...claim, byEngine: isBoundByEngine(claim, world) }));
  const findings = await checker.check(wanted, world);
  const suggestPort = suggestOnce(checker, claims, world);
  const conflicts: DetectedConflict[] = [];
  // One after the other: each suggestion must know those before it.
  for (const finding of findings) {
    conflicts.push({ ...finding, options: await proposeOptions(finding, { suggestPort }) });
  }
  return conflicts;
}

/** The range of this name; null, which stands for any port, when there is none. */
export function findRange(world: StoredWorld, name: string | null): Range | null {
  return world.ranges.find((range) => range.name === name) ?? null;
}

function isBoundByEngine({ service }: WantedClaim, world: StoredWorld): boolean {
  return service !== null && world.services.some(({ id, runtime }) => id === service.id && runtime === 'container');
}

/** Suggests one port for each claim, and remembers it for the claim's other conflicts and against the other claims. */
function suggestOnce(checker: Checker, claims: readonly WantedClaim[], world: StoredWorld) {
  const refused = { tcp: new Map<number, string>(), udp: new Map<number, string>() };
  for (const claim of claims) {
    const { protocol, port } = claim;
    if (!refused[protocol].has(port)) refused[protocol].set(port, `asked for by ${nameOf(claim)}`);
  }
  const ranges = new Map(claims.map((claim) => [keyOf(claim, claim.service?.id), claim.range]));
  const suggested = new Map<string, Suggestion | null>();

  return async (wanted: Finding['wanted']): Promise<Suggestion | null> => {
    const key = keyOf(wanted, wanted.serviceId);
    const known = suggested.get(key);
    if (known !== undefined) return known;
    const { protocol, address, port } = wanted;
    const [suggestion = null] = await checker.suggest(
      {
        range: findRange(world, ranges.get(key) ?? null),
        near: port,
        count: 1,
        protocol,
        address,
        refused: new Map(refused[protocol]).set(port, 'in conflict'),
      },
      world,
    );
    suggested.set(key, suggestion);
    if (suggestion !== null) refused[protocol].set(suggestion.port, `offered to ${nameOf(wanted)}`);
    return suggestion;
  };
}

type Claimant = Pick<WantedClaim, 'endpoint' | 'protocol' | 'address' | 'port'>;

function keyOf({ endpoint, protocol, address, port }: Claimant, serviceId: string | null | undefined): string {
  return JSON.stringify([serviceId ?? null, endpoint, protocol, address, port]);
}

/** `web/http`, as a part of a sentence. */
function nameOf({ service, endpoint }: Pick<WantedClaim, 'endpoint'> & { service: string | { name: string } | null }) {
  const name = typeof service === 'object' ? service?.name : service;
  return [name ?? 'another', endpoint].filter((part) => part !== null).join('/');
}
