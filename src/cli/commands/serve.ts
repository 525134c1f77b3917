import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import type { Act } from '../context.ts';
import { example } from './help.ts';

/**
 * Runs CLOS without a window in this very process, so that signals reach it.
 *
 * The root is named by its path, because the command line imports nothing of main. `root` is that of the headless system.
 */
export function serveCommand(act: Act, root: URL): Command {
  return new Command('serve')
    .description('run CLOS here without a window')
    .option('--stop-services', 'when it ends, stop the services too; without it they go on')
    .addHelpText('after', example('clos serve'))
    .action(
      act(async (context, options: { stopServices?: boolean }) => {
        process.env.CLOS_HOME = context.home.root;
        const flags = options.stopServices === true ? ['--stop-services'] : [];
        process.argv = [process.execPath, fileURLToPath(root), ...flags];
        await import(root.href);
        return undefined;
      }),
    );
}
