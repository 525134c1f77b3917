import { Command } from 'commander';
import type { Act } from '../context.ts';
import { printConflicts } from '../operate.ts';
import { renderConflicts } from '../output/conflicts.ts';
import { example } from './help.ts';

export function conflictsCommand(act: Act): Command {
  return new Command('conflicts')
    .description('list the open conflicts, or show one')
    .argument('[id]', 'the id of a conflict')
    .option('--all', 'also those that are over')
    .addHelpText('after', example('clos conflicts'))
    .action(
      act(async (context, id: string | undefined, options: { all?: boolean }) => {
        const { client } = await context.connect();
        const { terminal } = context;
        if (id !== undefined) {
          const conflict = await client.conflicts.get({ id });
          if (context.json) await terminal.out(JSON.stringify(conflict));
          else await printConflicts(context, [conflict]);
          return undefined;
        }
        const page = await client.conflicts.list({ limit: 500, ...(options.all === true ? {} : { state: 'open' }) });
        if (context.json) await terminal.out(JSON.stringify(page));
        else if (context.quiet) {
          if (page.items.length > 0) await terminal.out(...page.items.map((conflict) => conflict.id));
        } else if (page.items.length === 0) await terminal.out('No conflicts.');
        else {
          const view = { width: terminal.width, paint: terminal.paint, now: context.now() };
          await terminal.out(...renderConflicts(page.items, view));
          const open = page.items.find(({ state }) => state === 'open');
          if (open !== undefined) await terminal.out(`See the ways out of one: clos conflicts ${open.id}`);
        }
        return undefined;
      }),
    );
}
