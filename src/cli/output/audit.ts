import type { AuditEntry } from '#shared/contract/audit.ts';
import type { Paint } from './style.ts';
import { type Column, renderTable } from './table.ts';
import { clockTime } from './time.ts';

/** "socket", "tcp 127.0.0.1 curl/8.5.0": as much as is known. */
function sourceText({ via, address, agent }: AuditEntry['source']): string {
  return [via, address, agent].filter((part) => part !== null).join(' ');
}

/** Who asked for what, a line each. */
export function renderAudit(
  entries: readonly AuditEntry[],
  view: { width: number | null; paint: Paint; now: number },
): string[] {
  const columns: ReadonlyArray<Column<AuditEntry>> = [
    { title: 'WHEN', value: ({ time }) => clockTime(time, view.now) },
    { title: 'WHO', value: ({ actor }) => actor.name },
    {
      title: 'WHAT',
      value: ({ action, subject }) => (subject === null ? action : `${action} ${subject}`),
      shrinksTo: 24,
    },
    {
      title: 'OUTCOME',
      value: ({ status, code }) => (code === null ? 'done' : `${status} ${code}`),
      paint: ({ status }, text) => (status < 400 ? text : view.paint(status < 500 ? 'yellow' : 'red', text)),
    },
    { title: 'FROM', value: ({ source }) => sourceText(source), shrinksTo: 12, yields: 2 },
    { title: 'REQUEST', value: ({ trace }) => trace, yields: 1 },
  ];
  return renderTable(entries, columns, view);
}
