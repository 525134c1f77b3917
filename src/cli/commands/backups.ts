import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import type { Act } from '../context.ts';
import { renderBackups } from '../output/backups.ts';
import { parseWhole } from '../parse/values.ts';
import { example } from './help.ts';

export function backupCommand(act: Act): Command {
  return new Command('backup')
    .description('make a backup of what CLOS knows now')
    .addHelpText('after', example('clos backup'))
    .action(
      act(async (context) => {
        const { client } = await context.connect();
        const backup = await client.backups.make();
        const { terminal } = context;
        if (context.json) await terminal.out(JSON.stringify(backup));
        else await terminal.out(context.quiet ? backup.path : `Made and verified ${backup.path}`);
        return undefined;
      }),
    );
}

export function backupsCommand(act: Act): Command {
  return new Command('backups')
    .description('list the backups of what CLOS knows')
    .option('-n, --limit <count>', 'at most this many', '100')
    .addHelpText('after', example('clos backups'))
    .action(
      act(async (context, options: { limit: string }) => {
        const limit = parseWhole(options.limit, '--limit', { min: 1, max: 500 });
        const { client } = await context.connect();
        const page = await client.backups.list({ limit });
        const { terminal } = context;
        if (context.json) await terminal.out(JSON.stringify(page));
        else if (context.quiet) await terminal.out(...page.items.map(({ name }) => name));
        else if (page.items.length === 0) await terminal.out('There is no backup yet. Make one with: clos backup');
        else {
          const view = { width: terminal.width, paint: terminal.paint, now: context.now() };
          await terminal.out(...renderBackups(page.items, view));
        }
        return undefined;
      }),
    );
}

/** Works on the files of the home while CLOS does not run. Named by its path: the command line imports nothing of main. */
export function restoreCommand(act: Act, root: URL): Command {
  return new Command('restore')
    .description('put a backup in the place of the database; CLOS must not run')
    .argument('<backup>', 'a file, the name of a backup, or latest')
    .addHelpText('after', example('clos restore latest'))
    .action(
      act(async (context, backup: string) => {
        process.env.CLOS_HOME = context.home.root;
        process.argv = [process.execPath, fileURLToPath(root), backup, context.cwd];
        await import(root.href);
        return undefined;
      }),
    );
}
