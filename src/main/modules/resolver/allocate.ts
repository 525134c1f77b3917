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
  const start = near !== null && near >= first && near <= last ? near : first;
  const label = range === null ? `${first}-${last}` : `${range.name} (${first}-${last})`;
  const suggestions: Suggestion[] = [];
  for (const pass of ['good', 'avoided'] as const) {
    const skipped: string[] = [];
    for (let step = 0; step <= last - first && suggestions.length < count; step++) {
      const port = first + ((start - first + step) % (last - first + 1));
      const why = taken(port);
      const caution = avoided(port);
      if (why !== null) skipped.push(`${port} is ${why}`);
      else if ((caution !== null) === (pass === 'avoided')) {
        const sentence = [place(port, start, near, label), because(skipped)].filter(Boolean).join(': ');
        const reason = caution === null ? `${sentence}.` : `${sentence}. Nothing better is left: it is ${caution}.`;
        suggestions.push({ port, range: range?.name ?? null, reason });
      } else if (caution !== null && skipped.length < reasonsShown) skipped.push(`${port} is ${caution}`);
    }
  }
  return suggestions;
}

function place(port: number, start: number, near: number | null, label: string): string {
  if (port === near) return `${port} is free in ${label}`;
  if (near === null) return `${port} is the first free port of ${label}`;
  if (near !== start) return `${port} is the first free port of ${label}, which ${near} lies outside of`;
  return port > near ? `${port} is the next free port of ${label} after ${near}` : `${port} is the next free port of ${label}, from its start`;
}

function because(skipped: readonly string[]): string {
  if (skipped.length === 0) return '';
  const rest = skipped.length - reasonsShown;
  const shown = skipped.slice(0, reasonsShown).join(', ');
  return rest > 0 ? `${shown} and ${rest} more ${rest === 1 ? 'is' : 'are'} taken` : shown;
}
