import type { Conflict } from '#shared/contract/conflicts.ts';
import { holderName } from './card.ts';
import { conflictGlyph } from './status.ts';
import type { Paint } from './style.ts';
import { type Column, renderTable } from './table.ts';
import { ago } from './time.ts';

/** Conflicts as a table, newest first as they came. */
export function renderConflicts(
  conflicts: readonly Conflict[],
  { width, paint, now }: { width: number | null; paint: Paint; now: number },
): string[] {
  const columns: Array<Column<Conflict>> = [
    {
      title: 'State',
      value: ({ state }) => (state === 'open' ? `${conflictGlyph} open` : `– ${state}`),
      paint: ({ state }, text) => (state === 'open' ? paint('yellow', text) : paint('dim', text)),
    },
    { title: 'Port', value: ({ wanted }) => `:${wanted.port}${wanted.protocol === 'udp' ? '/udp' : ''}` },
    { title: 'Wanted by', value: ({ wanted }) => wanted.service ?? '–' },
    {
      title: 'Held by',
      value: ({ kind, holder }) => (kind === 'not-answering' ? 'nobody answers' : holderName(holder)),
      shrinksTo: 12,
      yields: 3,
    },
    { title: 'Found', value: ({ detectedAt }) => ago(detectedAt, now), yields: 1 },
    {
      title: 'Way out',
      value: ({ options }) => (options.find(({ recommended }) => recommended) ?? options[0])?.title ?? '–',
      shrinksTo: 12,
      yields: 2,
    },
    { title: 'Id', value: ({ id }) => id },
  ];
  return renderTable(conflicts, columns, { width, paint });
}
