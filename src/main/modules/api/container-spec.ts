import { homedir } from 'node:os';
import type { InputIssue } from '#shared/contract/clos-error.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import type { Service, ServiceSpec } from '#shared/contract/services.ts';
import type { Config } from '../../config/config.ts';
import { toContainerBody } from '../../runtimes/container/container-body.ts';
import { findPolicyIssues } from '../../runtimes/container/container-policy.ts';
import { type ContainerSpec, containerLabels } from '../../runtimes/container/types.ts';

type Described = Pick<Service, 'id' | 'name' | 'env'> & {
  runtime: Omit<Service['runtime'], 'observed'>;
  limits: Service['limits'];
};

export interface ContainerPorts {
  protocol: 'tcp' | 'udp';
  containerPort: number;
  address: string;
  port: number;
}

/** What the engine is asked to make of a service. */
export function toContainerSpec(
  service: Described,
  made: {
    name: string;
    ports: readonly ContainerPorts[];
    homeLabel: string;
    instanceId: string;
    operationId: string;
    config: Config['engine'];
  },
): ContainerSpec {
  const { runtime, limits } = service;
  return {
    name: made.name,
    image: runtime.image,
    ...(runtime.command === undefined ? {} : { command: runtime.command }),
    ...(runtime.workingDir === undefined ? {} : { workingDir: runtime.workingDir }),
    ...(runtime.user === undefined ? {} : { user: runtime.user }),
    env: service.env,
    labels: {
      [containerLabels.home]: made.homeLabel,
      [containerLabels.service]: service.id,
      [containerLabels.operation]: made.operationId,
      [containerLabels.instance]: made.instanceId,
    },
    ports: made.ports.map(({ protocol, containerPort, address, port }) => ({
      protocol,
      containerPort,
      hostAddress: address,
      hostPort: port,
    })),
    mounts: runtime.mounts,
    init: runtime.init,
    network: made.config.network,
    aliases: [service.name],
    limits: {
      ...(limits.cpus === undefined ? {} : { cpus: limits.cpus }),
      ...(limits.memory === undefined ? {} : { memoryBytes: limits.memory }),
      ...(limits.pids === undefined ? {} : { pids: limits.pids }),
    },
    stopGraceMs: made.config.stopGraceMs,
  };
}

/** The engine's field as the caller knows it. */
function apiPath(path: string): string {
  return path.replace(/^HostConfig\.(?:Mounts|Binds)\.(\d+).*$/, 'runtime.mounts.$1.source');
}

/**
 * Refuses a specification whose container would ask for more than it may have, by the paths of the specification. The engine
 * room judges the final body again at each create.
 */
export async function assertPolicy(
  spec: Pick<ServiceSpec, 'runtime' | 'env' | 'limits'> & { name: string },
  { config, protectedPaths }: { config: Config['engine']; protectedPaths: string[] },
): Promise<void> {
  const body = toContainerBody(
    toContainerSpec(
      { id: 'svc_new', ...spec },
      { name: spec.name, ports: [], homeLabel: '', instanceId: '', operationId: '', config },
    ),
  );
  const issues = await findPolicyIssues(body, { trees: protectedPaths, homes: [homedir()] });
  if (issues.length === 0) return;
  const errors: InputIssue[] = issues.map(({ path, message }) => ({ path: apiPath(path), message }));
  throw new ClosError('CONTAINER_POLICY', `${errors[0]?.path}: ${errors[0]?.message}`, { errors });
}
