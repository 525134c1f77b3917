import { resolve } from 'node:path';
import { ClosError } from '#shared/contract/clos-error.ts';
import { type RuntimeType, type ServiceSpec, serviceSpecSchema } from '#shared/contract/service-spec.ts';
import { UsageError } from '../failure.ts';
import { nameEndpoints, parseEndpoint } from './endpoint.ts';
import { parseEnv } from './values.ts';
import { splitWords } from './words.ts';

/** The flags of `clos create`, as they stand on the line. */
export interface CreateFlags {
  image?: string;
  external?: boolean;
  port?: string[];
  env?: string[];
  command?: string;
  cwd?: string;
  memory?: string;
  cpus?: string;
  range?: string;
  healthPath?: string;
  restart?: ServiceSpec['restart']['policy'];
  onConflict?: ServiceSpec['onConflict'];
  startOnVisit?: boolean;
  file?: string;
}

export type Tree = Record<string, unknown>;

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface Source {
  /** What a file said; empty without one. */
  base: Tree;
  name: string | undefined;
  /** What stands after `--`. */
  words: readonly string[];
  flags: CreateFlags;
  env: NodeJS.ProcessEnv;
  /** The folder that the person is in. */
  cwd: string;
}

/** Puts the flags over what a file said. What comes out is checked by `parseSpec`. Throws `UsageError`. */
export function serviceFromFlags(source: Source): Tree {
  const { base, name, flags } = source;
  const runtime = runtimeFromFlags(source);
  const range = flags.range === undefined ? {} : { range: flags.range };
  const given =
    flags.port === undefined
      ? base.endpoints
      : nameEndpoints(flags.port.map((each) => parseEndpoint(each, runtime.type)));
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
      : { env: { ...(isTree(base.env) ? base.env : {}), ...parseEnv(flags.env, source.env) } }),
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
    ...(flags.healthPath === undefined ? {} : { healthCheck: { type: 'http', path: flags.healthPath } }),
    ...(flags.restart === undefined ? {} : { restart: { policy: flags.restart } }),
    ...(flags.onConflict === undefined ? {} : { onConflict: flags.onConflict }),
    ...(flags.startOnVisit === undefined ? {} : { startOnVisit: flags.startOnVisit }),
  };
}

function runtimeFromFlags({ base, words, flags, cwd }: Source): Tree & { type: RuntimeType } {
  if (flags.command !== undefined && words.length > 0) {
    throw new UsageError('The command is given twice: with --command and after --. Keep one of them.');
  }
  const command = words.length > 0 ? [...words] : flags.command === undefined ? undefined : splitWords(flags.command);
  const said = isTree(base.runtime) ? base.runtime : {};
  const type = typeOf(said, flags, command);
  // What a file says of another kind of runtime does not apply to this one.
  const kept = said.type === undefined || said.type === type ? said : {};
  switch (type) {
    case 'external':
      if (command !== undefined || flags.cwd !== undefined) {
        throw new UsageError('CLOS only watches an external service: it has neither a command nor a folder.');
      }
      return { ...kept, type };
    case 'process': {
      const folder = flags.cwd ?? (typeof kept.cwd === 'string' ? kept.cwd : '.');
      return { ...kept, type, ...(command === undefined ? {} : { command }), cwd: resolve(cwd, folder) };
    }
    case 'container':
      return {
        ...kept,
        type,
        ...(flags.image === undefined ? {} : { image: flags.image }),
        ...(command === undefined ? {} : { command }),
        ...(flags.cwd === undefined ? {} : { workingDir: flags.cwd }),
      };
  }
}

/** An image makes a container, a command without one a process; `--external` is said in so many words. */
function typeOf(said: Tree, flags: CreateFlags, command: readonly string[] | undefined): RuntimeType {
  if (flags.external === true) {
    if (flags.image === undefined) return 'external';
    throw new UsageError('--image and --external exclude each other: CLOS only watches an external service.');
  }
  if (flags.image !== undefined) return 'container';
  if (said.type === 'process' || said.type === 'external' || said.type === 'container') return said.type;
  if (command !== undefined && said.image === undefined) return 'process';
  if (said.image !== undefined || Object.keys(said).length > 0) return 'container';
  throw new UsageError(
    'What shall it run? Neither an image nor a command is given.',
    'Write --image IMAGE, or -- COMMAND, or --external for something that CLOS only watches.',
  );
}

/** Which flag speaks for a part of a service; the longest path that fits counts. */
const flagOf: Readonly<Record<string, string>> = {
  name: 'NAME',
  'runtime.image': '--image',
  'runtime.command': '-- COMMAND',
  'runtime.cwd': '--cwd',
  'runtime.workingDir': '--cwd',
  endpoints: '-p',
  'endpoints.range': '--range',
  env: '-e',
  'limits.memory': '--memory',
  'limits.cpus': '--cpus',
  'healthCheck.path': '--health-path',
};

function flagFor(path: readonly string[]): string | undefined {
  const places = path.filter((part) => !/^\d+$/.test(part));
  for (let length = places.length; length > 0; length--) {
    const flag = flagOf[places.slice(0, length).join('.')];
    if (flag !== undefined) return flag;
  }
  return undefined;
}

/**
 * Checks a service before it is sent, so that a mistake is told at once and by its place. `command` is the one whose help says
 * how to do better. Throws `INVALID_INPUT`.
 */
export function parseSpec(value: unknown, command: 'create' | 'run' = 'create'): ServiceSpec {
  const parsed = serviceSpecSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => {
    const parts = path.map(String);
    const flag = flagFor(parts);
    const missing = /received undefined/.test(message) ? 'is missing' : message;
    return { path: flag === undefined ? parts.join('.') : `${parts.join('.')} (${flag})`, message: missing };
  });
  throw new ClosError('INVALID_INPUT', 'This is not a service that CLOS can run.', {
    errors,
    extra: { advice: `See how to write it: clos help ${command}` },
  });
}
