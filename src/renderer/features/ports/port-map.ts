import type { Conflict } from '#shared/contract/conflicts.ts';
import type { PortRow, Range } from '#shared/contract/ports.ts';
import { checkoutWords } from '../../lib/conflict-words.ts';
import { lookOf, type PortLook } from '../../lib/port-state.ts';

/** A stretch of a band: a port that somebody has to do with, or ports that nobody has. */
export type BandPart = { type: 'port'; row: PortRow } | { type: 'free'; first: number; last: number };

/** A range with what is in it. */
export interface Band {
  range: Range;
  rows: PortRow[];
}

export interface PortMap {
  bands: Band[];
  /** In no range. */
  outside: PortRow[];
}

function isIn(port: number, { first, last }: Range): boolean {
  return port >= first && port <= last;
}

function byPort(a: PortRow, b: PortRow): number {
  return a.port - b.port || a.protocol.localeCompare(b.protocol);
}

/** A port that a service is kept from is contested, whether it was leased to that service or not. */
export function markContested(rows: readonly PortRow[], conflicts: readonly Conflict[]): PortRow[] {
  return rows.map((row) => {
    const conflict = conflicts.find(
      ({ severity, wanted }) => severity === 'blocking' && wanted.port === row.port && wanted.protocol === row.protocol,
    );
    if (conflict === undefined || !row.listening || row.state === 'contested') return row;
    return { ...row, state: 'contested', label: conflict.wanted.service ?? row.label };
  });
}

/** Puts every port into its range, in order. */
export function buildMap(ranges: readonly Range[], rows: readonly PortRow[]): PortMap {
  const sorted = [...rows].sort(byPort);
  return {
    bands: ranges.map((range) => ({ range, rows: sorted.filter(({ port }) => isIn(port, range)) })),
    outside: sorted.filter(({ port }) => !ranges.some((range) => isIn(port, range))),
  };
}

/** A stretch of free ports up to this long is shown port by port. */
const singly = 3;

function freeParts(first: number, last: number): BandPart[] {
  if (last < first) return [];
  if (last - first >= singly) return [{ type: 'free', first, last }];
  return Array.from({ length: last - first + 1 }, (_nothing, index) => ({
    type: 'free',
    first: first + index,
    last: first + index,
  }));
}

/** A band in order: each port that somebody has to do with, and between them what nobody has, long stretches as one. */
export function bandParts({ range, rows }: Band): BandPart[] {
  const parts: BandPart[] = [];
  let next = range.first;
  for (const row of rows) {
    parts.push(...freeParts(next, row.port - 1), { type: 'port', row });
    next = row.port + 1;
  }
  return [...parts, ...freeParts(next, range.last)];
}

/** What the page can be narrowed to: the looks of a port, with idle and used leases as one. */
export const portFilters = ['leased', 'foreign', 'contested', 'claimed', 'reserved', 'clos'] as const;
export type PortFilter = (typeof portFilters)[number];

/** The filter that a port falls under. */
export function filterOf(row: PortRow): PortFilter {
  return row.state === 'listening' ? 'foreign' : row.state;
}

/** How many of each kind there are, without those that are missing. */
export function countByFilter(rows: readonly PortRow[]): Map<PortFilter, number> {
  const counts = new Map<PortFilter, number>();
  for (const filter of portFilters) {
    const count = rows.filter((row) => filterOf(row) === filter).length;
    if (count > 0) counts.set(filter, count);
  }
  return counts;
}

function searchText({ protocol, label, lease, holder }: PortRow): string {
  const words = [
    protocol,
    label,
    lease?.service?.name,
    lease?.note,
    holder?.name,
    holder?.command,
    holder?.project,
    holder === null ? null : checkoutWords(holder),
    holder?.container?.name,
    holder?.container?.image,
    holder?.user,
  ];
  return words.join(' ').toLowerCase();
}

/** A number is part of a port, or the whole of a pid; with a colon before it, it is the port itself. */
function matchesNumber({ port, holder }: PortRow, word: string): boolean {
  return word.startsWith(':')
    ? word === `:${port}`
    : String(port).includes(word) || (holder?.pid != null && String(holder.pid) === word);
}

/** Every word must occur: in the port, the name, the program and its command, the project or the checkout. */
export function matchesSearch(row: PortRow, search: string): boolean {
  const text = searchText(row);
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => (/^:?\d+$/.test(word) ? matchesNumber(row, word) : text.includes(word)));
}

/** How a step of the strip is drawn: what matters most of the ports that it stands for. */
const byWeight: readonly PortLook[] = ['contested', 'used', 'leased', 'foreign', 'clos', 'reserved', 'claimed'];

/** A range as a strip of at most `steps` steps, each with what matters most in it; null where nobody has anything. */
export function stripOf({ range, rows }: Band, steps: number): Array<PortLook | null> {
  const size = range.last - range.first + 1;
  const count = Math.min(steps, size);
  const strip = Array.from<PortLook | null>({ length: count }).fill(null);
  for (const row of rows) {
    const step = Math.floor(((row.port - range.first) * count) / size);
    const look = lookOf(row);
    const known = strip[step] ?? null;
    if (known === null || byWeight.indexOf(look) < byWeight.indexOf(known)) strip[step] = look;
  }
  return strip;
}

/** The name of a port's cell among those that the arrow keys walk through. */
export function cellOf(port: number, protocol: PortRow['protocol'] = 'tcp'): string {
  return `${port}/${protocol}`;
}

/** What is narrowed down to; free stretches are only part of the whole. */
export interface Narrowing {
  search: string;
  filters: ReadonlySet<PortFilter>;
  /** The name of a range. */
  range: string | null;
}

export function isNarrow({ search, filters }: Narrowing): boolean {
  return search !== '' || filters.size > 0;
}

/** The bands and what is outside of them, as far as it is asked for. A band in which nothing is left goes away. */
export function narrow(map: PortMap, narrowing: Narrowing): PortMap {
  const { search, filters, range } = narrowing;
  const fits = (row: PortRow) =>
    (filters.size === 0 || filters.has(filterOf(row))) && (search === '' || matchesSearch(row, search));
  const narrowed = isNarrow(narrowing);
  return {
    bands: map.bands
      .filter((band) => range === null || band.range.name === range)
      .map((band) => ({ ...band, rows: band.rows.filter(fits) }))
      .filter(({ rows }) => !narrowed || rows.length > 0),
    outside: range === null ? map.outside.filter(fits) : [],
  };
}
