import { Command, Option } from 'commander';
import type { Act } from '../context.ts';
import { UsageError } from '../failure.ts';
import { commandOptions } from '../operate.ts';
import { serviceLine } from '../output/services.ts';
import { type CreateFlags, isTree, parseSpec, serviceFromFlags, type Tree } from '../parse/service.ts';
import { readText } from '../parse/values.ts';
import { example } from './help.ts';
import { collect, onConflictOption } from './options.ts';

export function createCommand(act: Act): Command {
  return new Command('create')
    .description('register a service: a command, a container, or something that runs elsewhere')
    .argument('[name]', 'its name: a-z, 0-9 and -')
    .argument('[words...]', 'after --: the command to run, word for word')
    .option('-p, --port <port>', 'PORT or auto; of a container HOST|auto:CONTAINER; also NAME=… and …/udp', collect)
    .addOption(new Option('--publish <port>', 'the same as --port').argParser(collect).hideHelp())
    .option('--cwd <folder>', 'the folder that the command runs in, instead of this one')
    .option('--image <image>', 'run it in a container of this image')
    .option('--external', 'CLOS only watches it and keeps its ports')
    .option('-e, --env <variable>', 'KEY=VALUE, or KEY to take its value from here, may be repeated', collect)
    .option('--command <line>', 'the command to run, in one string')
    .option('--memory <size>', 'at most this much memory, such as 256MiB')
    .option('--cpus <number>', 'at most this many processors, such as 0.5')
    .option('--range <range>', 'take automatic ports from this range')
    .option('--health-path <path>', 'ask the first endpoint for this path to see whether it is well')
    .addOption(new Option('--restart <policy>', 'when it ends by itself').choices(['no', 'on-failure', 'always']))
    .addOption(onConflictOption())
    .option('--file <path>', 'read the service from a JSON file, or from standard input with -; flags win over it')
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
