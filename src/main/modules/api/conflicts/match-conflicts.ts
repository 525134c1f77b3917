import type { Conflict, DetectedConflict, Holder } from '#shared/contract/conflicts.ts';

/**
 * Which open conflict each finding is, null for a new one. `open` and `seen` are of the same services.
 *
 * Several can hold one port on different addresses: each is a conflict of its own. The same holder is the same conflict; where none
 * is the same, the holder has changed or become clearer.
 */
export function matchConflicts<Seen extends DetectedConflict>(
  open: readonly Conflict[],
  seen: readonly Seen[],
): Map<Seen, Conflict | null> {
  const left = new Set(open);
  const matches = new Map<Seen, Conflict | null>(seen.map((one) => [one, null]));
  const match = (isMatch: (one: DetectedConflict, other: DetectedConflict) => boolean) => {
    for (const [one, known] of matches) {
      if (known !== null) continue;
      const found = [...left].find((conflict) => isSameClaim(conflict, one) && isMatch(conflict, one));
      if (found === undefined) continue;
      left.delete(found);
      matches.set(one, found);
    }
  };
  match(({ holder: a }, { holder: b }) => keyOf(a) === keyOf(b));
  match(() => true);
  return matches;
}

function isSameClaim(one: DetectedConflict, other: DetectedConflict): boolean {
  const { wanted: a } = one;
  const { wanted: b } = other;
  return (
    a.serviceId === b.serviceId &&
    a.endpoint === b.endpoint &&
    a.protocol === b.protocol &&
    a.port === b.port &&
    isAlike(one.kind, other.kind)
  );
}

/** Whether something is in the way or only answers beside us is another matter. */
function isAlike(a: Conflict['kind'], b: Conflict['kind']): boolean {
  const beside = new Set<Conflict['kind']>(['shadowed', 'not-answering']);
  return beside.has(a) || beside.has(b) ? a === b : true;
}

function keyOf({ type, name, service, container, identity }: Holder): string {
  return `${type} ${service?.id ?? container?.id ?? identity ?? name}`;
}
