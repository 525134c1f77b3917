import type { LeaseRow, Range } from '#shared/contract/ports.ts';

export type RangePart = { type: 'lease'; lease: LeaseRow } | { type: 'free'; first: number; last: number };

/** A range in order: each lease, and the stretches without one between them. */
export function rangeParts(range: Range, leases: readonly LeaseRow[]): RangePart[] {
  const parts: RangePart[] = [];
  let next = range.first;
  for (const lease of [...leases].sort((a, b) => a.port - b.port)) {
    if (lease.port > next) parts.push({ type: 'free', first: next, last: lease.port - 1 });
    parts.push({ type: 'lease', lease });
    next = lease.port + 1;
  }
  if (next <= range.last) parts.push({ type: 'free', first: next, last: range.last });
  return parts;
}
