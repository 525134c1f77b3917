import type { Range } from '#shared/contract/ports.ts';
import type { ServiceSpecInput } from '#shared/contract/service-spec.ts';
import type { PlannedService } from './random-world.ts';

/** The specification of a planned service, with what it runs; its ports count from the first of the range. */
export function specOf(
  { name, runtime: kind, onConflict, endpoints, told }: PlannedService,
  { range, runtime }: { range: Range; runtime: ServiceSpecInput['runtime'] },
): ServiceSpecInput {
  return {
    name,
    runtime,
    endpoints: endpoints.map(({ at, ...endpoint }, index) => ({
      ...endpoint,
      hostPort: at === null ? ('auto' as const) : range.first + at,
      range: range.name,
      ...(kind === 'container' ? { containerPort: 80 + index } : {}),
    })),
    env: Object.fromEntries(told.map((other) => [`URL_${other.toUpperCase()}`, `\${services.${other}.url}`])),
    onConflict,
  };
}
