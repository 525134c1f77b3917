import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Client } from '#shared/client/client.ts';
import { isClosError } from '#shared/contract/clos-error.ts';
import type { ServicePatch, ServiceSpec } from '#shared/contract/service-spec.ts';
import type { Service } from '#shared/contract/services.ts';
import type { CliContext } from '../context.ts';
import { UsageError } from '../failure.ts';
import { allServices } from '../names.ts';
import { commandOptions } from '../operate.ts';
import { type CreateFlags, parseSpec, serviceFromFlags } from '../parse/service.ts';
import { parseEnv } from '../parse/values.ts';
import { firstFreeName, suggestNames } from './service-name.ts';

/** What of `clos run` says what the service is like. */
export interface ProgramFlags
  extends Pick<CreateFlags, 'port' | 'range' | 'env' | 'cwd' | 'onConflict' | 'startOnVisit'> {
  name?: string;
}

/** The service of a program, and how it gets to run as it was asked for. */
export interface Registered {
  service: Service;
  verb: 'start' | 'restart';
  isNew: boolean;
}

/** Somebody else may take the same name in between. */
const attempts = 5;

/**
 * Finds the service that runs this command in this folder, or makes one: with a name of the folder's, one endpoint, and the
 * person's PATH, so that what a version manager has chosen is what runs. What the flags say otherwise is changed on it.
 *
 * Rejects with `NAME_TAKEN` when the name that was asked for belongs to something else. Throws `UsageError`.
 */
export async function registerProgram(
  context: CliContext,
  client: Client,
  { words, flags }: { words: readonly string[]; flags: ProgramFlags },
): Promise<Registered> {
  const cwd = await folderOf(context, flags);
  const services = await allServices(client);
  const spec = (name: string) => programSpec(context, { name, words, flags: { ...flags, cwd } });
  const same = services.find(
    ({ name, runtime }) =>
      runtime.type === 'process' &&
      runtime.cwd === cwd &&
      isSame(runtime.command, words) &&
      (flags.name === undefined || flags.name === name),
  );
  if (same !== undefined) return await refresh(client, { service: same, spec: spec(same.name), flags, context });

  const names = flags.name === undefined ? await suggestNames(cwd) : [flags.name];
  const taken = new Set(services.map(({ name }) => name));
  for (let attempt = 1; ; attempt++) {
    const name = flags.name ?? firstFreeName(names, taken);
    try {
      const options = { idempotencyKey: commandOptions().idempotencyKey ?? '' };
      return { service: await client.services.create(spec(name), options), verb: 'start', isNew: true };
    } catch (error) {
      if (flags.name !== undefined || attempt === attempts || !isClosError(error, 'NAME_TAKEN')) throw error;
      taken.add(name);
    }
  }
}

async function folderOf({ cwd }: CliContext, flags: ProgramFlags): Promise<string> {
  const folder = resolve(cwd, flags.cwd ?? '.');
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new UsageError(`There is no folder ${folder}.`);
  return folder;
}

/** The person's own PATH, and the Python environment that is active. What looks like a template in them is none. */
function callerEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    ['PATH', 'VIRTUAL_ENV'].flatMap((name) => {
      const value = env[name];
      return value === undefined || value === '' ? [] : [[name, value.replaceAll('${', '$${')]];
    }),
  );
}

function programSpec(
  { env }: CliContext,
  { name, words, flags }: { name: string; words: readonly string[]; flags: ProgramFlags & { cwd: string } },
): ServiceSpec {
  const { name: _name, port = ['auto'], ...rest } = flags;
  const base = { env: callerEnvironment(env) };
  const value = serviceFromFlags({ base, name, words, flags: { ...rest, port }, env, cwd: flags.cwd });
  return parseSpec(value, 'run');
}

/** Changes what the flags say otherwise. What runs keeps the PATH that it was started with. */
async function refresh(
  client: Client,
  { service, spec, flags, context }: { service: Service; spec: ServiceSpec; flags: ProgramFlags; context: CliContext },
): Promise<Registered> {
  const isUp = service.status === 'running' || service.status === 'unhealthy';
  const given = flags.env === undefined ? {} : parseEnv(flags.env, context.env);
  const { VIRTUAL_ENV: _old, ...kept } = service.env;
  const env = isUp ? { ...service.env, ...given } : { ...kept, ...spec.env };
  const patch: Partial<ServicePatch> = {
    ...(isSameEnv(env, service.env) ? {} : { env }),
    ...((flags.port ?? flags.range) === undefined || isSameEndpoints(service, spec)
      ? {}
      : { endpoints: spec.endpoints }),
    ...(flags.onConflict === undefined || flags.onConflict === service.onConflict
      ? {}
      : { onConflict: flags.onConflict }),
    ...(flags.startOnVisit === undefined || flags.startOnVisit === service.startOnVisit
      ? {}
      : { startOnVisit: flags.startOnVisit }),
  };
  if (Object.keys(patch).length === 0) return { service, verb: 'start', isNew: false };
  const changed = await client.services.update({ id: service.id, ...patch }, { ifMatch: service.revision });
  return { service: changed, verb: isUp && changed.needsRestart ? 'restart' : 'start', isNew: false };
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, index) => word === b[index]);
}

function isSameEnv(a: Record<string, string>, b: Record<string, string>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

function isSameEndpoints({ endpoints }: Service, spec: ServiceSpec): boolean {
  const text = ({
    name,
    protocol,
    scheme,
    address,
    hostPort,
  }: ServiceSpec['endpoints'][number] | Service['endpoints'][number]) =>
    `${name} ${protocol} ${scheme} ${address} ${hostPort}`;
  const ranges = spec.endpoints.every(({ range }, index) => range === undefined || range === endpoints[index]?.range);
  return ranges && isSame(endpoints.map(text), spec.endpoints.map(text));
}
