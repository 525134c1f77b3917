import { Command } from 'commander';
import type { Act } from '../context.ts';
import { parsePort, parseWhole } from '../parse/values.ts';
import { example } from './help.ts';

export function freeCommand(act: Act): Command {
  return new Command('free')
    .description('say which ports are free')
    .argument('[near]', 'near this port', '3000')
    .option('-n, --count <count>', 'this many', '3')
    .addHelpText('after', example('clos free 8080 --count 5'))
    .action(
      act(async (context, near: string, options: { count: string }) => {
        const count = parseWhole(options.count, '--count', { min: 1, max: 100 });
        const { client } = await context.connect();
        const { terminal } = context;
        const answer = await client.ports.suggest({ near: parsePort(near), count });
        if (context.json) await terminal.out(JSON.stringify(answer));
        else if (context.quiet) await terminal.out(...answer.items.map(({ port }) => String(port)));
        else if (answer.items.length === 0) await terminal.out(`Nothing is free near ${near}.`);
        else
          await terminal.out(
            ...answer.items.map(({ port, reason }) => `${terminal.paint('cyan', `:${port}`)}  ${reason}`),
          );
        return undefined;
      }),
    );
}
