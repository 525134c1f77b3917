import type { OperationOutput } from '#shared/contract/operation-definition.ts';
import type { ports } from '#shared/contract/ports.ts';
import { holderName } from './card.ts';
import { socketName } from './port-report.ts';
import type { Paint } from './style.ts';
import { type Column, renderTable } from './table.ts';
import { clockTime } from './time.ts';

type Listener = OperationOutput<typeof ports.listeners>['items'][number];

/** The sockets that listen, as a table. */
export function renderListeners(
  listeners: readonly Listener[],
  { width, paint, now }: { width: number | null; paint: Paint; now: number },
): string[] {
  const columns: Array<Column<Listener>> = [
    {
      title: 'Socket',
      value: ({ protocol, address, port }) => `${protocol} ${socketName(address, port)}`,
      paint: (_listener, text) => paint('cyan', text),
    },
    { title: 'Program', value: ({ holder }) => holderName(holder), shrinksTo: 10 },
    { title: 'Pid', value: ({ holder }) => String(holder.pid ?? '–') },
    { title: 'User', value: ({ holder }) => holder.user ?? '–', yields: 2 },
    { title: 'Since', value: ({ holder }) => (holder.since === null ? '–' : clockTime(holder.since, now)), yields: 1 },
    { title: 'Project', value: ({ holder }) => holder.project ?? '–', shrinksTo: 8, yields: 4 },
    { title: 'Command', value: ({ holder }) => holder.command ?? '–', shrinksTo: 12, yields: 3 },
  ];
  return renderTable(listeners, columns, { width, paint });
}
