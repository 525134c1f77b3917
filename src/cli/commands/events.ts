import { Command } from 'commander';
import type { ClosEvent } from '#shared/contract/events.ts';
import type { Act } from '../context.ts';
import { followEvents } from '../follow.ts';
import { eventLine } from '../output/event-line.ts';
import { parseWhole } from '../parse/values.ts';
import { example } from './help.ts';

/** How far back the history goes when nothing else was asked for. */
const lastEvents = 50;

export function eventsCommand(act: Act): Command {
  return new Command('events')
    .description('read the history, or follow it')
    .option('-f, --follow', 'stay, and show events as they happen')
    .option('--after <seq>', `begin after this number; without it the last ${lastEvents} are shown`)
    .option('--type <type>', 'only events of this type, such as service.status-changed')
    .addHelpText('after', example('clos events --follow'))
    .action(
      act(async (context, options: { follow?: boolean; after?: string; type?: string }) => {
        const given =
          options.after === undefined
            ? null
            : parseWhole(options.after, '--after', { min: 0, max: Number.MAX_SAFE_INTEGER });
        const connection = await context.connect();
        const { client } = connection;
        const { terminal } = context;
        const print = async (events: readonly ClosEvent[]) => {
          const shown = options.type === undefined ? events : events.filter(({ type }) => type === options.type);
          if (shown.length === 0) return;
          await terminal.out(
            ...shown.map((event) => (context.json ? JSON.stringify(event) : eventLine(event, terminal.paint))),
          );
        };

        let seen = given ?? Math.max(0, (await client.system.status()).seq - lastEvents);
        for (;;) {
          const { items, nextCursor } = await client.events.list({ after: seen, limit: 500 });
          await print(items);
          seen = items.at(-1)?.seq ?? seen;
          if (items.length < 500 && nextCursor === null) break;
          if (items.length === 0) break;
        }
        if (options.follow !== true) return undefined;
        for await (const batch of followEvents(context, connection, { after: seen })) await print(batch ?? []);
        return undefined;
      }),
    );
}
