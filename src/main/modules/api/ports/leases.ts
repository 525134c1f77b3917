import { ClosError } from '#shared/contract/clos-error.ts';
import { appendEvent } from '../../../database/events.ts';
import type { WriteDb } from '../../../database/handle.ts';
import { deleteLease, leasesOfPort, putLease } from '../../../database/leases.ts';
import type { StoredService } from '../../../database/services.ts';
import { type Provenance, serviceSubject } from '../access/actors.ts';
import type { ApiContext } from '../api-context.ts';

type Endpoint = StoredService['endpoints'][number];

/** A port that an endpoint shall have, and why. */
export interface PortChoice {
  endpoint: Endpoint;
  port: number;
  reason: string;
}

/** Gives one port to an endpoint, with its event. False when another endpoint was quicker. */
export function grantLease(write: WriteDb, service: StoredService, grant: PortChoice & Provenance): boolean {
  const { endpoint, port, reason, actor, cause } = grant;
  const previous = endpoint.lease;
  if (previous?.port === port && previous.address === endpoint.address) return true;
  const { protocol, address } = endpoint;
  const id = putLease(write, {
    endpointId: endpoint.id,
    instanceId: service.instanceId,
    protocol,
    address,
    port,
    reason,
  });
  if (id === null) return false;
  const data = { leaseId: id, serviceId: service.id, endpoint: endpoint.name, protocol, address, port, reason };
  const subject = serviceSubject(service);
  if (previous === null || previous.port === port)
    appendEvent(write, { type: 'lease.granted', subject, actor, cause, data });
  else
    appendEvent(write, { type: 'lease.moved', subject, actor, cause, data: { ...data, previousPort: previous.port } });
  return true;
}

/** Takes the port of an endpoint back, with its event; one without a lease has none to give. */
export function releaseLease(
  write: WriteDb,
  service: StoredService,
  { endpoint, actor, cause }: { endpoint: Endpoint } & Provenance,
): void {
  if (endpoint.lease === null) return;
  const { id: leaseId, address, port, reason } = endpoint.lease;
  const data = {
    leaseId,
    serviceId: service.id,
    endpoint: endpoint.name,
    protocol: endpoint.protocol,
    address,
    port,
    reason,
  };
  appendEvent(write, { type: 'lease.released', subject: serviceSubject(service), actor, cause, data });
  deleteLease(write, endpoint.id);
}

/** The refusal of a port that somebody else leases or has reserved, with the name. */
export function portTaken(
  api: Pick<ApiContext, 'db'>,
  { protocol, port }: { protocol: string; port: number },
): ClosError {
  const holder = leasesOfPort(api.db.read, port).find((lease) => lease.protocol === protocol);
  const whose =
    holder?.service == null
      ? `reserved already${holder?.note == null ? '' : ` (${holder.note})`}`
      : `leased to ${holder.service.name}`;
  return new ClosError('PORT_CONFLICT', `:${port} is ${whose}.`, { extra: { conflicts: [] } });
}
