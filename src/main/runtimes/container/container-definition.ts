import { posix } from 'node:path';
import { z } from 'zod';
import { ClosError } from '#shared/contract/clos-error.ts';
import { portMap, toCompose, toPorts, toRestartPolicy } from './observed-container.ts';
import { isRecord } from './policy-checks.ts';
import type { ContainerDefinition } from './types.ts';

const record = z.record(z.string(), z.unknown()).nullish();
const words = z.array(z.string()).nullish();
const text = z.string().nullish();

/** What a container and an image have in common. Fields that are not named here are kept as they came. */
const runConfig = {
  Env: words,
  Cmd: words,
  Entrypoint: words,
  WorkingDir: text,
  User: text,
  Labels: z.record(z.string(), z.string()).nullish(),
  StopSignal: z.union([z.string(), z.number()]).nullish(),
  Healthcheck: record,
  ExposedPorts: record,
};

const endpoint = z.object({
  NetworkID: z.string().default(''),
  Aliases: words,
  Links: words,
  IPAMConfig: record,
  DriverOpts: record,
  GwPriority: z.number().nullish(),
});

const mountPoint = z.object({
  Type: z.string().default(''),
  Name: z.string().default(''),
  Source: z.string().default(''),
  Destination: z.string().default(''),
  RW: z.boolean().default(true),
  Propagation: z.string().default(''),
});

/** The part of the engine's inspect answer that says what a container was made from. */
const containerPart = z.object({
  Id: z.string(),
  Name: z.string(),
  Image: z.string().default(''),
  Config: z.looseObject({ ...runConfig, Image: z.string().default(''), Hostname: text }),
  HostConfig: z.looseObject({
    Binds: words,
    Mounts: z.array(z.looseObject({ Type: text, Source: text, Target: text })).nullish(),
    NetworkMode: text,
    PortBindings: portMap,
    RestartPolicy: z.object({ Name: z.string().default(''), MaximumRetryCount: z.number().default(0) }).nullish(),
    AutoRemove: z.boolean().nullish(),
    PublishAllPorts: z.boolean().nullish(),
    Runtime: text,
    LogConfig: z.object({ Type: text, Config: z.record(z.string(), z.string()).nullish() }).nullish(),
  }),
  Mounts: z.array(mountPoint).nullish(),
  NetworkSettings: z
    .object({ Networks: z.record(z.string(), endpoint.nullable()).nullish(), Ports: portMap })
    .nullish(),
  /** Engines with containerd's image store, which has an image for several platforms. */
  ImageManifestDescriptor: z
    .object({
      platform: z.object({ os: z.string(), architecture: z.string(), variant: z.string().optional() }).nullish(),
    })
    .nullish(),
});

const sourceSchema = z.object({
  container: containerPart,
  /** The image that the container runs; null where the engine no longer has it. */
  image: z.object({ Config: z.object(runConfig).nullish() }).nullable(),
  /** What the image's name stands for now; null where it stands for nothing. */
  namedImageId: z.string().nullable(),
  engine: z.object({ CgroupVersion: z.string().default(''), LoggingDriver: z.string().default('') }),
});

export type DefinitionSource = z.output<typeof sourceSchema>;
export type InspectedContainer = DefinitionSource['container'];

/** The engine's answers about a container, its image and the engine itself. */
export interface DefinitionAnswers {
  container: unknown;
  image: unknown;
  namedImageId: string | null;
  engine: unknown;
}

/** Reads the engine's answers. */
export function toDefinition(answers: DefinitionAnswers): ContainerDefinition {
  const source = parse(sourceSchema, answers);
  const { container } = source;
  const { Config: config, HostConfig: host } = container;
  const labels = config.Labels ?? {};
  return {
    id: container.Id,
    name: container.Name.replace(/^\//, ''),
    image: config.Image === '' ? container.Image : config.Image,
    labels,
    project: toCompose(labels)?.project ?? null,
    claims: toPorts(host.PortBindings),
    restart: {
      name: toRestartPolicy(host.RestartPolicy?.Name),
      maxRetries: host.RestartPolicy?.MaximumRetryCount ?? 0,
    },
    removedWhenStopped: host.AutoRemove === true,
    networks: Object.keys(container.NetworkSettings?.Networks ?? {}),
    anonymousVolumes: anonymousVolumes(container),
    raw: source,
  };
}

/** What `raw` of a definition holds, parsed again: a definition may have been kept somewhere. */
export function sourceOf(definition: ContainerDefinition): DefinitionSource {
  return parse(sourceSchema, definition.raw);
}

/** Reads an inspect answer for what a container was made from. */
export function parseContainer(answer: unknown): InspectedContainer {
  return parse(containerPart, answer);
}

function parse<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const sentence = 'The container engine described a container in a way that CLOS does not understand.';
  throw new ClosError('ENGINE_ERROR', sentence, { cause: parsed.error });
}

/**
 * Engines name a volume that nobody named by 64 hexadecimal digits. The name is the mark, not its absence from the definition: Podman
 * tells it among the binds, and so does every engine of a volume that CLOS has carried on by its name.
 */
export const madeByEngine = /^[0-9a-f]{64}$/;

export function anonymousVolumes(container: InspectedContainer): ContainerDefinition['anonymousVolumes'] {
  return (container.Mounts ?? []).flatMap(({ Type, Name, Destination, RW }) =>
    Type === 'volume' && madeByEngine.test(Name) ? [{ name: Name, target: targetOf(Destination), readOnly: !RW }] : [],
  );
}

/** One spelling of a folder inside a container. */
export function targetOf(path: string): string {
  const plain = posix.normalize(path);
  return plain.length > 1 && plain.endsWith('/') ? plain.slice(0, -1) : plain;
}

/** Podman calls its runtime so, whichever it is. */
export function isPodman(container: InspectedContainer): boolean {
  return container.HostConfig.Runtime === 'oci';
}

/** The annotations that a user asked for; Podman adds its own to each container. */
export function ownAnnotations(container: InspectedContainer): Record<string, unknown> {
  const { Annotations: all } = container.HostConfig;
  const podmans = /^(?:io\.podman\.annotations|io\.container\.manager$|org\.opencontainers\.image)/;
  return Object.fromEntries(Object.entries(isRecord(all) ? all : {}).filter(([name]) => !podmans.test(name)));
}

/**
 * What the engine hides of /proc or protects in it, where that is not the usual. The lists differ from version to version; one without
 * its first concern is one that was taken away.
 */
export function unusualPaths(container: InspectedContainer): { MaskedPaths?: unknown; ReadonlyPaths?: unknown } {
  const { MaskedPaths: masked, ReadonlyPaths: readonly } = container.HostConfig;
  const lacks = (paths: unknown, path: string) => paths != null && !(Array.isArray(paths) && paths.includes(path));
  return {
    ...(lacks(masked, '/proc/kcore') ? { MaskedPaths: masked } : {}),
    ...(lacks(readonly, '/proc/sys') ? { ReadonlyPaths: readonly } : {}),
  };
}

/** Without a host name of its own a container has the first digits of its id. */
export function isOwnHostname(container: InspectedContainer): boolean {
  const { Hostname: hostname } = container.Config;
  return !isNothing(hostname) && hostname !== container.Id.slice(0, 12);
}

/** A network that a container is to be on, as a create or connect call takes it: what the user asked for, nothing that the engine gave. */
export interface NetworkAttachment {
  name: string;
  config: {
    Aliases?: string[];
    Links?: string[];
    IPAMConfig?: Record<string, unknown>;
    DriverOpts?: Record<string, unknown>;
    GwPriority?: number;
  };
}

/**
 * The networks of a container: the one that it was created on, and those that it was connected to. `primary` is null where its
 * network mode is no network (`none`, `host`, another container's).
 */
export function attachmentsOf(container: InspectedContainer): {
  primary: NetworkAttachment | null;
  further: NetworkAttachment[];
} {
  const mode = container.HostConfig.NetworkMode ?? '';
  const isDefault = mode === '' || mode === 'default' || mode === 'bridge';
  const known = Object.entries(container.NetworkSettings?.Networks ?? {});
  const isPrimary = ([name, config]: (typeof known)[number]) =>
    name === (isDefault ? 'bridge' : mode) || (mode !== '' && config?.NetworkID === mode);
  // Podman says `bridge` of every network of that kind.
  const primary = known.find(isPrimary) ?? (isDefault ? known[0] : undefined);
  const attach = ([name, config]: (typeof known)[number]): NetworkAttachment => ({
    name,
    config: config === null ? {} : userConfig(container, config),
  });
  if (primary === undefined || mode === 'none' || mode === 'host') return { primary: null, further: [] };
  return { primary: attach(primary), further: known.filter((each) => each !== primary).map(attach) };
}

function userConfig(container: InspectedContainer, config: z.output<typeof endpoint>): NetworkAttachment['config'] {
  // Engines up to 24 list the id's digits and the host name among the aliases; the new container gets its own.
  const given = new Set([container.Id.slice(0, 12), container.Config.Hostname ?? '']);
  const aliases = (config.Aliases ?? []).filter((alias) => !given.has(alias));
  const addresses = Object.entries(config.IPAMConfig ?? {}).filter(([, value]) => !isNothing(value));
  return {
    ...(aliases.length === 0 ? {} : { Aliases: [...new Set(aliases)] }),
    ...(isNothing(config.Links) ? {} : { Links: config.Links ?? [] }),
    ...(addresses.length === 0 ? {} : { IPAMConfig: Object.fromEntries(addresses) }),
    ...(isNothing(config.DriverOpts) ? {} : { DriverOpts: config.DriverOpts ?? {} }),
    ...(config.GwPriority ? { GwPriority: config.GwPriority } : {}),
  };
}

/** A field that says nothing: engines write null, an empty list or text, zero or false where nobody asked for anything. */
export function isNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true;
  if (Array.isArray(value)) return value.every((item) => item === 0);
  return typeof value === 'object' && Object.keys(value).length === 0;
}
