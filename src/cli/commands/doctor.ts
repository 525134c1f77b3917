import { Command } from 'commander';
import type { Act } from '../context.ts';
import { lookAround } from '../doctor/look.ts';
import { exitCodes } from '../exit-codes.ts';
import { renderFindings } from '../output/findings.ts';
import { example } from './help.ts';

export function doctorCommand(act: Act): Command {
  return new Command('doctor')
    .description('look for what commonly goes wrong here, and say what to do')
    .addHelpText('after', example('clos doctor'))
    .action(
      act(async (context) => {
        const findings = await lookAround(context);
        const { terminal } = context;
        const shown = context.quiet ? findings.filter(({ level }) => level !== 'ok') : findings;
        if (context.json) await terminal.out(JSON.stringify({ checks: findings }));
        else if (shown.length > 0) await terminal.out(...renderFindings(shown, terminal.paint));
        return findings.some(({ level }) => level === 'fail') ? exitCodes.failed : exitCodes.done;
      }),
    );
}
