import type Docker from 'dockerode';
import type { ContainerSpec } from './types.ts';

/** The body of the engine's create call. */
export type ContainerBody = Docker.ContainerCreateOptions;

/** Maps a spec to the body of the create call. The restart policy is always `no`: CLOS owns restarts. */
export function toContainerBody(spec: ContainerSpec): ContainerBody {
  const exposed: Record<string, object> = {};
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const port of spec.ports) {
    const key = `${port.containerPort}/${port.protocol}`;
    exposed[key] = {};
    bindings[key] ??= [];
    bindings[key].push({ HostIp: port.hostAddress, HostPort: String(port.hostPort) });
  }
  const { limits, healthCheck } = spec;
  return {
    name: spec.name,
    Image: spec.image,
    ...(spec.command === undefined ? {} : { Cmd: spec.command }),
    ...(spec.workingDir === undefined ? {} : { WorkingDir: spec.workingDir }),
    ...(spec.user === undefined ? {} : { User: spec.user }),
    Env: Object.entries(spec.env).map(([key, value]) => `${key}=${value}`),
    Labels: spec.labels,
    ExposedPorts: exposed,
    StopTimeout: wholeSeconds(spec.stopGraceMs),
    ...(healthCheck === undefined
      ? {}
      : {
          Healthcheck: {
            Test: ['CMD', ...healthCheck.command],
            ...(healthCheck.intervalMs === undefined ? {} : { Interval: nanoseconds(healthCheck.intervalMs) }),
            ...(healthCheck.timeoutMs === undefined ? {} : { Timeout: nanoseconds(healthCheck.timeoutMs) }),
            ...(healthCheck.retries === undefined ? {} : { Retries: healthCheck.retries }),
            ...(healthCheck.startPeriodMs === undefined ? {} : { StartPeriod: nanoseconds(healthCheck.startPeriodMs) }),
          },
        }),
    HostConfig: {
      NetworkMode: spec.network,
      PortBindings: bindings,
      RestartPolicy: { Name: 'no' },
      Init: spec.init,
      // `host-gateway` is the host's own address on the bridge, as the engine knows it.
      ...(spec.hostName === undefined ? {} : { ExtraHosts: [`${spec.hostName}:host-gateway`] }),
      Mounts: spec.mounts.map((mount) => ({
        Type: mount.type,
        Source: mount.source,
        Target: mount.target,
        ReadOnly: mount.readOnly ?? false,
        ...(mount.type === 'bind' ? { BindOptions: { Propagation: 'rprivate' as const } } : {}),
      })),
      ...(limits.cpus === undefined ? {} : { NanoCpus: Math.round(limits.cpus * 1e9) }),
      // Without the second number the engine allows as much swap again.
      ...(limits.memoryBytes === undefined ? {} : { Memory: limits.memoryBytes, MemorySwap: limits.memoryBytes }),
      ...(limits.pids === undefined ? {} : { PidsLimit: limits.pids }),
    },
    NetworkingConfig: { EndpointsConfig: { [spec.network]: { Aliases: spec.aliases } } },
  };
}

/** The engine counts grace in whole seconds; part of one is rounded up, so that no one is killed early. */
export function wholeSeconds(milliseconds: number): number {
  return Math.ceil(Math.max(0, milliseconds) / 1000);
}

function nanoseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1e6);
}
