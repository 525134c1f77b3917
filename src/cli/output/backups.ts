import type { z } from 'zod';
import { sizeText } from '#shared/base/units.ts';
import type { backupSchema } from '#shared/contract/backups.ts';
import type { Paint } from './style.ts';
import { type Column, renderTable } from './table.ts';
import { ago } from './time.ts';

type Backup = z.output<typeof backupSchema>;

/** Backups as a table, newest first as they came. */
export function renderBackups(
  backups: readonly Backup[],
  { width, paint, now }: { width: number | null; paint: Paint; now: number },
): string[] {
  const columns: Array<Column<Backup>> = [
    { title: 'Name', value: ({ name }) => name },
    { title: 'When', value: ({ madeAt }) => ago(madeAt, now) },
    { title: 'Up to event', value: ({ seq }) => String(seq), yields: 2 },
    { title: 'Size', value: ({ bytes }) => sizeText(bytes), yields: 1 },
    {
      title: 'Why',
      value: ({ beforeMigration }) => (beforeMigration === null ? '–' : `before migration ${beforeMigration}`),
      yields: 3,
    },
  ];
  return renderTable(backups, columns, { width, paint });
}
