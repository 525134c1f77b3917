import { Command, Option } from 'commander';
import type { Act } from '../context.ts';
import { renderAudit } from '../output/audit.ts';
import { parseMoment, parseWhole } from '../parse/values.ts';
import { example } from './help.ts';

interface AuditFlags {
  limit: string;
  actor?: string;
  outcome?: 'done' | 'refused' | 'failed';
  since?: string;
}

export function auditCommand(act: Act): Command {
  return new Command('audit')
    .description('list who asked for which change, from where and with what outcome')
    .option('-n, --limit <count>', 'at most this many', '50')
    .option('--actor <who>', 'only of the key or session with this id')
    .addOption(new Option('--outcome <outcome>', 'only what came to this').choices(['done', 'refused', 'failed']))
    .option('--since <moment>', 'since a time, or how long ago')
    .addHelpText('after', example('clos audit --outcome refused --since 1d'))
    .action(
      act(async (context, { limit, actor, outcome, since }: AuditFlags) => {
        const { client } = await context.connect();
        const { terminal } = context;
        const page = await client.audit.list({
          limit: parseWhole(limit, '--limit', { min: 1, max: 500 }),
          ...(actor === undefined ? {} : { actor }),
          ...(outcome === undefined ? {} : { outcome }),
          ...(since === undefined ? {} : { since: parseMoment(since, context.now()) }),
        });
        if (context.json) await terminal.out(JSON.stringify(page));
        else if (page.items.length === 0) await terminal.out('Nobody asked for such a change.');
        else
          await terminal.out(
            ...renderAudit(page.items, { width: terminal.width, paint: terminal.paint, now: context.now() }),
          );
        return undefined;
      }),
    );
}
