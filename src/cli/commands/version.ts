import { Command } from 'commander';
import type { Act } from '../context.ts';
import { example } from './help.ts';

export function versionCommand(act: Act): Command {
  return new Command('version')
    .description('print the version, and that of CLOS as it runs')
    .addHelpText('after', example('clos version'))
    .action(
      act(async (context) => {
        const running = await context
          .connect()
          .then(({ client }) => client.system.status())
          .then(
            ({ version }) => version,
            () => null,
          );
        const { terminal, version } = context;
        if (context.json) await terminal.out(JSON.stringify({ version, running }));
        else await terminal.out(`clos ${version}`);
        if (!context.json && running !== null && running !== version) {
          await terminal.err(`The CLOS that runs is ${running}. Restart it to make them the same: clos serve`);
        }
        return undefined;
      }),
    );
}
