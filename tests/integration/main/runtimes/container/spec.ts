import { type ContainerSpec, closNetwork, containerLabels, type EngineLog } from '#main/runtimes/container/types.ts';
import { newId } from '#shared/base/ids.ts';
import { webImage } from '#tests/support/web-image.ts';

export const silentLog: EngineLog = { debug: () => undefined, info: () => undefined, warn: () => undefined };

let made = 0;

/** A container of the test image; every one has a name and an operation of its own. */
export function makeSpec(over: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    name: `test-${process.pid}-${++made}`,
    image: webImage,
    env: {},
    labels: { [containerLabels.operation]: newId('op') },
    ports: [],
    mounts: [],
    init: true,
    network: closNetwork,
    aliases: [],
    limits: {},
    stopGraceMs: 1000,
    ...over,
  };
}

/** A shell command as the container's program. */
export function shell(script: string): { command: string[] } {
  return { command: ['sh', '-c', script] };
}
