import { constants } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import {
  attachmentsOf,
  type DefinitionSource,
  type InspectedContainer,
  isNothing,
  isOwnHostname,
  isPodman,
  type NetworkAttachment,
  ownAnnotations,
  unusualPaths,
} from './container-definition.ts';
import { isRecord, shown } from './policy-checks.ts';
import { closNetwork } from './types.ts';

type Host = InspectedContainer['HostConfig'];

/** The default of an engine for `/dev/shm`, of Docker and of Podman. */
const usualShm = new Set<unknown>([67_108_864, 65_536_000]);

/** How a setting of the host configuration is said; null where it says nothing after all. */
const sentences: Record<string, (value: unknown, host: Host) => string | null> = {
  Privileged: () => 'It is privileged.',
  CapAdd: (value) => `It has the further capabilities ${listed(value)}.`,
  CapDrop: (value) => `It lacks the capabilities ${listed(value)}.`,
  Devices: (value) => `It has devices of the host: ${listed(value, 'PathOnHost')}.`,
  DeviceRequests: () => 'It has devices of the host, such as a graphics card.',
  SecurityOpt: (value) => `It has the security options ${listed(value)}.`,
  Sysctls: (value) => `It sets parameters of the kernel: ${names(value)}.`,
  Ulimits: (value) => `It has limits of its own for ${listed(value, 'Name')}.`,
  ExtraHosts: (value) => `It knows further hosts: ${listed(value)}.`,
  Dns: (value) => `It asks the name servers ${listed(value)}.`,
  Tmpfs: (value) => `It has a file system in memory at ${names(value)}.`,
  GroupAdd: (value) => `It belongs to the groups ${listed(value)}.`,
  ReadonlyRootfs: () => 'Its own files cannot be written.',
  AutoRemove: () => 'The engine removes it as soon as it ends.',
  ShmSize: (value) => (usualShm.has(value) ? null : `Its shared memory has ${shown(value)} bytes.`),
  PidMode: (value) => shared(value, 'the processes'),
  IpcMode: (value) => shared(value, 'the memory between processes'),
  UTSMode: (value) => shared(value, 'the host name'),
  UsernsMode: (value) => shared(value, 'the user ids'),
  MemorySwap: (value, host) => (isNothing(host.Memory) || value === host.Memory ? null : 'It may swap.'),
  // Podman's word for the default.
  MemorySwappiness: (value) => (value === -1 ? null : `It swaps as eagerly as ${shown(value)} of 100.`),
  Runtime: (value) => (value === 'runc' || value === 'oci' ? null : `It runs in the runtime ${shown(value)}.`),
};

/** Settings that a service has, that are told elsewhere, or that mean nothing for another container. */
const toldElsewhere = new Set([
  ...['Binds', 'Mounts', 'VolumesFrom', 'NetworkMode', 'PortBindings', 'PublishAllPorts', 'RestartPolicy', 'Init'],
  ...['NanoCpus', 'CpuQuota', 'CpuPeriod', 'Memory', 'PidsLimit', 'LogConfig', 'ContainerIDFile', 'ConsoleSize'],
  ...['MaskedPaths', 'ReadonlyPaths', 'CgroupnsMode', 'Isolation', 'Annotations', 'VolumeDriver'],
]);

/** What a container has beyond a service's specification, in sentences; mounts, variables and endpoints are told elsewhere. */
export function lostSettings(source: DefinitionSource): string[] {
  const { container } = source;
  const { HostConfig: host } = container;
  const lost = Object.entries(sentences).flatMap(([name, say]) => {
    const sentence = isNothing(host[name]) ? null : say(host[name], host);
    return sentence === null ? [] : [sentence];
  });
  const unnamed = Object.keys(host).filter(
    (name) => !isNothing(host[name]) && !toldElsewhere.has(name) && !Object.hasOwn(sentences, name),
  );
  if (!isNothing(unusualPaths(container))) lost.push('It sees what engines hide and protect of the kernel.');
  const annotations = ownAnnotations(container);
  if (!isNothing(annotations)) lost.push(`It has the annotations ${names(annotations)}.`);
  if (unnamed.length > 0) lost.push(`It has settings that a service lacks: ${some(unnamed.sort())}.`);
  return [...lostImage(source), ...lostConfig(source), ...lostNetworks(container), ...lost, ...lostLog(source)];
}

function lostImage({ container, image, namedImageId }: DefinitionSource): string[] {
  if (image === null)
    return ['Its image is no longer there, so that nobody can tell what the image says and what does not.'];
  if (namedImageId === container.Image || container.Config.Image === container.Image) return [];
  return [`It runs an older image than the one that is ${container.Config.Image} now.`];
}

function lostConfig({ container, image }: DefinitionSource): string[] {
  const { Config: config } = container;
  const own = image?.Config;
  const lost: string[] = [];
  if (!isDeepStrictEqual(config.Entrypoint ?? [], own?.Entrypoint ?? [])) {
    lost.push(
      isNothing(config.Entrypoint)
        ? 'It starts without the entrypoint of its image.'
        : `It has an entrypoint of its own: ${config.Entrypoint?.join(' ')}.`,
    );
  }
  if (isOwnHostname(container)) lost.push(`Its host name is ${config.Hostname}.`);
  if (!isNothing(config.Domainname)) lost.push(`Its domain is ${shown(config.Domainname)}.`);
  if (!isNothing(config.Healthcheck) && !sameHealthcheck(config.Healthcheck, own?.Healthcheck)) {
    lost.push(`It has a health check of its own: ${listed(config.Healthcheck?.Test).replaceAll(', ', ' ')}.`);
  }
  const signal = signalName(config.StopSignal);
  if (signal !== signalName(own?.StopSignal)) lost.push(`It is stopped with ${signal}.`);
  const grace = config.StopTimeout;
  if (typeof grace === 'number' && grace !== 10 && !(isPodman(container) && grace === 0)) {
    lost.push(`It has ${grace} s to end.`);
  }
  if (config.Tty === true) lost.push('It has a terminal.');
  if (config.OpenStdin === true) lost.push('Its input is open.');
  return [...lost, ...lostLabels(config.Labels ?? {}, own?.Labels ?? {})];
}

/** Engines fill in what the image left open, each in its way: only what the image says is compared. */
function sameHealthcheck(
  one: Record<string, unknown> | null | undefined,
  other: Record<string, unknown> | null | undefined,
) {
  if (isNothing(other)) return false;
  return Object.entries(other ?? {}).every(
    ([name, value]) => isNothing(value) || isDeepStrictEqual(one?.[name], value),
  );
}

const ours = 'dev.candlefish.clos.';
const compose = 'com.docker.compose.';

function lostLabels(labels: Record<string, string>, own: Record<string, string>): string[] {
  const further = Object.keys(labels).filter((name) => !name.startsWith(ours) && labels[name] !== own[name]);
  const plain = further.filter((name) => !name.startsWith(compose));
  const project = labels[`${compose}project`];
  return [
    ...(project === undefined ? [] : [`The compose project ${project} knows it by its labels.`]),
    ...(plain.length === 0 ? [] : [`It has labels of its own: ${some(plain)}.`]),
  ];
}

/** Where nobody is called by name: a container on these is found by its address only, wherever it is. */
const namelessNetworks = new Set(['bridge', 'podman']);

function lostNetworks(container: InspectedContainer): string[] {
  const { primary, further } = attachmentsOf(container);
  const mode = container.HostConfig.NetworkMode ?? '';
  if (primary === null) {
    if (mode === 'none') return ['It has no network.'];
    if (mode === 'host') return ['It uses the network of the host.'];
    return mode.startsWith('container:') ? ['It uses the network of another container.'] : [];
  }
  return [primary, ...further].filter(({ name }) => !namelessNetworks.has(name) && name !== closNetwork).map(onNetwork);
}

function onNetwork({ name, config }: NetworkAttachment): string {
  const { Aliases: aliases = [], IPAMConfig: addresses = {} } = config;
  const as = aliases.length === 0 ? '' : ` as ${aliases.join(', ')}`;
  const at = isNothing(addresses) ? '' : ` at ${Object.values(addresses).map(String).join(', ')}`;
  return `It is on the network ${name}${as}${at}.`;
}

function lostLog({ container, engine }: DefinitionSource): string[] {
  const { Type: type, Config: options } = container.HostConfig.LogConfig ?? {};
  const lost: string[] = [];
  if (!isNothing(type) && !isNothing(engine.LoggingDriver) && type !== engine.LoggingDriver)
    lost.push(`Its log goes to ${type}.`);
  if (!isNothing(options)) lost.push(`Its log has the options ${names(options)}.`);
  return lost;
}

function shared(mode: unknown, what: string): string | null {
  if (mode === 'host') return `It shares ${what} of the host.`;
  return typeof mode === 'string' && /^(?:container|ns):/.test(mode) ? `It shares ${what} of another container.` : null;
}

function signalName(said: string | number | null | undefined): string {
  if (said === undefined || said === null || said === '') return 'SIGTERM';
  const number = Number(said);
  if (Number.isNaN(number)) return `SIG${String(said).toUpperCase().replace(/^SIG/, '')}`;
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? String(said);
}

/** The items of a list for a sentence; of objects the field that tells them apart. */
function listed(value: unknown, field?: string): string {
  const items = Array.isArray(value) ? value : [value];
  return some(items.map((item) => shown(field !== undefined && isRecord(item) ? item[field] : item)));
}

function names(value: unknown): string {
  return some(Object.keys(isRecord(value) ? value : {}));
}

const mostNamed = 8;

function some(items: readonly string[]): string {
  const rest = items.length - mostNamed;
  return `${items.slice(0, mostNamed).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
