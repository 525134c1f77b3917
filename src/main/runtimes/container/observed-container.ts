import { z } from 'zod';
import { ClosError } from '#shared/contract/clos-error.ts';
import {
  type ContainerState,
  containerStates,
  type ObservedContainer,
  type Protocol,
  type PublishedPort,
} from './types.ts';

/** The engine's map of a container port (`80/tcp`) to where it is published. */
export const portMap = z
  .record(
    z.string(),
    z.array(z.object({ HostIp: z.string().default(''), HostPort: z.string().default('') })).nullable(),
  )
  .nullish();

/** The part of the engine's inspect answer that is read; engines differ in the rest. */
const inspectAnswer = z.object({
  Id: z.string(),
  Name: z.string(),
  Created: z.string(),
  Image: z.string().default(''),
  State: z.object({
    Status: z.string(),
    Running: z.boolean().default(false),
    OOMKilled: z.boolean().default(false),
    Pid: z.number().default(0),
    ExitCode: z.number().default(0),
    Error: z.string().default(''),
    StartedAt: z.string().default(''),
    FinishedAt: z.string().default(''),
    Health: z.object({ Status: z.string().default('') }).nullish(),
  }),
  Config: z.object({
    Image: z.string().default(''),
    Labels: z.record(z.string(), z.string()).nullish(),
    StopSignal: z.union([z.string(), z.number()]).nullish(),
  }),
  HostConfig: z.object({
    PortBindings: portMap,
    RestartPolicy: z.object({ Name: z.string().default('') }).nullish(),
  }),
  NetworkSettings: z.object({ Ports: portMap, Networks: z.record(z.string(), z.unknown()).nullish() }).nullish(),
});

/** Reads the engine's inspect answer. */
export function parseInspect(body: unknown): ObservedContainer {
  const parsed = inspectAnswer.safeParse(body);
  if (!parsed.success) {
    throw new ClosError(
      'ENGINE_ERROR',
      'The container engine described a container in a way that CLOS does not understand.',
      {
        cause: parsed.error,
      },
    );
  }
  const { Id, Name, Created, Image, State, Config, HostConfig, NetworkSettings } = parsed.data;
  const state = toState(State.Status);
  const finishedAt = toTime(State.FinishedAt);
  const labels = Config.Labels ?? {};
  const isUp = state === 'running' || state === 'paused';
  const exitCode = isUp || finishedAt === null ? null : State.ExitCode;
  const error = State.Error === '' ? null : State.Error;
  const health = toHealth(State.Health?.Status);
  return {
    id: Id,
    name: Name.replace(/^\//, ''),
    image: Config.Image === '' ? Image : Config.Image,
    imageId: Image,
    state,
    statusText: describe({ state, exitCode, oomKilled: State.OOMKilled, health, error }),
    createdAt: toTime(Created) ?? Created,
    startedAt: toTime(State.StartedAt),
    finishedAt,
    exitCode,
    oomKilled: State.OOMKilled,
    health,
    error,
    pid: isUp && State.Pid > 0 ? State.Pid : null,
    labels,
    compose: toCompose(labels),
    ports: isUp ? toPorts(NetworkSettings?.Ports) : [],
    claims: toPorts(HostConfig.PortBindings),
    restartPolicy: toRestartPolicy(HostConfig.RestartPolicy?.Name),
    stopSignal:
      Config.StopSignal === undefined || Config.StopSignal === null || Config.StopSignal === ''
        ? null
        : String(Config.StopSignal),
    networks: Object.keys(NetworkSettings?.Networks ?? {}),
  };
}

const listAnswer = z.array(
  z.object({
    Id: z.string(),
    Names: z.array(z.string()).nullish(),
    Image: z.string().default(''),
    ImageID: z.string().default(''),
    Created: z.number().default(0),
    State: z.string().default(''),
    Labels: z.record(z.string(), z.string()).nullish(),
    Ports: z
      .array(
        z.object({
          IP: z.string().default(''),
          PrivatePort: z.number(),
          PublicPort: z.number().optional(),
          Type: z.string(),
        }),
      )
      .nullish(),
    NetworkSettings: z.object({ Networks: z.record(z.string(), z.unknown()).nullish() }).nullish(),
  }),
);

/** Reads the engine's list: each container in short, without times, ends and claims beyond what it holds. */
export function parseList(body: unknown): ObservedContainer[] {
  const parsed = listAnswer.safeParse(body);
  if (!parsed.success) {
    throw new ClosError(
      'ENGINE_ERROR',
      'The container engine listed its containers in a way that CLOS does not understand.',
      {
        cause: parsed.error,
      },
    );
  }
  return parsed.data.map((each) => {
    const labels = each.Labels ?? {};
    const state = toState(each.State);
    const map = (each.Ports ?? []).map(
      ({ IP, PrivatePort, PublicPort, Type }): [string, { HostIp: string; HostPort: string }[]] => [
        `${PrivatePort}/${Type}`,
        PublicPort === undefined ? [] : [{ HostIp: IP, HostPort: String(PublicPort) }],
      ],
    );
    const ports = map.flatMap(([key, bindings]) => toPorts({ [key]: bindings }));
    return {
      id: each.Id,
      name: (each.Names?.[0] ?? '').replace(/^\//, ''),
      image: each.Image,
      imageId: each.ImageID,
      state,
      statusText: state,
      createdAt: new Date(each.Created * 1000).toISOString(),
      startedAt: null,
      finishedAt: null,
      exitCode: null,
      oomKilled: false,
      health: 'none',
      error: null,
      pid: null,
      labels,
      compose: toCompose(labels),
      ports,
      claims: ports,
      restartPolicy: 'no',
      stopSignal: null,
      networks: Object.keys(each.NetworkSettings?.Networks ?? {}),
    };
  });
}

function toState(status: string): ContainerState {
  const known = containerStates.find((state) => state === status);
  if (known !== undefined) return known;
  // Podman's names.
  if (status === 'configured' || status === 'initialized') return 'created';
  if (status === 'stopped' || status === 'stopping') return 'exited';
  return 'dead';
}

function toHealth(status: string | undefined): ObservedContainer['health'] {
  return status === 'starting' || status === 'healthy' || status === 'unhealthy' ? status : 'none';
}

export function toRestartPolicy(name: string | undefined): ObservedContainer['restartPolicy'] {
  return name === 'always' || name === 'on-failure' || name === 'unless-stopped' ? name : 'no';
}

/** The engine writes the year 1 for "never". */
function toTime(said: string): string | null {
  if (said === '' || said.startsWith('0001-')) return null;
  const time = new Date(said);
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}

export function toCompose(labels: Record<string, string>): ObservedContainer['compose'] {
  const project = labels['com.docker.compose.project'];
  if (project === undefined) return null;
  return {
    project,
    service: labels['com.docker.compose.service'] ?? null,
    workingDir: labels['com.docker.compose.project.working_dir'] ?? null,
  };
}

/** Fixed ports only; an empty address stands for both families. */
export function toPorts(map: z.infer<typeof portMap>): PublishedPort[] {
  const ports: PublishedPort[] = [];
  for (const [key, bindings] of Object.entries(map ?? {})) {
    const [containerPort, protocol = 'tcp'] = key.split('/');
    for (const binding of bindings ?? []) {
      const port = Number(binding.HostPort);
      if (!Number.isInteger(port) || port < 1) continue;
      const addresses = binding.HostIp === '' ? ['0.0.0.0', '::'] : [binding.HostIp];
      for (const address of addresses) {
        ports.push({ protocol: toProtocol(protocol), address, port, containerPort: Number(containerPort) });
      }
    }
  }
  return ports;
}

function toProtocol(said: string): Protocol {
  return said === 'udp' || said === 'sctp' ? said : 'tcp';
}

function describe(facts: Pick<ObservedContainer, 'state' | 'exitCode' | 'oomKilled' | 'health' | 'error'>): string {
  const { state, exitCode, oomKilled, health, error } = facts;
  if (state === 'running') return health === 'none' ? 'running' : `running, ${health}`;
  if (state === 'exited' || state === 'dead') {
    const end = exitCode === null ? state : `exited with code ${exitCode}`;
    return oomKilled ? `${end}, out of memory` : end;
  }
  if (state === 'created' && error !== null) return `created, not started: ${error}`;
  return state;
}
