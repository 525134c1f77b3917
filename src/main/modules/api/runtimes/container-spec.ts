import { homedir } from 'node:os';
import type { InputIssue } from '#shared/contract/clos-error.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import { hostName } from '#shared/contract/places.ts';
import type { ServiceSpec } from '#shared/contract/service-spec.ts';
import type { Service } from '#shared/contract/services.ts';
import type { Config } from '../../../config/config.ts';
import type { StoredService } from '../../../database/services.ts';
import { toContainerBody } from '../../../runtimes/container/container-body.ts';
import { findPolicyIssues } from '../../../runtimes/container/container-policy.ts';
import { type ContainerSpec, containerLabels, type PortBinding } from '../../../runtimes/container/types.ts';
import { type Rendered, reachesHost } from '../state/environment.ts';

type ContainerRuntime = Extract<Service['runtime'], { type: 'container' }>;

/** A service that runs in a container. */
export type ContainerService = StoredService & { runtime: ContainerRuntime };

type Described = Pick<Service, 'id' | 'name' | 'limits'> & { runtime: Omit<ContainerRuntime, 'observed'> };

/** What the engine is asked to make of a service. */
export function toContainerSpec(
  service: Described,
  made: {
    name: string;
    ports: PortBinding[];
    homeLabel: string;
    instanceId: string;
    operationId: string;
    config: Config['engine'];
    rendered: Rendered;
  },
): ContainerSpec {
  const { runtime, limits } = service;
  const { env, command } = made.rendered;
  return {
    name: made.name,
    image: runtime.image,
    ...(command === undefined ? {} : { command }),
    ...(runtime.workingDir === undefined ? {} : { workingDir: runtime.workingDir }),
    ...(runtime.user === undefined ? {} : { user: runtime.user }),
    env,
    labels: {
      [containerLabels.home]: made.homeLabel,
      [containerLabels.service]: service.id,
      [containerLabels.operation]: made.operationId,
      [containerLabels.instance]: made.instanceId,
    },
    ports: made.ports,
    mounts: runtime.mounts,
    init: runtime.init,
    network: made.config.network,
    aliases: [service.name],
    ...(reachesHost(made.rendered) ? { hostName } : {}),
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
  { name, runtime, env, limits }: Pick<ServiceSpec, 'name' | 'runtime' | 'env' | 'limits'>,
  { config, protectedPaths }: { config: Config['engine']; protectedPaths: string[] },
): Promise<void> {
  if (runtime.type !== 'container') return;
  const body = toContainerBody(
    toContainerSpec(
      { id: 'svc_new', name, runtime, limits },
      {
        name,
        ports: [],
        homeLabel: '',
        instanceId: '',
        operationId: '',
        config,
        rendered: { env, command: runtime.command },
      },
    ),
  );
  const issues = await findPolicyIssues(body, { trees: protectedPaths, homes: [homedir()] });
  if (issues.length === 0) return;
  const errors: InputIssue[] = issues.map(({ path, message }) => ({ path: apiPath(path), message }));
  throw new ClosError('CONTAINER_POLICY', `${errors[0]?.path}: ${errors[0]?.message}`, { errors });
}
