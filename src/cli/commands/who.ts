import { homedir } from 'node:os';
import { Command } from 'commander';
import type { Act } from '../context.ts';
import { portOwner, renderPortReport } from '../output/port-report.ts';
import { parsePort } from '../parse/values.ts';
import { example } from './help.ts';

export function whoCommand(act: Act): Command {
  return new Command('who')
    .description('say who holds a port')
    .argument('<port>', 'a port, such as 3000')
    .addHelpText('after', example('clos who 3000'))
    .action(
      act(async (context, port: string) => {
        const number = parsePort(port);
        const { client } = await context.connect();
        const report = await client.ports.who({ port: number });
        const { terminal } = context;
        if (context.json) await terminal.out(JSON.stringify(report));
        else if (context.quiet) await terminal.out(portOwner(report));
        else {
          const view = { paint: terminal.paint, now: context.now(), userHome: homedir() };
          await terminal.out(...renderPortReport(report, view));
        }
        return undefined;
      }),
    );
}
