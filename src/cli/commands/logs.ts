import { Command } from 'commander';
import type { Act } from '../context.ts';
import { withName } from '../names.ts';
import { parseMoment, parseWhole } from '../parse/values.ts';
import { example } from './help.ts';

export function logsCommand(act: Act): Command {
  return new Command('logs')
    .description('read or follow what a service prints')
    .argument('<name>', 'name or id of a service')
    .option('-f, --follow', 'stay, and show new lines as they come')
    .option('-n, --tail <lines>', 'begin with this many lines', '1000')
    .option('--since <when>', 'begin here: a time, or how long ago, such as 10m')
    .addHelpText('after', example('clos logs web --follow --tail 20'))
    .action(
      act(async (context, name: string, options: { follow?: boolean; tail: string; since?: string }) => {
        const input = {
          id: name,
          tail: parseWhole(options.tail, '--tail', { min: 0, max: 100_000 }),
          ...(options.follow === true ? { follow: true } : {}),
          ...(options.since === undefined ? {} : { since: parseMoment(options.since, context.now()) }),
        };
        const { client } = await context.connect();
        const lines = await withName(client, name, () => client.services.logs(input));
        for await (const line of lines) {
          if (context.json) await context.terminal.out(JSON.stringify(line));
          else if (line.stream === 'stderr') await context.terminal.err(line.line);
          else await context.terminal.out(line.line);
        }
        return undefined;
      }),
    );
}
