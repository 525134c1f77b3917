import type { PortRow, Range } from '#shared/contract/ports.ts';
import { holderName } from './card.ts';
import { leaseOwner, socketName } from './port-report.ts';
import type { Colour, Paint } from './style.ts';
import { type Column, renderTable } from './table.ts';

/** What a port is has a shape, so that it does not hang on its colour. */
const marks: Readonly<Record<PortRow['state'], { glyph: string; colour: Colour }>> = {
  leased: { glyph: '▮', colour: 'green' },
  listening: { glyph: '▨', colour: 'cyan' },
  claimed: { glyph: '▯', colour: 'dim' },
  reserved: { glyph: '◇', colour: 'cyan' },
  contested: { glyph: '◧', colour: 'yellow' },
  clos: { glyph: '▣', colour: 'dim' },
};

interface MapView {
  width: number | null;
  paint: Paint;
}

/**
 * The ports that somebody has to do with, by range: a line for each range with how many of its ports are what, and its ports
 * below. Ports of no range come last. A range of which nothing is known has its line too.
 */
export function renderPortMap(
  { rows, ranges }: { rows: readonly PortRow[]; ranges: readonly Range[] },
  view: MapView,
): string[] {
  const known = new Set(ranges.map(({ name }) => name));
  const groups = [
    ...ranges
      .toSorted((a, b) => a.first - b.first)
      .map((range) => ({ range, rows: rows.filter((row) => row.range === range.name) })),
    { range: null, rows: rows.filter((row) => row.range === null || !known.has(row.range)) },
  ];
  const [header = '', ...lines] = renderTable(
    groups.flatMap((group) => group.rows),
    columns(view.paint),
    {
      ...view,
      width: view.width === null ? null : view.width - indent.length,
    },
  );
  let next = 0;
  return groups.flatMap((group) => {
    if (group.range === null && group.rows.length === 0) return [];
    const own = lines.slice(next, next + group.rows.length);
    next += group.rows.length;
    const titled = own.length > 0 && own[0] === lines[0] ? [header, ...own] : own;
    return [groupLine(group, view.paint), ...titled.map((line) => indent + line)];
  });
}

const indent = '  ';

function groupLine({ range, rows }: { range: Range | null; rows: readonly PortRow[] }, paint: Paint): string {
  const counts = Object.keys(marks).flatMap((state) => {
    const ports = new Set(rows.filter((row) => row.state === state).map(({ port }) => port));
    return ports.size === 0 ? [] : [`${ports.size} ${state}`];
  });
  if (range === null) return `${paint('bold', 'no range')}  ${counts.join(' · ')}`;
  const size = range.last - range.first + 1;
  const free = size - new Set(rows.map(({ port }) => port)).size;
  const name = `${range.name} ${range.first}-${range.last}`;
  return `${paint('bold', name)}  ${[...counts, `${free} free`].join(' · ')}`;
}

function columns(paint: Paint): Array<Column<PortRow>> {
  return [
    {
      title: 'Port',
      value: ({ port, protocol }) => `:${port}${protocol === 'udp' ? '/udp' : ''}`,
      paint: (_row, text) => paint('cyan', text),
    },
    {
      title: 'State',
      value: ({ state }) => `${marks[state].glyph} ${state}`,
      paint: ({ state }, text) => paint(marks[state].colour, text),
    },
    { title: 'Belongs to', value: ownerText, shrinksTo: 10 },
    { title: 'Held by', value: heldText, shrinksTo: 10, yields: 3 },
    { title: 'Pid', value: ({ holder }) => String(holder?.pid ?? '–'), yields: 2 },
    { title: 'Where', value: whereText, shrinksTo: 12, yields: 1 },
  ];
}

/** Who the port was given to; without a lease, in one word who it is about. */
function ownerText({ lease, label }: PortRow): string {
  return lease === null ? label : leaseOwner(lease);
}

function heldText({ holder, listening }: PortRow): string {
  if (holder === null) return listening ? 'unknown' : '–';
  return holderName(holder);
}

function whereText({ holder, addresses, port }: PortRow): string {
  const { checkout = null, project = null } = holder ?? {};
  if (checkout !== null) return [checkout.root, checkout.branch].filter((part) => part !== null).join(' ');
  return project ?? addresses.map((address) => socketName(address, port)).join(' ');
}
