import { Command } from 'commander';
import { readDiscovery } from '#shared/node/discovery.ts';
import type { Act } from '../context.ts';
import { renderStatus } from '../output/system.ts';
import { example } from './help.ts';

export function statusCommand(act: Act): Command {
  return new Command('status')
    .description('show CLOS itself and what wants you')
    .addHelpText('after', example('clos status'))
    .action(
      act(async (context) => {
        const { client } = await context.connect();
        const { terminal, home } = context;
        const status = await client.system.status();
        if (context.json) await terminal.out(JSON.stringify(status));
        else if (!context.quiet) {
          const dashboard = (await readDiscovery(home))?.dashboard.url ?? null;
          await terminal.out(
            ...renderStatus(status, { paint: terminal.paint, dashboard, home: home.root, now: context.now() }),
          );
        }
        return undefined;
      }),
    );
}
