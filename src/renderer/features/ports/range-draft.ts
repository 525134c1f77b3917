import { contract } from '#shared/contract/contract.ts';
import type { Range } from '#shared/contract/ports.ts';
import { commandLines } from '../../lib/commands.ts';
import type { FieldErrors } from '../../lib/field-errors.ts';
import { numeric } from '../../lib/numeric.ts';

/** A range as it is typed. */
export interface RangeDraft {
  /** Stays with the row while it is typed in. */
  key: number;
  name: string;
  first: string;
  last: string;
}

let nextKey = 1;

export function rangeDrafts(ranges: readonly Range[]): RangeDraft[] {
  return ranges.map(({ name, first, last }) => ({
    key: nextKey++,
    name,
    first: String(first),
    last: String(last),
  }));
}

/** A row for one more. */
export function newRange(): RangeDraft {
  return { key: nextKey++, name: '', first: '', last: '' };
}

function requestOf(drafts: readonly RangeDraft[]): unknown {
  return {
    items: drafts.map(({ name, first, last }) => ({ name: name.trim(), first: numeric(first), last: numeric(last) })),
  };
}

/** Checks the ranges by the contract, as the server will. */
export function checkRanges(drafts: readonly RangeDraft[]): { items: Range[] } | { errors: FieldErrors } {
  const parsed = contract.ports.putRanges.body?.safeParse(requestOf(drafts));
  if (parsed?.success) return { items: parsed.data.items };
  const errors: Record<string, string> = {};
  for (const issue of parsed?.error.issues ?? []) {
    const path = issue.path.join('.');
    const number = /\.(first|last)$/.test(path) && issue.code !== 'custom';
    errors[path] ??= number ? 'a port, 1 to 65535' : issue.message;
  }
  return { errors };
}

/** The commands that would do what the drafts say: one for each range that goes, is new or is changed. */
export function rangeCommands(before: readonly Range[], drafts: readonly RangeDraft[]): string[] {
  const removed = before.filter(({ name }) => !drafts.some((draft) => draft.name.trim() === name));
  const changed = drafts.filter(({ name, first, last }) => {
    const known = before.find((range) => range.name === name.trim());
    return name.trim() !== '' && (String(known?.first) !== first.trim() || String(known?.last) !== last.trim());
  });
  return [
    ...removed.map(({ name }) => commandLines.removeRange(name)),
    ...changed.map(({ name, first, last }) => commandLines.setRange(name.trim(), first.trim(), last.trim())),
  ];
}
