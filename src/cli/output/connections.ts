import type { LiveConnection } from '#shared/contract/connections.ts';
import type { Paint } from './style.ts';
import { type Column, renderTable } from './table.ts';
import { ago } from './time.ts';

const stateOf = ({ slow }: LiveConnection) => (slow ? 'slow' : 'live');

function topicsOf({ topics, subjects }: LiveConnection): string {
  if (topics.length === 0) return '–';
  return subjects === null ? topics.join(' ') : `${topics.join(' ')} of ${subjects.join(' ')}`;
}

/** The live connections as a table. */
export function renderConnections(
  connections: readonly LiveConnection[],
  { width, paint, now }: { width: number | null; paint: Paint; now: number },
): string[] {
  const columns: Array<Column<LiveConnection>> = [
    {
      title: 'State',
      value: stateOf,
      paint: ({ slow }, text) => paint(slow ? 'yellow' : 'green', text),
    },
    { title: 'Who', value: ({ client }) => client?.who.name ?? '–', shrinksTo: 8 },
    { title: 'Since', value: ({ client }) => (client === null ? '–' : ago(client.since, now)), yields: 3 },
    { title: 'From', value: ({ client }) => client?.from ?? '–', yields: 4 },
    { title: 'With', value: ({ client }) => client?.agent ?? '–', shrinksTo: 8, yields: 1 },
    { title: 'Event', value: ({ position }) => String(position) },
    { title: 'Waiting', value: ({ waitingBytes }) => `${waitingBytes} B`, yields: 5 },
    { title: 'Topics', value: topicsOf, shrinksTo: 12, yields: 2 },
    { title: 'Id', value: ({ id }) => id },
  ];
  return renderTable(connections, columns, { width, paint });
}
