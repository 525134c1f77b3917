import { carriedLabel } from './carry-over.ts';
import {
  anonymousVolumes,
  attachmentsOf,
  type InspectedContainer as Container,
  type DefinitionSource,
  isNothing,
  isOwnHostname,
  isPodman,
  madeByEngine,
  type NetworkAttachment,
  ownAnnotations,
  sourceOf,
  targetOf,
  unusualPaths,
} from './container-definition.ts';
import { splitBind } from './mount-policy.ts';
import { isRecord } from './policy-checks.ts';
import {
  type ContainerChanges,
  type ContainerDefinition,
  containerLabels,
  type EngineRestartPolicy,
  type PortBinding,
} from './types.ts';

/** A create call's body, as it came about from what an engine said; the policy has not seen it yet. */
export interface LikeBody {
  body: Record<string, unknown>;
  /** The primary network is part of the body; these are joined after the create, which takes only one before API 1.44. */
  further: NetworkAttachment[];
  /** `linux/arm64/v8`, where the engine says of which platform of the image the container is. */
  platform: string | null;
}

type Mount = NonNullable<Container['HostConfig']['Mounts']>[number];

/** Fields of the old container that are put together anew, or that mean nothing for another one. */
const configHandled = new Set([
  'Image',
  'Env',
  'Labels',
  'Hostname',
  'ExposedPorts',
  'Entrypoint',
  'MacAddress',
  'OnBuild',
]);
const hostHandled = new Set([
  ...['Binds', 'Mounts', 'VolumesFrom', 'NetworkMode', 'PortBindings', 'PublishAllPorts', 'RestartPolicy', 'LogConfig'],
  ...['ContainerIDFile', 'MaskedPaths', 'ReadonlyPaths', 'CgroupnsMode', 'Runtime', 'Ulimits', 'Isolation', 'Init'],
  ...['MemorySwappiness', 'Annotations'],
]);

/** The body that makes a container like another but for the changes. */
export function toLikeBody(definition: ContainerDefinition, changes: ContainerChanges): LikeBody {
  const source = sourceOf(definition);
  const { container } = source;
  const { Config: config, HostConfig: host } = container;
  const { primary, further } = attachmentsOf(container);
  const ports = changes.ports ?? [];
  const mounts = mountsOf(container);
  const carried = anonymousVolumes(container).map(({ name }) => name);
  const platform = container.ImageManifestDescriptor?.platform;
  return {
    body: {
      ...fieldsOf(config, configHandled),
      name: changes.name,
      Image: imageOf(source),
      Env: environment(config.Env ?? [], changes.env ?? {}),
      Labels: labelsOf(config.Labels ?? {}, changes.labels ?? {}, carried),
      ExposedPorts: { ...config.ExposedPorts, ...Object.fromEntries(ports.map((port) => [keyOf(port), {}])) },
      ...entrypointOf(source),
      ...(isOwnHostname(container) ? { Hostname: config.Hostname } : {}),
      HostConfig: {
        ...fieldsOf(host, hostHandled),
        ...oddFields(source),
        NetworkMode: primary?.name ?? host.NetworkMode,
        PortBindings: portBindings(container, ports),
        RestartPolicy: restartPolicy(changes.restartPolicy ?? definition.restart),
        Binds: mounts.binds,
        Mounts: mounts.mounts,
      },
      NetworkingConfig: { EndpointsConfig: primary === null ? {} : { [primary.name]: primary.config } },
    },
    further,
    platform:
      platform == null ? null : [platform.os, platform.architecture, platform.variant].filter(Boolean).join('/'),
  };
}

/** Engines refuse a number of retries for all but `on-failure`. */
function restartPolicy({ name, maxRetries }: EngineRestartPolicy): { Name: string; MaximumRetryCount: number } {
  return { Name: name, MaximumRetryCount: name === 'on-failure' ? maxRetries : 0 };
}

/** All but those that are handled apart and those that say nothing; what is unknown goes along, for the policy to refuse. */
function fieldsOf(fields: Record<string, unknown>, handled: ReadonlySet<string>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(
      ([name, value]) => !handled.has(name) && (name === 'StopTimeout' ? value != null : !isNothing(value)),
    ),
  );
}

/** The very image: its name, for people, unless that stands for another one by now. */
function imageOf({ container, namedImageId }: DefinitionSource): string {
  return container.Config.Image !== '' && namedImageId === container.Image ? container.Config.Image : container.Image;
}

function environment(old: readonly string[], changes: Record<string, string>): string[] {
  const kept = old.filter((entry) => !Object.hasOwn(changes, entry.split('=', 1)[0] ?? ''));
  return [...kept, ...Object.entries(changes).map(([name, value]) => `${name}=${value}`)];
}

function labelsOf(
  old: Record<string, string>,
  changes: Record<string, string>,
  carried: readonly string[],
): Record<string, string> {
  // The operation that made the old container did not make this one.
  const { [containerLabels.operation]: _, [containerLabels.carried]: __, ...kept } = old;
  return { ...kept, ...changes, ...carriedLabel(carried) };
}

/** An entrypoint that was taken away is asked for by an empty one; left out, the image's own would be back. */
function entrypointOf({ container, image }: DefinitionSource): { Entrypoint?: string[] } {
  const { Entrypoint: entrypoint } = container.Config;
  if (entrypoint != null && entrypoint.length > 0) return { Entrypoint: entrypoint };
  return isNothing(image?.Config?.Entrypoint) ? {} : { Entrypoint: [''] };
}

function keyOf({ containerPort, protocol }: PortBinding): string {
  return `${containerPort}/${protocol}`;
}

type Bindings = Record<string, { HostIp: string; HostPort: string }[]>;

function portBindings(container: Container, changes: readonly PortBinding[]): Bindings {
  const { HostConfig: host, Config: config } = container;
  const bindings: Bindings = {};
  for (const [key, value] of Object.entries(host.PortBindings ?? {})) bindings[key] = value ?? [];
  // What `publish all` would publish, one by one: at a random port each.
  if (host.PublishAllPorts === true) {
    for (const key of Object.keys(config.ExposedPorts ?? {})) bindings[key] ??= [{ HostIp: '', HostPort: '' }];
  }
  for (const change of changes) bindings[keyOf(change)] = [];
  for (const change of changes) {
    bindings[keyOf(change)]?.push({ HostIp: change.hostAddress, HostPort: String(change.hostPort) });
  }
  return bindings;
}

/**
 * The mounts as they are, by name where the engine had chosen one: what the definition does not name but the container has
 * (anonymous volumes, volumes of another container) is mounted from where it is now.
 */
export function mountsOf(container: Container): { binds: string[]; mounts: Mount[] } {
  const { HostConfig: host } = container;
  const points = new Map((container.Mounts ?? []).map((point) => [targetOf(point.Destination), point]));
  const taken = new Set<string>();
  const binds: string[] = [];
  for (const bind of host.Binds ?? []) {
    const [source = '', target, options] = splitBind(bind);
    // A bind without a source is an anonymous volume; Podman lists those with their names, and its own words among the options.
    if (target === undefined || madeByEngine.test(source)) continue;
    taken.add(targetOf(target));
    binds.push([source, target, ...plainOptions(options)].join(':'));
  }
  const mounts: Mount[] = [];
  for (const mount of host.Mounts ?? []) {
    const target = targetOf(mount.Target ?? '');
    if (mount.Type === 'volume' && isNothing(mount.Source) && !points.get(target)?.Name) continue;
    taken.add(target);
    const fields = Object.entries(mount).filter(([, value]) => !isNothing(value));
    mounts.push({
      ...Object.fromEntries(fields),
      ...(mount.Type === 'volume' && isNothing(mount.Source) ? { Source: points.get(target)?.Name } : {}),
    });
  }
  for (const [target, point] of points) {
    if (taken.has(target) || (point.Type !== 'volume' && point.Type !== 'bind')) continue;
    const isBind = point.Type === 'bind';
    mounts.push({
      Type: point.Type,
      Source: isBind ? point.Source : point.Name,
      Target: target,
      ReadOnly: !point.RW,
      ...(isBind && point.Propagation !== '' ? { BindOptions: { Propagation: point.Propagation } } : {}),
    });
  }
  return { binds, mounts };
}

/** What Podman adds to every mount by itself. */
const podmanOptions = new Set(['rbind', 'nosuid', 'nodev', 'exec']);

function plainOptions(options: string | undefined): string[] {
  const kept = (options ?? '').split(',').filter((option) => option !== '' && !podmanOptions.has(option));
  return kept.length === 0 ? [] : [kept.join(',')];
}

/** Fields whose value in an answer does not mean what it would mean in a request. */
function oddFields({ container, engine }: DefinitionSource): Record<string, unknown> {
  const { HostConfig: host } = container;
  const podman = isPodman(container);
  const odd: Record<string, unknown> = {};
  const keep = (name: string, unless: boolean) => {
    if (!unless && host[name] != null) odd[name] = host[name];
  };
  // False is a word of its own: the engine may give an init to all.
  keep('Init', false);
  keep('MemorySwappiness', podman && isNothing(host.MemorySwappiness));
  keep('Isolation', isNothing(host.Isolation) || host.Isolation === 'default');
  keep('Runtime', podman || isNothing(host.Runtime));
  // The host's is what everybody has where control groups are of version 1.
  keep('CgroupnsMode', isNothing(host.CgroupnsMode) || (host.CgroupnsMode === 'host' && engine.CgroupVersion === '1'));
  Object.assign(odd, unusualPaths(container));
  const annotations = ownAnnotations(container);
  if (!isNothing(annotations)) odd.Annotations = annotations;
  if (Array.isArray(host.Ulimits) && host.Ulimits.length > 0) odd.Ulimits = host.Ulimits.map(toUlimit);
  if (host.LogConfig != null) {
    const { Type: type, Config: options } = host.LogConfig;
    // The engine's own driver is left to the engine: it may be one that nobody may ask for.
    odd.LogConfig = { Type: type === engine.LoggingDriver ? '' : type, Config: options ?? {} };
  }
  return odd;
}

/** Podman says `RLIMIT_NOFILE` for `nofile`. */
function toUlimit(limit: unknown): unknown {
  if (!isRecord(limit) || typeof limit.Name !== 'string') return limit;
  return { ...limit, Name: limit.Name.replace(/^RLIMIT_/, '').toLowerCase() };
}
