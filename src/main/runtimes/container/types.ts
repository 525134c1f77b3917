/** The labels that say which CLOS a container belongs to, and what it is for. The caller gives the values. */
export const containerLabels = {
  /** The identity of the CLOS home: two homes on one engine leave each other's containers alone. */
  home: 'dev.candlefish.clos.home',
  service: 'dev.candlefish.clos.service',
  /** The operation that created the container: a create whose answer was lost is found again by it. */
  operation: 'dev.candlefish.clos.operation',
  instance: 'dev.candlefish.clos.instance',
  /** The anonymous volumes that a container took over from the one it replaced: the engine takes them for named ones now. */
  carried: 'dev.candlefish.clos.carried',
} as const;

/** The network that CLOS containers share, so that they reach each other by name. */
export const closNetwork = 'clos-network';

export type Protocol = 'tcp' | 'udp' | 'sctp';

/** Files that a TLS connection to a remote engine needs; `verify: false` encrypts without checking who answers. */
export interface EngineTls {
  ca: string | null;
  cert: string | null;
  key: string | null;
  verify: boolean;
}

export type EngineAddress =
  | { kind: 'socket'; path: string }
  | { kind: 'pipe'; path: string }
  | { kind: 'tcp'; host: string; port: number; tls: EngineTls | null };

/** The answer of looking for an engine; `how` and `reason` are sentences for people. */
export type EngineFinding =
  | {
      found: true;
      address: EngineAddress;
      source: 'environment' | 'context' | 'default';
      context: string | null;
      how: string;
    }
  | { found: false; reason: string };

/** The log of a part; the shape that pino has. */
export interface EngineLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** A port of the container, published at an address and port of the host. */
export interface PortBinding {
  protocol: Protocol;
  containerPort: number;
  hostAddress: string;
  hostPort: number;
}

export interface ContainerMount {
  type: 'volume' | 'bind';
  /** The volume's name, or the absolute folder or file on the host. */
  source: string;
  target: string;
  readOnly?: boolean;
}

/** A health check that the engine itself runs inside the container. */
export interface EngineHealthCheck {
  command: string[];
  intervalMs?: number;
  timeoutMs?: number;
  retries?: number;
  startPeriodMs?: number;
}

/** What a container is made of. CLOS owns restarts, so the engine's restart policy is always `no`. */
export interface ContainerSpec {
  name: string;
  image: string;
  command?: string[];
  env: Record<string, string>;
  /** Must carry `containerLabels.operation`: a lost answer to the create is settled by it. */
  labels: Record<string, string>;
  ports: PortBinding[];
  mounts: ContainerMount[];
  /** A small init as process 1, which reaps children and passes signals on. */
  init: boolean;
  workingDir?: string;
  user?: string;
  /** A user-defined network, made when it is missing; usually `closNetwork`. */
  network: string;
  aliases: string[];
  /** The name under which it reaches its host; absent when it need not. */
  hostName?: string;
  limits: { cpus?: number; memoryBytes?: number; pids?: number };
  healthCheck?: EngineHealthCheck;
  /** How long the engine waits between the stop signal and the kill when nobody says otherwise. */
  stopGraceMs: number;
}

/**
 * What a container was made from, with enough to make one like it. Plain JSON without times or state, so it may be kept; `raw` is the
 * engine's own answer, holds the environment with its secrets, and is read only by `createLike` and `describeForAdoption`.
 */
export interface ContainerDefinition {
  id: string;
  name: string;
  /** As it was asked for: `postgres:17`, or an id. */
  image: string;
  labels: Record<string, string>;
  /** Its compose project. */
  project: string | null;
  /** The host ports that it takes when it starts, without random ones. */
  claims: PublishedPort[];
  restart: EngineRestartPolicy;
  /** The engine removes it, and its anonymous volumes, as soon as it ends: make the next one before this one stops. */
  removedWhenStopped: boolean;
  networks: string[];
  /** Volumes without a name of the user's: the engine made them for a `VOLUME` of the image or a mount without a source. */
  anonymousVolumes: { name: string; target: string; readOnly: boolean }[];
  raw: unknown;
}

/** The restart policy of an engine. `maxRetries` counts for `on-failure`; 0 is without end. */
export interface EngineRestartPolicy {
  name: 'no' | 'always' | 'on-failure' | 'unless-stopped';
  maxRetries: number;
}

/** In what a container made by `createLike` differs from the one it is made after. */
export interface ContainerChanges {
  name: string;
  /** Replace all bindings of the container ports that they name; bindings of other container ports stay. */
  ports?: PortBinding[];
  /** Added. Must carry `containerLabels.operation`: a lost answer to the create is settled by it. */
  labels?: Record<string, string>;
  /** Replaced by name, or added. */
  env?: Record<string, string>;
  restartPolicy?: EngineRestartPolicy;
}

/** A container that CLOS did not make, in the words of a service. A field that the image sets itself is absent. */
export interface Adoption {
  image: string;
  command?: string[];
  workingDir?: string;
  user?: string;
  /** Named volumes and folders; anonymous volumes are carried on by `carryFrom` and `createLike`. */
  mounts: ContainerMount[];
  init: boolean;
  /** Only what differs from the image. */
  env: Record<string, string>;
  /** `memory` in bytes. */
  limits: { cpus?: number; memory?: number; pids?: number };
  /** Ports at a fixed place, and those at a random one or in a range by what they hold now. */
  endpoints: { protocol: 'tcp' | 'udp'; containerPort: number; address: string; hostPort: number }[];
  restart: { policy: 'no' | 'on-failure' | 'always'; maxRetries: number };
  /** Its compose project. */
  project: string | null;
  /**
   * What it has and a service cannot say, in sentences. Where there is any, the container is driven as it is and recreated by
   * `createLike`; from the service's own specification it would come back without these.
   */
  lost: string[];
}

export const containerStates = ['created', 'running', 'paused', 'restarting', 'exited', 'dead', 'removing'] as const;
export type ContainerState = (typeof containerStates)[number];

/** A host port that a container holds (`ports`) or would take when it starts (`claims`). */
export interface PublishedPort {
  protocol: Protocol;
  address: string;
  port: number;
  containerPort: number;
}

/** A container as the engine shows it, ours or not. Times are ISO 8601 UTC. */
export interface ObservedContainer {
  id: string;
  /** Without the leading slash. */
  name: string;
  /** As it was asked for: `shop/web:1`, or an id. */
  image: string;
  imageId: string;
  state: ContainerState;
  /** For people: `running`, `exited with code 137, out of memory`. */
  statusText: string;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  /** Null until it has ended once, and while it runs. */
  exitCode: number | null;
  oomKilled: boolean;
  health: 'none' | 'starting' | 'healthy' | 'unhealthy';
  /** Why the engine could not start it, in the engine's words. */
  error: string | null;
  /** On the engine's host; null while it does not run. */
  pid: number | null;
  labels: Record<string, string>;
  compose: { project: string; service: string | null; workingDir: string | null } | null;
  /** What it holds now. */
  ports: PublishedPort[];
  /**
   * What its definition asks for, running or not. An empty host address claims both families, so it stands here twice
   * (`0.0.0.0` and `::`). Random ports and ranges claim no port in particular and are left out.
   */
  claims: PublishedPort[];
  restartPolicy: 'no' | 'always' | 'on-failure' | 'unless-stopped';
  /** The signal that a stop sends, such as `SIGQUIT`; null is `SIGTERM`. */
  stopSignal: string | null;
  networks: string[];
}

/** What an event of a container can say; other events are left out. */
export const containerActions = [
  'create',
  'start',
  'kill',
  'die',
  'oom',
  'stop',
  'restart',
  'pause',
  'unpause',
  'rename',
  'update',
  'destroy',
  'health_status',
] as const;
export type ContainerAction = (typeof containerActions)[number];

/** A fact of the engine. Of networks only their end is told. */
export type EngineEvent =
  | {
      type: 'container';
      action: ContainerAction;
      id: string;
      name: string;
      image: string;
      labels: Record<string, string>;
      /** With `die`. */
      exitCode?: number;
      /** With `kill`: the signal's number or name. */
      signal?: string;
      /** With `health_status`. */
      health?: 'starting' | 'healthy' | 'unhealthy';
      time: string;
    }
  | { type: 'network'; action: 'destroy'; id: string; name: string; time: string };

export type ContainerEvent = Extract<EngineEvent, { type: 'container' }>;

/** Why a container ended: asked to, out of memory, by itself with 0, or by itself with something else. */
export type EndCause = 'stopped' | 'crashed' | 'out-of-memory' | 'finished';

export interface ContainerEnd {
  cause: EndCause;
  exitCode: number | null;
  time: string;
}

/** What became of one container: its latest state, and the events that led there. */
export interface ContainerChange {
  id: string;
  /** Null when it is gone. */
  container: ObservedContainer | null;
  events: ContainerEvent[];
  /** Each end among the events, in order; a container that crashed and runs again has one here. */
  ends: ContainerEnd[];
}

export interface EngineState {
  status: 'available' | 'unavailable';
  /** A sentence for people; null while available. */
  reason: string | null;
  /** ISO 8601 UTC. */
  since: string;
}

export interface EngineInfo {
  /** `Docker`, `Podman`. */
  name: string;
  version: string;
  apiVersion: string;
  os: string;
  arch: string;
}

export interface LogLine {
  stream: 'stdout' | 'stderr';
  /** ISO 8601 UTC with nanoseconds, as the engine wrote it; null where it wrote none. */
  time: string | null;
  line: string;
  /** The line was longer than the bound and has lost its end. */
  truncated?: true;
}

export interface LogOptions {
  follow?: boolean;
  /** An ISO 8601 time, or seconds since 1970. */
  since?: string | number;
  /** The last so many lines; all by default. */
  tail?: number;
  signal?: AbortSignal;
}

export interface PullProgress {
  image: string;
  /** 0 to 100 over all layers; null while the engine has not said how large they are. Never goes down. */
  percent: number | null;
  /** The engine's words: `Downloading`, `Extracting`. */
  text: string;
}

export interface PullOptions {
  /** `missing` by default. `never` only checks. */
  when?: 'missing' | 'always' | 'never';
  onProgress?: (progress: PullProgress) => void;
  signal?: AbortSignal;
}

/** What becomes of a removed container's anonymous volumes. */
export type RemovedVolumes =
  | { keepVolumes?: boolean; carriedToo?: never }
  | { keepVolumes?: never; carriedToo?: boolean };

/** What every call takes: the caller's own end of patience, besides the call's timeout. */
export interface CallOptions {
  signal?: AbortSignal | undefined;
}

/**
 * A Docker-compatible engine.
 *
 * Every failure is a `ClosError` with a code of containers and engines; an aborted call rejects with its signal's reason.
 */
export interface ContainerEngine {
  readonly state: EngineState;
  /** Called at every change of `state`; returns how to end that. */
  onStateChange(listener: (state: EngineState) => void): () => void;
  /** Asks the engine past the circuit breaker; an answer closes it. */
  ping(options?: CallOptions): Promise<void>;
  info(options?: CallOptions): Promise<EngineInfo>;
  /** Makes the bridge network when it is missing; remembered until the engine says that it is gone. */
  ensureNetwork(name: string, options?: CallOptions): Promise<void>;
  hasImage(image: string, options?: CallOptions): Promise<boolean>;
  pull(image: string, options?: PullOptions): Promise<{ pulled: boolean }>;
  /**
   * Makes a container; returns its id. `carryFrom` names the one that it replaces: its anonymous volumes are mounted at the same
   * targets, unless the spec mounts something there, and it is connected to the further networks of the old one, with the same aliases
   * and fixed addresses. Both share the volumes until the old one is removed, with `keepVolumes`.
   */
  create(spec: ContainerSpec, options?: CallOptions & { carryFrom?: string }): Promise<string>;
  /** What a container was made from, ours or not. */
  definition(id: string, options?: CallOptions): Promise<ContainerDefinition>;
  /**
   * Makes a container like another but for the changes; returns its id. Everything is kept: image, command, environment, labels,
   * health check, mounts, resources, networks with aliases and fixed addresses, and the data, since anonymous volumes and those of
   * `volumes-from` are mounted by their names. Not kept: MAC addresses, and a host name that was the id's.
   *
   * The policy judges the result as it judges every container, but for the restart policy, which a foreign container keeps. What may
   * have more than the policy allows (privileged, devices, the host's network, …) is refused with CONTAINER_POLICY: CLOS can start
   * and stop such a container and cannot recreate it. IMAGE_NOT_FOUND where the engine no longer has the very image.
   *
   * The old container is left alone. It must stop before the new one starts (ports, fixed addresses, data), and is then removed with
   * `keepVolumes`.
   */
  createLike(definition: ContainerDefinition, changes: ContainerChanges, options?: CallOptions): Promise<string>;
  start(id: string, options?: CallOptions): Promise<void>;
  /**
   * Ends a container; one that stands still already is no error.
   *
   * A foreign container may have a restart policy of the engine. The engine does not restart what it was told to stop, so the
   * container stays stopped as long as the engine runs. When the engine itself starts again (with the machine, say), it starts
   * `always` again, and leaves `unless-stopped` stopped; `on-failure` it starts again where the stop ended with another code than 0
   * (seen with Docker 20.10). One that is to stay stopped for good is recreated with the policy `no`.
   */
  stop(id: string, options: CallOptions & { graceMs: number }): Promise<void>;
  restart(id: string, options: CallOptions & { graceMs: number }): Promise<void>;
  /**
   * A container that is gone already is no error. Its anonymous volumes go with it, unless `keepVolumes`. Those that it took over from
   * a predecessor stay: to the engine they are named ones, and their data is older than this container. `carriedToo` takes them as
   * well, unless another container has them: for the end of a service.
   */
  remove(id: string, options?: CallOptions & { force?: boolean } & RemovedVolumes): Promise<void>;
  rename(id: string, name: string, options?: CallOptions): Promise<void>;
  inspect(id: string, options?: CallOptions): Promise<ObservedContainer>;
  /** Every container of the engine, managed or not; without `all` only those that run. */
  list(options?: CallOptions & { all?: boolean; labels?: Record<string, string> }): Promise<ObservedContainer[]>;
  logs(id: string, options?: LogOptions): AsyncIterable<LogLine>;
  /** Resolves when the engine has accepted the subscription, so that a list taken afterwards misses nothing. */
  events(options?: CallOptions): Promise<AsyncIterable<EngineEvent>>;
  /** What the engine remembers of the last thirty days, oldest first: of Docker's, at most 256 events since it was started. */
  pastEvents(options?: CallOptions): Promise<EngineEvent[]>;
  /** Closes the connections; calls under way fail. */
  close(): void;
}
