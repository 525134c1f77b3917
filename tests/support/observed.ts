import type { Service } from '#shared/contract/services.ts';

/** What the engine showed last of a service that runs in a container; null before its first start. */
export function containerOf({ name, runtime }: Pick<Service, 'name' | 'runtime'>) {
  if (runtime.type !== 'container') throw new Error(`${name} does not run in a container`);
  return runtime.observed;
}

/** What was seen last of a service that is a process; null before its first start. */
export function processOf({ name, runtime }: Pick<Service, 'name' | 'runtime'>) {
  if (runtime.type !== 'process') throw new Error(`${name} is not a process`);
  return runtime.observed;
}
