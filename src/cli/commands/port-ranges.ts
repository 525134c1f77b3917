import { Command } from 'commander';
import { ClosError, isClosError } from '#shared/contract/clos-error.ts';
import type { Range } from '#shared/contract/ports.ts';
import type { Act, CliContext } from '../context.ts';
import { nearestName } from '../nearest.ts';
import { renderTable } from '../output/table.ts';
import { parseSpan } from '../parse/values.ts';
import { example } from './help.ts';

export function rangesCommand(act: Act): Command {
  return new Command('ranges')
    .description('list the ranges')
    .addHelpText('after', example('clos ports ranges'))
    .action(
      act(async (context) => {
        const { client } = await context.connect();
        const { items } = await client.ports.ranges();
        await printRanges(context, items);
        return undefined;
      }),
    );
}

export function setRangeCommand(act: Act): Command {
  return new Command('set-range')
    .description('add a range or change its ports; leases stay')
    .argument('<name>', 'its name')
    .argument('<ports>', 'FIRST-LAST, such as 6000-6099')
    .addHelpText('after', example('clos ports set-range demos 6000-6099'))
    .action(
      act(async (context, name: string, ports: string) => {
        const range = { name, ...parseSpan(ports) };
        const { client } = await context.connect();
        const { items } = await client.ports.ranges();
        const known = items.some((each) => each.name === name);
        const wanted = known ? items.map((each) => (each.name === name ? range : each)) : [...items, range];
        await putRanges(context, wanted);
        return undefined;
      }),
    );
}

export function removeRangeCommand(act: Act): Command {
  return new Command('rm-range')
    .description('remove a range that no endpoint takes its port from')
    .argument('<name>', 'its name')
    .addHelpText('after', example('clos ports rm-range demos'))
    .action(
      act(async (context, name: string) => {
        const { client } = await context.connect();
        const { items } = await client.ports.ranges();
        if (!items.some((each) => each.name === name)) throw noSuchRange(name, items);
        await putRanges(
          context,
          items.filter((each) => each.name !== name),
        );
        return undefined;
      }),
    );
}

/** There is no range of that name: the advice says which one was probably meant. */
export function noSuchRange(name: string, ranges: readonly Range[]): ClosError {
  const near = nearestName(
    name,
    ranges.map((range) => range.name),
  );
  const advice =
    near === null ? 'See all ranges: clos ports ranges' : `Did you mean ${near}? See all: clos ports ranges`;
  return new ClosError('NOT_FOUND', `There is no range "${name}".`, { extra: { advice } });
}

async function putRanges(context: CliContext, wanted: Range[]): Promise<void> {
  const { client } = await context.connect();
  try {
    const { items } = await client.ports.putRanges({ items: wanted });
    await printRanges(context, items);
  } catch (error) {
    if (!isClosError(error, 'INVALID_INPUT')) throw error;
    throw new ClosError('INVALID_INPUT', 'The ranges cannot be like this.', {
      errors: error.errors.map((issue) => ({ ...issue, path: placeOf(issue.path, wanted) })),
      extra: { advice: 'See the ranges: clos ports ranges' },
      cause: error,
    });
  }
}

/** `items.3.first` says nothing to a person who wrote a name and two numbers. */
function placeOf(path: string, ranges: readonly Range[]): string {
  const [, index, field] = /items\.(\d+)\.(\w+)$/.exec(path) ?? [];
  const range = ranges[Number(index)];
  return range === undefined || field === undefined
    ? path
    : `${range.name} (${field === 'name' ? 'NAME' : 'FIRST-LAST'})`;
}

async function printRanges({ terminal, json, quiet }: CliContext, ranges: readonly Range[]): Promise<void> {
  const sorted = ranges.toSorted((a, b) => a.first - b.first);
  if (json) return terminal.out(JSON.stringify({ items: ranges }));
  if (quiet) return terminal.out(...sorted.map(({ name }) => name));
  const lines = renderTable(
    sorted,
    [
      { title: 'Range', value: ({ name }) => name, paint: (_range, text) => terminal.paint('bold', text) },
      { title: 'Ports', value: ({ first, last }) => `${first}-${last}` },
      { title: 'Size', value: ({ first, last }) => String(last - first + 1) },
    ],
    { width: terminal.width, paint: terminal.paint },
  );
  await terminal.out(...lines);
}
