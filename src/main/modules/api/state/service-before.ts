import type { ServiceBefore } from '../../../database/operations.ts';
import type { StoredService } from '../../../database/services.ts';
import { isUp } from './service-view.ts';

/** How a service and its ports are now, so that they can be put back. */
export function rememberService(service: StoredService): ServiceBefore {
  return {
    serviceId: service.id,
    name: service.name,
    up: isUp(service),
    waits: service.waits,
    endpoints: service.endpoints.map(({ name, address, lease }) => ({
      name,
      address,
      lease: lease === null ? null : { port: lease.port, address: lease.address, reason: lease.reason },
    })),
  };
}
