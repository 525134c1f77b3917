import type { contract } from '#shared/contract/contract.ts';
import type { ParsedQuery } from '#shared/contract/operation-definition.ts';
import type { Page } from '#shared/contract/primitives.ts';
import type { Service } from '#shared/contract/services.ts';
import { pageOfAll } from './pages.ts';

export type ServicesQuery = ParsedQuery<typeof contract.services.list>;
type SortKey = 'name' | 'createdAt' | 'updatedAt' | 'status';

/** The image or the command line: what people know a service by, besides its name. */
function runsWhat({ runtime }: Service): string {
  switch (runtime.type) {
    case 'container':
      return runtime.image;
    case 'process':
      return runtime.command.join(' ');
    case 'external':
      return runtime.observed?.name ?? '';
  }
}

function matches(service: Service, q: string): boolean {
  const ports = service.endpoints.map(({ lease, hostPort }) => String(lease?.port ?? hostPort));
  return [service.name, runsWhat(service), ...ports].some((text) => text.includes(q));
}

/** The page that a query wants of all services. */
export function pageOfServices(all: readonly Service[], query: ServicesQuery): Page<Service> {
  const { status, health, runtime, q, sort, limit, cursor } = query;
  const wanted = all.filter(
    (service) =>
      (status === undefined || service.status === status) &&
      (health === undefined || service.health === health) &&
      (runtime === undefined || service.runtime.type === runtime) &&
      (q === undefined || matches(service, q)),
  );
  const key = sort.replace('-', '') as SortKey;
  return pageOfAll(wanted, { limit, sort, cursor, keyOf: (service) => service[key] });
}
