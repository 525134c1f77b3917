import type { Range, Suggestion } from '#shared/contract/ports.ts';

export interface SuggestInput {
  /** Null: any port above the privileged ones. */
  range: Range | null;
  /** The port that was wanted or held last; the search begins there, so that answers stay where they were. */
  near?: number | null;
  count: number;
  /** Why a port cannot be given (`leased to db`), null when it can. */
  taken(port: number): string | null;
  /** Why a port should rather not be given (`in the ephemeral range`); such ports come last. */
  avoided?(port: number): string | null;
}

const anywhere = { first: 1024, last: 65_535 };
/** Reasons that are spelled out; a longer list would hide the answer. */
const reasonsShown = 2;

/**
 * Free ports of a range, the best first, each with the reason as a sentence: from `near` upwards, then from the start of the
 * range, ports to be avoided only when no other is left. Empty when the range has none. The same input gives the same answer.
 */
export function suggestPorts({ range, near = null, count, taken, avoided = () => null }: SuggestInput): Suggestion[] {
  const { first, last } = range ?? anywhere;
  const inside = near !== null && near >= first && near <= last;
  const start = inside ? near : first;
  const place = placeIn({
    near,
    inside,
    label: range === null ? `${first}-${last}` : `${range.name} (${first}-${last})`,
  });
  const suggestions: Suggestion[] = [];
  for (const acceptAvoided of [false, true]) {
    const skipped: string[] = [];
    for (let step = 0; step <= last - first && suggestions.length < count; step++) {
      const port = first + ((start - first + step) % (last - first + 1));
      const why = taken(port);
      const caution = avoided(port);
      if (why !== null) skipped.push(`${port} is ${why}`);
      else if (caution !== null && !acceptAvoided) skipped.push(`${port} is ${caution}`);
      else if (caution !== null || !acceptAvoided) {
        const sentence = [place(port, suggestions.length > 0), ...because(skipped)].join(': ');
        const reason = caution === null ? `${sentence}.` : `${sentence}. Nothing better is left: it is ${caution}.`;
        suggestions.push({ port, range: range?.name ?? null, reason });
      }
    }
  }
  return suggestions;
}

function placeIn({ near, inside, label }: { near: number | null; inside: boolean; label: string }) {
  return (port: number, further: boolean): string => {
    if (further) return `${port} is free in ${label} as well`;
    if (port === near) return `${port} is free in ${label}`;
    if (near === null) return `${port} is the first free port of ${label}`;
    if (!inside) return `${port} is the first free port of ${label}, which ${near} is not part of`;
    const order = port > near ? 'next' : 'first';
    return `${port} is the ${order} free port of ${label}${port > near ? ` after ${near}` : ', none is free above'}`;
  };
}

function because(skipped: readonly string[]): string[] {
  if (skipped.length === 0) return [];
  const rest = skipped.length - reasonsShown;
  const shown = skipped.slice(0, reasonsShown).join(', ');
  return [rest > 0 ? `${shown} and ${rest} more ${rest === 1 ? 'is' : 'are'} left out` : shown];
}
