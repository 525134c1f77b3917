import { isDeepStrictEqual } from 'node:util';
import { lostSettings } from './adoption-lost.ts';
import {
  type DefinitionSource,
  type InspectedContainer,
  isNothing,
  isPodman,
  madeByEngine,
  sourceOf,
} from './container-definition.ts';
import { mountsOf } from './container-like.ts';
import { plainName, splitBind } from './mount-policy.ts';
import { isRecord } from './policy-checks.ts';
import type { Adoption, ContainerDefinition, ContainerMount, EngineRestartPolicy } from './types.ts';

/** A part of the description, and what of it cannot be described. */
interface Told<T> {
  value: T;
  lost: string[];
}

/**
 * Reads a container that CLOS did not make as a service: what a specification can say of it, and in `lost` what it cannot.
 *
 * What the image says by itself is left out, so that a newer image may say otherwise. Whether the service may have all of it is for
 * the policy to judge, not asked here.
 */
export function describeForAdoption(definition: ContainerDefinition): Adoption {
  const source = sourceOf(definition);
  const { container, image } = source;
  const { Config: config, HostConfig: host } = container;
  const own = image?.Config;
  const env = readEnvironment(source);
  const mounts = readMounts(container);
  const endpoints = readEndpoints(container);
  const user = readUser(config.User, own?.User);
  const workingDir = config.WorkingDir ?? '';
  const isOwnFolder = workingDir.startsWith('/') && workingDir !== (own?.WorkingDir || '/');
  return {
    image: definition.image,
    ...(isNothing(config.Cmd) || isDeepStrictEqual(config.Cmd, own?.Cmd) ? {} : { command: config.Cmd ?? [] }),
    ...(isOwnFolder ? { workingDir } : {}),
    ...(user.value === null ? {} : { user: user.value }),
    mounts: mounts.value,
    init: host.Init === true,
    env: env.value,
    limits: readLimits(host),
    endpoints: endpoints.value,
    restart: toServiceRestart(definition.restart),
    project: definition.project,
    lost: [...lostSettings(source), ...user.lost, ...env.lost, ...mounts.lost, ...endpoints.lost],
  };
}

/** The most restarts in a row that a service may ask for: an engine's "without end". */
const withoutEnd = 1000;

function toServiceRestart({ name, maxRetries }: EngineRestartPolicy): Adoption['restart'] {
  if (name === 'no') return { policy: 'no', maxRetries: 5 };
  if (name !== 'on-failure') return { policy: 'always', maxRetries: withoutEnd };
  return { policy: 'on-failure', maxRetries: maxRetries === 0 ? withoutEnd : Math.min(maxRetries, withoutEnd) };
}

function readUser(user: string | null | undefined, own: string | null | undefined): Told<string | null> {
  if (isNothing(user) || user === own) return { value: null, lost: [] };
  if (/^[a-zA-Z0-9_.-]+(:[a-zA-Z0-9_.-]+)?$/.test(user ?? '')) return { value: user ?? null, lost: [] };
  return { value: null, lost: [`It runs as the user ${user}, whose name a service cannot have.`] };
}

const variableName = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

function readEnvironment({ container, image }: DefinitionSource): Told<Record<string, string>> {
  const own = new Set(image?.Config?.Env ?? []);
  if (isPodman(container)) {
    for (const entry of ['container=podman', 'TERM=xterm', `HOSTNAME=${container.Config.Hostname}`]) own.add(entry);
  }
  const value: Record<string, string> = {};
  const lost: string[] = [];
  for (const entry of container.Config.Env ?? []) {
    if (own.has(entry)) continue;
    const end = entry.indexOf('=');
    const name = end < 0 ? entry : entry.slice(0, end);
    if (end < 0) lost.push(`The variable ${name} of its image is taken away.`);
    else if (!variableName.test(name))
      lost.push(`The variable ${name} has a name that those of a service cannot have.`);
    else value[name] = entry.slice(end + 1);
  }
  return { value, lost };
}

function readLimits(host: InspectedContainer['HostConfig']): Adoption['limits'] {
  const numberOf = (name: string) => (typeof host[name] === 'number' && host[name] > 0 ? host[name] : null);
  const [nanoCpus, quota, memory, pids] = ['NanoCpus', 'CpuQuota', 'Memory', 'PidsLimit'].map(numberOf);
  const period = numberOf('CpuPeriod') ?? 100_000;
  const cpus = nanoCpus != null ? nanoCpus / 1e9 : quota != null ? quota / period : null;
  return {
    ...(cpus === null ? {} : { cpus }),
    ...(memory == null ? {} : { memory }),
    ...(pids == null ? {} : { pids }),
  };
}

/** Options of a bind that change nothing on Linux, or that say what is so anyway. */
const plainBindOptions = new Set(['ro', 'rw', 'rprivate', 'private', 'cached', 'delegated', 'consistent']);

function readMounts(container: InspectedContainer): Told<ContainerMount[]> {
  const value: ContainerMount[] = [];
  const lost: string[] = [];
  const add = (mount: ContainerMount, options: string[]) => {
    if (mount.type === 'volume' && madeByEngine.test(mount.source)) return;
    if (mount.type === 'bind' && !mount.source.startsWith('/')) {
      lost.push(`${mount.target} is the folder ${mount.source}, which a service cannot name.`);
      return;
    }
    value.push(mount);
    if (options.length > 0) lost.push(`The mount at ${mount.target} has the options ${options.join(', ')}.`);
  };
  const { binds, mounts } = mountsOf(container);
  for (const bind of binds) {
    const [source = '', target = '', said = ''] = splitBind(bind);
    const options = said.split(',').filter((option) => option !== '');
    const type = plainName.test(source) ? 'volume' : 'bind';
    add(
      { type, source, target, readOnly: options.includes('ro') },
      options.filter((option) => !plainBindOptions.has(option)),
    );
  }
  for (const { Type: type, Source: source, Target: target, ...rest } of mounts) {
    const at = target ?? '';
    if (type === 'volume' || type === 'bind') {
      add({ type, source: source ?? '', target: at, readOnly: rest.ReadOnly === true }, mountOptions(rest));
    } else if (type === 'tmpfs') lost.push(`It has a file system in memory at ${at}.`);
    else lost.push(`It has a mount of the type ${type} at ${at}.`);
  }
  return { value, lost };
}

function mountOptions(mount: Record<string, unknown>): string[] {
  const inner = ['BindOptions', 'VolumeOptions'].flatMap((name) =>
    Object.entries(isRecord(mount[name]) ? mount[name] : {}),
  );
  const isUsual = ([name, value]: [string, unknown]) =>
    isNothing(value) || (name === 'Propagation' && (value === 'rprivate' || value === 'private'));
  return inner.filter((option) => !isUsual(option)).map(([name]) => name);
}

type Binding = { HostIp: string; HostPort: string };

function readEndpoints(container: InspectedContainer): Told<Adoption['endpoints']> {
  const { HostConfig: host, Config: config } = container;
  const held = container.NetworkSettings?.Ports ?? {};
  const asked: Record<string, Binding[] | null> = { ...host.PortBindings };
  if (host.PublishAllPorts === true) {
    for (const key of Object.keys(config.ExposedPorts ?? {})) asked[key] ??= [{ HostIp: '', HostPort: '' }];
  }
  const value: Adoption['endpoints'] = [];
  const lost: string[] = [];
  for (const [key, bindings] of Object.entries(asked)) {
    const [containerPort, protocol = 'tcp'] = key.split('/');
    for (const binding of bindings ?? []) {
      const hostPort = fixedPort(binding) ?? heldPort(binding, held[key] ?? []);
      if (protocol !== 'tcp' && protocol !== 'udp') lost.push(`It publishes ${key}.`);
      else if (hostPort === null) lost.push(`It publishes ${key} at a random port, and holds none now.`);
      else value.push({ protocol, containerPort: Number(containerPort), address: addressOf(binding), hostPort });
    }
  }
  const order = (one: Adoption['endpoints'][number]) => one.containerPort * 2 + (one.protocol === 'udp' ? 1 : 0);
  return { value: onePerPort(value).sort((a, b) => order(a) - order(b)), lost };
}

/** The engine takes no address for all of them; as an endpoint that is the one of IPv4. */
function addressOf({ HostIp: address }: Binding): string {
  return address === '' ? '0.0.0.0' : address;
}

/** Null for a random port and for one of a range. */
function fixedPort({ HostPort: said }: Binding): number | null {
  const port = /^\d+$/.test(said) ? Number(said) : 0;
  return port > 0 ? port : null;
}

function heldPort(binding: Binding, held: readonly Binding[]): number | null {
  const address = addressOf(binding);
  const found = held.find((each) => addressOf(each) === address) ?? held[0];
  return found === undefined ? null : fixedPort(found);
}

/** Both families at the same port are one endpoint. */
function onePerPort(endpoints: Adoption['endpoints']): Adoption['endpoints'] {
  const sameButFor = (one: Adoption['endpoints'][number], address: string) =>
    endpoints.some((each) => isDeepStrictEqual(each, { ...one, address }));
  return endpoints.filter((each) => each.address !== '::' || !sameButFor(each, '0.0.0.0'));
}
