import { Command, Option } from 'commander';
import { ClosError } from '#shared/contract/clos-error.ts';
import { type ServiceSpec, type ServiceSpecInput, serviceSpecSchema } from '#shared/contract/services.ts';
import type { Act } from '../context.ts';
import { UsageError } from '../failure.ts';
import { commandOptions } from '../operate.ts';
import { serviceLine } from '../output/services.ts';
import { nameEndpoints, parseEndpoint } from '../parse/endpoint.ts';
import { parseEnv, readText } from '../parse/values.ts';
import { splitWords } from '../parse/words.ts';
import { example } from './help.ts';

/** The flags of `clos create`, as they stand on the line. */
export interface CreateFlags {
  image?: string;
  publish?: string[];
  env?: string[];
  command?: string;
  memory?: string;
  cpus?: string;
  range?: string;
  healthPath?: string;
  restart?: ServiceSpec['restart']['policy'];
  onConflict?: ServiceSpec['onConflict'];
  file?: string;
}

const collect = (value: string, previous: string[] = []) => [...previous, value];

export function createCommand(act: Act): Command {
  return new Command('create')
    .description('register a service; start it with: clos start NAME')
    .argument('[name]', 'its name: a-z, 0-9 and -')
    .argument('[words...]', 'after --: the command to run in the container, word for word')
    .option('--image <image>', 'the container image')
    .option('-p, --publish <port>', '[NAME=][ADDRESS:]HOST|auto:CONTAINER[/udp], may be repeated', collect)
    .option('-e, --env <variable>', 'KEY=VALUE, or KEY to take its value from here, may be repeated', collect)
    .option('--command <line>', 'the command to run in the container, in one string')
    .option('--memory <size>', 'at most this much memory, such as 256MiB')
    .option('--cpus <number>', 'at most this many processors, such as 0.5')
    .option('--range <range>', 'take automatic ports from this range')
    .option('--health-path <path>', 'ask the first endpoint for this path to see whether it is well')
    .addOption(new Option('--restart <policy>', 'when it ends by itself').choices(['no', 'on-failure', 'always']))
    .addOption(new Option('--on-conflict <what>', 'when a port is taken').choices(['ask', 'reassign']))
    .option('--file <path>', 'read the service from a JSON file, or from standard input with -; flags win over it')
    .addHelpText('after', example('clos create web --image nginx -p 3000:80 -e MODE=dev --health-path /'))
    .action(
      act(async (context, ...[name, words, flags]: [string | undefined, string[], CreateFlags]) => {
        const base = flags.file === undefined ? {} : parseJson(await readText(flags.file), flags.file);
        const spec = parseSpec(serviceFromFlags({ base, name, words, flags, env: context.env }));
        const { client } = await context.connect();
        const service = await client.services.create(spec, { idempotencyKey: commandOptions().idempotencyKey ?? '' });
        const { terminal } = context;
        if (context.json) await terminal.out(JSON.stringify(service));
        else if (context.quiet) await terminal.out(service.name);
        else await terminal.out(serviceLine(service, terminal.paint), `Start it with: clos start ${service.name}`);
        return undefined;
      }),
    );
}

type Tree = Record<string, unknown>;

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
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

/** Puts the flags over what a file said. What comes out is checked by `parseSpec`. */
export function serviceFromFlags(input: {
  base: Tree;
  name: string | undefined;
  words: readonly string[];
  flags: CreateFlags;
  env: NodeJS.ProcessEnv;
}): Tree {
  const { base, name, words, flags } = input;
  if (flags.command !== undefined && words.length > 0) {
    throw new UsageError('The command is given twice: with --command and after --. Keep one of them.');
  }
  const command = words.length > 0 ? [...words] : flags.command === undefined ? undefined : splitWords(flags.command);
  const runtime = {
    type: 'container',
    ...(isTree(base.runtime) ? base.runtime : {}),
    ...(flags.image === undefined ? {} : { image: flags.image }),
    ...(command === undefined ? {} : { command }),
  };
  const range = flags.range === undefined ? {} : { range: flags.range };
  const given = flags.publish === undefined ? base.endpoints : nameEndpoints(flags.publish.map(parseEndpoint));
  const endpoints = Array.isArray(given)
    ? given.map((endpoint: unknown) => (isTree(endpoint) ? { ...endpoint, ...range } : endpoint))
    : given;
  const limits = {
    ...(isTree(base.limits) ? base.limits : {}),
    ...(flags.memory === undefined ? {} : { memory: flags.memory }),
    ...(flags.cpus === undefined ? {} : { cpus: Number(flags.cpus) }),
  };
  return {
    ...base,
    ...(name === undefined ? {} : { name }),
    runtime,
    ...(endpoints === undefined ? {} : { endpoints }),
    ...(flags.env === undefined
      ? {}
      : { env: { ...(isTree(base.env) ? base.env : {}), ...parseEnv(flags.env, input.env) } }),
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
    ...(flags.healthPath === undefined ? {} : { healthCheck: { type: 'http', path: flags.healthPath } }),
    ...(flags.restart === undefined ? {} : { restart: { policy: flags.restart } }),
    ...(flags.onConflict === undefined ? {} : { onConflict: flags.onConflict }),
  };
}

/** Which flag speaks for a part of a service. */
const flagOf: Readonly<Record<string, string>> = {
  name: 'NAME',
  'runtime.image': '--image',
  env: '-e',
  endpoints: '-p',
};

/** Checks a service before it is sent, so that a mistake is told at once and by its place. Throws `INVALID_INPUT`. */
export function parseSpec(value: unknown): ServiceSpecInput {
  const parsed = serviceSpecSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => {
    const place = path.map(String).join('.');
    const flag = flagOf[place];
    const missing = /received undefined/.test(message) ? 'is missing' : message;
    return { path: flag === undefined ? place : `${place} (${flag})`, message: missing };
  });
  throw new ClosError('INVALID_INPUT', 'This is not a service that CLOS can run.', {
    errors,
    extra: { advice: 'See how to write it: clos help create' },
  });
}
