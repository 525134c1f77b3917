import { Command } from 'commander';
import type { Act, CliContext } from '../context.ts';
import { withName } from '../names.ts';
import { renderOperation, renderOperations } from '../output/operation.ts';
import { parseWhole } from '../parse/values.ts';
import { example } from './help.ts';

export function operationsCommand(act: Act): Command {
  return new Command('operations')
    .alias('ops')
    .description('list what was done and can be undone')
    .argument('[which]', 'an operation, or a service or conflict')
    .option('-n, --limit <count>', 'at most this many', '20')
    .addHelpText('after', example('clos operations web'))
    .action(
      act(async (context, which: string | undefined, options: { limit: string }) => {
        const limit = parseWhole(options.limit, '--limit', { min: 1, max: 500 });
        const { client } = await context.connect();
        const { terminal } = context;
        const view = { width: terminal.width, paint: terminal.paint, now: context.now() };
        if (which?.startsWith('op_') === true) {
          const operation = await client.operations.get({ id: which });
          if (context.json) await terminal.out(JSON.stringify(operation));
          else await terminal.out(...renderOperation(operation, view));
          return undefined;
        }
        const subject = which === undefined ? {} : { subject: await subjectId(context, which) };
        const page = await client.operations.list({ limit, ...subject });
        if (context.json) await terminal.out(JSON.stringify(page));
        else if (context.quiet) await terminal.out(...page.items.map(({ id }) => id));
        else if (page.items.length === 0) await terminal.out('Nothing was done yet.');
        else await terminal.out(...renderOperations(page.items, view));
        return undefined;
      }),
    );
}

async function subjectId(context: CliContext, which: string): Promise<string> {
  if (which.startsWith('cfl_')) return which;
  const { client } = await context.connect();
  return (await withName(client, which, () => client.services.get({ id: which }))).id;
}
