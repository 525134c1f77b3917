import { Command } from 'commander';
import type { Act, CliContext } from '../context.ts';
import { renderListeners } from '../output/listeners.ts';
import { renderPortMap } from '../output/port-map.ts';
import { example } from './help.ts';
import { moveCommand, releaseCommand, reserveCommand } from './port-leases.ts';
import { noSuchRange, rangesCommand, removeRangeCommand, setRangeCommand } from './port-ranges.ts';

interface PortsFlags {
  range?: string;
  listeners?: boolean;
}

export function portsCommand(act: Act): Command {
  const command = new Command('ports')
    .description('show which ports are whose, by range')
    .usage('[options] [command]')
    .option('--range <range>', 'only those of this range')
    .option('--listeners', 'every socket that listens on this machine instead')
    .helpCommand(false)
    .addHelpText('after', example('clos ports --range apis'))
    .action(
      act(async (context, flags: PortsFlags) => {
        if (flags.listeners === true) await printListeners(context);
        else await printMap(context, flags.range);
        return undefined;
      }),
    );
  for (const make of [
    rangesCommand,
    setRangeCommand,
    removeRangeCommand,
    reserveCommand,
    releaseCommand,
    moveCommand,
  ]) {
    command.addCommand(make(act));
  }
  return command;
}

async function printMap(context: CliContext, rangeName: string | undefined): Promise<void> {
  const { client } = await context.connect();
  const { terminal } = context;
  const [map, { items: ranges }] = await Promise.all([client.ports.map(), client.ports.ranges()]);
  if (rangeName !== undefined && !ranges.some(({ name }) => name === rangeName)) throw noSuchRange(rangeName, ranges);
  const rows = rangeName === undefined ? map.items : map.items.filter(({ range }) => range === rangeName);
  if (context.json) return terminal.out(JSON.stringify({ ...map, items: rows }));
  if (context.quiet) return terminal.out(...rows.map(({ port }) => String(port)));
  const shown = rangeName === undefined ? ranges : ranges.filter(({ name }) => name === rangeName);
  await terminal.out(...renderPortMap({ rows, ranges: shown }, { width: terminal.width, paint: terminal.paint }));
  if (map.limitation !== null) await terminal.err(map.limitation);
}

async function printListeners(context: CliContext): Promise<void> {
  const { client } = await context.connect();
  const { terminal } = context;
  const table = await client.ports.listeners();
  if (context.json) return terminal.out(JSON.stringify(table));
  if (context.quiet) return terminal.out(...table.items.map(({ port }) => String(port)));
  const view = { width: terminal.width, paint: terminal.paint, now: context.now() };
  await terminal.out(...renderListeners(table.items, view));
  if (table.limitation !== null) await terminal.err(table.limitation);
}
