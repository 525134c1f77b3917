import { Command, Option } from 'commander';
import type { Act } from '../context.ts';
import { UsageError } from '../failure.ts';
import { commandOptions } from '../operate.ts';
import { serviceLine } from '../output/services.ts';
import { type CreateFlags, isTree, parseSpec, serviceFromFlags, type Tree } from '../parse/service.ts';
import { readText } from '../parse/values.ts';
import { example } from './help.ts';
import { collect, onConflictOption, startOnVisitOption } from './options.ts';

export function createCommand(act: Act): Command {
  return new Command('create')
    .description('register a command, a container, or what runs elsewhere')
    .argument('[name]', 'its name: a-z, 0-9 and -')
    .argument('[words...]', 'after --: the command to run, word for word')
    .option('-p, --port <port>', '[NAME=]PORT|auto[/udp|/SCHEME]; of a container PORT|auto:INSIDE', collect)
    .addOption(new Option('--publish <port>', 'the same as --port').argParser(collect).hideHelp())
    .option('--cwd <folder>', 'run the command in this folder')
    .option('--image <image>', 'run it in a container of this image')
    .option('--external', 'it runs elsewhere: watch it and keep its ports')
    .option('-e, --env <variable>', 'KEY=VALUE, or KEY to take its value from here', collect)
    .option('--command <line>', 'the command to run, in one string')
    .option('--memory <size>', 'at most this much memory, such as 256MiB')
    .option('--cpus <number>', 'at most this many processors, such as 0.5')
    .option('--range <range>', 'take automatic ports from this range')
    .option('--health-path <path>', 'it is well when the first endpoint answers here')
    .addOption(new Option('--restart <policy>', 'when it ends by itself').choices(['no', 'on-failure', 'always']))
    .addOption(onConflictOption())
    .addOption(startOnVisitOption())
    .option('--file <path>', 'a JSON file, or - for standard input; flags win')
    .addHelpText(
      'after',
      example(
        'clos create web --port 3000 -- npm run dev',
        'clos create db --image postgres:17 -p auto:5432 -e POSTGRES_PASSWORD',
        'clos create mail --external -p 1025',
      ),
    )
    .action(
      act(async (context, ...[name, words, given]: [string | undefined, string[], CreateFlags & Published]) => {
        const { publish, ...flags } = given;
        const port = publish === undefined ? flags.port : [...(flags.port ?? []), ...publish];
        const base = flags.file === undefined ? {} : parseJson(await readText(flags.file), flags.file);
        const { env, cwd } = context;
        const spec = parseSpec(
          serviceFromFlags({
            base,
            name,
            words,
            flags: { ...flags, ...(port === undefined ? {} : { port }) },
            env,
            cwd,
          }),
        );
        const { client } = await context.connect();
        const service = await client.services.create(spec, { idempotencyKey: commandOptions().idempotencyKey ?? '' });
        const { terminal } = context;
        if (context.json) await terminal.out(JSON.stringify(service));
        else if (context.quiet) await terminal.out(service.name);
        else {
          const next =
            service.runtime.type === 'external'
              ? `See who answers there: clos ps`
              : `Start it with: clos start ${service.name}`;
          await terminal.out(serviceLine(service, terminal.paint), next);
        }
        return undefined;
      }),
    );
}

interface Published {
  publish?: string[];
}

function parseJson(text: string, path: string): Tree {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`${path === '-' ? 'Standard input' : path} is not JSON: ${reason}`);
  }
  if (!isTree(value)) throw new UsageError(`${path === '-' ? 'Standard input' : path} does not hold a JSON object.`);
  return value;
}
