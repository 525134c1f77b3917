import { z } from 'zod';
import { type ContainerBody, toContainerBody } from './container-body.ts';
import {
  anonymousVolumes,
  attachmentsOf,
  type InspectedContainer,
  madeByEngine,
  type NetworkAttachment,
  targetOf,
} from './container-definition.ts';
import { type ContainerSpec, containerLabels } from './types.ts';

/**
 * The body of a container that replaces another of the same spec, and the networks to connect it to afterwards: with the anonymous
 * volumes of the old one, where the spec mounts nothing else, and its further networks. The network that the old one was created on
 * comes from the spec, as it did then.
 */
export function toReplacementBody(
  spec: ContainerSpec,
  old: InspectedContainer,
): { body: ContainerBody; further: NetworkAttachment[] } {
  const taken = new Set(spec.mounts.map(({ target }) => targetOf(target)));
  const volumes = anonymousVolumes(old).filter(({ target }) => !taken.has(target));
  const body = toContainerBody({
    ...spec,
    labels: { ...spec.labels, ...carriedLabel(volumes.map(({ name }) => name)) },
    mounts: [
      ...spec.mounts,
      ...volumes.map(({ name, target, readOnly }) => ({ type: 'volume' as const, source: name, target, readOnly })),
    ],
  });
  return { body, further: attachmentsOf(old).further.filter(({ name }) => name !== spec.network) };
}

/** The mark by which a later removal knows the anonymous volumes that a container took along. */
export function carriedLabel(volumes: readonly string[]): Record<string, string> {
  return volumes.length === 0 ? {} : { [containerLabels.carried]: volumes.join(',') };
}

const mountsAnswer = z.object({
  Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }),
  Mounts: z.array(z.object({ Name: z.string().optional() })).nullish(),
});

/**
 * The anonymous volumes that a container took along, which its removal leaves behind since they were mounted by name. A label can
 * come with any image, so only what the container has mounted and an engine has named counts.
 */
export function carriedVolumes(inspected: unknown): string[] {
  const { Config: config, Mounts: mounts } = mountsAnswer.parse(inspected);
  const said = new Set((config.Labels?.[containerLabels.carried] ?? '').split(','));
  return (mounts ?? []).flatMap(({ Name }) =>
    Name !== undefined && said.has(Name) && madeByEngine.test(Name) ? [Name] : [],
  );
}
