import { Command } from 'commander';
import type { Client } from '#shared/client/client.ts';
import type { LiveConnection } from '#shared/contract/connections.ts';
import type { Act } from '../context.ts';
import { renderConnections } from '../output/connections.ts';
import { example } from './help.ts';

export function connectionsCommand(act: Act): Command {
  return new Command('connections')
    .description('list who follows the live events')
    .usage('[options] [command]')
    .helpCommand(false)
    .addHelpText('after', example('clos connections'))
    .action(
      act(async (context) => {
        const { client } = await context.connect();
        const { terminal } = context;
        const items = await allConnections(client);
        if (context.json) await terminal.out(JSON.stringify({ items, nextCursor: null }));
        else if (context.quiet) await terminal.out(...items.map(({ id }) => id));
        else if (items.length === 0) await terminal.out('Nobody is connected.');
        else {
          const view = { width: terminal.width, paint: terminal.paint, now: context.now() };
          await terminal.out(...renderConnections(items, view));
        }
        return undefined;
      }),
    )
    .addCommand(closeCommand(act));
}

function closeCommand(act: Act): Command {
  return new Command('close')
    .description('close a connection; its client may come back')
    .argument('<id>', 'the id of a connection')
    .addHelpText('after', example('clos connections close con_01j8'))
    .action(
      act(async (context, id: string) => {
        const { client } = await context.connect();
        await client.connections.close({ id });
        const { terminal } = context;
        if (context.json) await terminal.out(JSON.stringify({ closed: id }));
        else if (!context.quiet) await terminal.out(`${id} is closed.`);
        return undefined;
      }),
    );
}

async function allConnections(client: Client): Promise<LiveConnection[]> {
  const items: LiveConnection[] = [];
  let cursor: string | null = null;
  do {
    const page: { items: LiveConnection[]; nextCursor: string | null } = await client.connections.list({
      limit: 500,
      ...(cursor === null ? {} : { cursor }),
    });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return items;
}
