import type { Host } from '#main/host/platform.ts';
import type { DetectedConflict, Evidence } from '#shared/contract/conflicts.ts';
import type { WantedClaim } from '#shared/contract/internal.ts';
import { socketText } from './claims.ts';
import { serviceHolder, unknownHolder, withContainer } from './holders.ts';
import type { World } from './world.ts';

/** A service that runs although its port does not answer. `tried` is what was tried in vain, as a sentence. */
export async function describeSilence(
  host: Host,
  { service, endpoint, protocol, address, port }: WantedClaim,
  { tried, world }: { tried: string; world: World },
): Promise<DetectedConflict> {
  const container = world.containers.find(({ managedServiceId }) => managedServiceId === service?.id) ?? null;
  const self = service === null ? unknownHolder('nobody') : serviceHolder(service, container?.startedAt ?? null);
  const elsewhere = await findElsewhere(host, service?.id ?? null, world);
  return {
    kind: 'not-answering',
    severity: 'warning',
    wanted: { service: service?.name ?? null, serviceId: service?.id ?? null, endpoint, protocol, address, port },
    holder: container === null ? self : withContainer(self, container),
    evidence: [{ source: 'probe', detail: tried }, ...elsewhere],
    options: [],
  };
}

/** Where the service's own process, or one of its children, listens instead: many programs take the next port and say so only once. */
async function findElsewhere(host: Host, serviceId: string | null, world: World): Promise<Evidence[]> {
  const run = world.processes?.find((process) => process.serviceId === serviceId);
  if (run === undefined) return [];
  const listeners = await host.listListeners({ owners: true });
  const own = listeners.filter(({ owner }) => owner?.pid === run.pid || owner?.ancestors.includes(run.pid) === true);
  if (own.length === 0) return [{ source: 'listener', detail: `${run.serviceName} listens on no port at all` }];
  const places = own.map((listener) => `${listener.protocol} ${socketText(listener)}`).join(', ');
  return [{ source: 'listener', detail: `${run.serviceName} listens on ${places} instead` }];
}
