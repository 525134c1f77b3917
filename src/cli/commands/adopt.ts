import { Command } from 'commander';
import type { Act } from '../context.ts';
import { UsageError } from '../failure.ts';
import { settleInSteps, watchedOptions } from '../operate.ts';
import { renderPlan, undoHint } from '../output/operation.ts';
import { serviceLine } from '../output/services.ts';
import { parsePortRef, parseWhole } from '../parse/values.ts';
import { example } from './help.ts';
import { dryRunOption } from './options.ts';

interface AdoptFlags {
  pid?: string;
  container?: string;
  name?: string;
  dryRun?: boolean;
}

export function adoptCommand(act: Act): Command {
  return new Command('adopt')
    .description('make a service of what runs already')
    .argument('[port]', 'the port that it listens on, such as 5173 or 5353/udp')
    .option('--pid <pid>', 'a process by its number')
    .option('--container <container>', 'a container by its name or id')
    .option('--name <name>', "the service's name; the project's or the program's without it")
    .addOption(dryRunOption())
    .addHelpText('after', example('clos adopt 5173 --name blog'))
    .action(
      act(async (context, port: string | undefined, flags: AdoptFlags) => {
        const input = {
          ...adoptedFrom(port, flags),
          ...(flags.name === undefined ? {} : { name: flags.name }),
          ...(flags.dryRun === true ? { dryRun: true } : {}),
        };
        const { client } = await context.connect();
        const { terminal } = context;
        const operation = await settleInSteps(context, client, await client.services.adopt(input, watchedOptions()));
        if (context.json) await terminal.out(JSON.stringify(operation));
        else if (operation.dryRun) await terminal.out(...renderPlan(operation));
        else if (!context.quiet) {
          const service = await client.services.get({ id: operation.subject.id });
          await terminal.out(serviceLine(service, terminal.paint), ...undoHint(operation));
        }
        return undefined;
      }),
    );
}

type Adopted = { port: number; protocol: 'tcp' | 'udp' } | { pid: number } | { container: string };

function adoptedFrom(port: string | undefined, { pid, container }: AdoptFlags): Adopted {
  const given: Adopted[] = [
    ...(port === undefined ? [] : [parsePortRef(port)]),
    ...(pid === undefined ? [] : [{ pid: parseWhole(pid, '--pid', { min: 2, max: 2 ** 31 - 1 }) }]),
    ...(container === undefined ? [] : [{ container }]),
  ];
  const [only] = given;
  if (only !== undefined && given.length === 1) return only;
  throw new UsageError(
    given.length === 0 ? 'What shall be adopted?' : 'Give one of a port, --pid and --container, not several.',
    'Write clos adopt 5173, or --pid PID, or --container NAME. See what runs: clos ports',
  );
}
