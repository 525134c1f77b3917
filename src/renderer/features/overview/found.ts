import type { Holder } from '#shared/contract/conflicts.ts';
import type { PortRow } from '#shared/contract/ports.ts';
import { countWords } from '../../lib/format.ts';
import { isAdoptable } from '../../lib/port-state.ts';

/** A program or a container that runs on this machine and is no service yet, with the ports that it listens on. */
export interface Found {
  key: string;
  holder: Holder;
  rows: PortRow[];
}

/** Who could be adopted, each once, however many ports it has; in the order of their first port. */
export function findAdoptable(rows: readonly PortRow[]): Found[] {
  const found = new Map<string, Found>();
  for (const row of rows) {
    const { holder } = row;
    if (row.state !== 'listening' || !isAdoptable(holder)) continue;
    const key = holder.container?.id ?? `pid ${holder.pid ?? holder.name}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, { key, holder, rows: [row] });
    else known.rows.push(row);
  }
  return [...found.values()];
}

/** "3 containers and 5 dev servers". */
export function foundWords(found: readonly Found[]): string {
  const containers = found.filter(({ holder }) => holder.type === 'container').length;
  const servers = found.length - containers;
  return [
    ...(containers > 0 ? [countWords(containers, 'container')] : []),
    ...(servers > 0 ? [countWords(servers, 'dev server')] : []),
  ].join(' and ');
}
