import { ClosError } from '#shared/contract/clos-error.ts';
import { contract } from '#shared/contract/contract.ts';
import type { LeaseRow, Range } from '#shared/contract/ports.ts';
import { appendEvent } from '../../../database/events.ts';
import {
  deleteReservation,
  findLease,
  listLeases,
  listRanges,
  putReservation,
  replaceRanges,
  usedRanges,
} from '../../../database/leases.ts';
import { findService } from '../../../database/services.ts';
import { type Handler, handle, handleKept } from '../../../http/handler.ts';
import { actorOf, type Provenance } from '../access/actors.ts';
import type { ApiContext } from '../api-context.ts';
import { portTaken } from '../ports/leases.ts';
import { moveLease, releasePort } from '../ports/move-lease.ts';
import { pageOfAll } from '../reads/pages.ts';
import { routesTo } from '../reads/route-view.ts';

/** A range that endpoints are asked to take their ports from cannot go. */
function assertUnused(api: ApiContext, ranges: readonly Range[]): void {
  const gone = usedRanges(api.db.read).filter((name) => !ranges.some((range) => range.name === name));
  if (gone.length === 0) return;
  throw new ClosError('RANGE_IN_USE', `Endpoints take their ports from ${gone.join(', ')}. Move them first.`, {
    errors: gone.map((name) => ({ path: 'items', message: `"${name}" is missing and in use` })),
  });
}

type Wish = { protocol: 'tcp' | 'udp'; range: string; note: string };

/** Null when somebody has it. */
async function keep(
  api: ApiContext,
  { protocol, note, port }: Wish & { port: number },
  who: Provenance,
): Promise<string | null> {
  return await api.db.commit((write) => {
    const id = putReservation(write, { instanceId: api.instanceId, protocol, port, note });
    if (id === null) return null;
    const subject = { type: 'lease' as const, id, name: note };
    appendEvent(write, { type: 'port.reserved', subject, ...who, data: { leaseId: id, protocol, port, note } });
    return id;
  });
}

async function reserve(api: ApiContext, wish: Wish & { port: number | 'auto' }, who: Provenance): Promise<string> {
  const { port, protocol } = wish;
  if (port === 'auto') {
    return await api.allocation.untilHad('a reservation', async () =>
      keep(api, { ...wish, port: await firstFree(api, wish) }, who),
    );
  }
  const id = await keep(api, { ...wish, port }, who);
  if (id === null) throw portTaken(api, { protocol, port });
  return id;
}

async function firstFree(api: ApiContext, { protocol, range }: { protocol: 'tcp' | 'udp'; range: string }) {
  const { items } = await api.module.sibling('resolver').internal.suggestPorts({
    range,
    near: null,
    count: 1,
    protocol,
    address: '127.0.0.1',
  });
  const [free] = items;
  if (free === undefined) throw new ClosError('RANGE_EXHAUSTED', `The range "${range}" has no free port left.`);
  return free.port;
}

export function portHandlers(api: ApiContext): Handler[] {
  const { ports } = contract;
  const resolver = () => api.module.sibling('resolver').internal;
  return [
    handleKept(ports.leases, (call) => {
      const { limit, cursor, sort, protocol, range, service } = call.query;
      const wanted = listLeases(api.db.read).filter(
        (lease) =>
          (protocol === undefined || lease.protocol === protocol) &&
          (range === undefined || lease.range === range) &&
          (service === undefined || lease.service?.id === service),
      );
      const keyOf = (lease: LeaseRow) => (sort.endsWith('port') ? lease.port : lease.since);
      return pageOfAll(wanted, { limit, sort, cursor, keyOf });
    }),
    handle(ports.lease, async (call) => {
      const { service: ref, endpoint, port, protocol = 'tcp', range = 'apis', note = '' } = call.body;
      const who: Provenance = { actor: actorOf(call.principal), cause: null };
      const service = ref === undefined ? null : findService(api.db.read, ref);
      if (ref !== undefined && service === null) {
        throw new ClosError('SERVICE_NOT_FOUND', `There is no service "${ref}".`);
      }
      if (service === null && port === 'auto' && !listRanges(api.db.read).some(({ name }) => name === range)) {
        throw new ClosError('NOT_FOUND', `There is no range "${range}".`);
      }
      const id =
        service === null
          ? await reserve(api, { port, protocol, range, note }, who)
          : await moveLease(api, { service, endpoint, port }, who);
      const lease = findLease(api.db.read, id);
      if (lease === null) throw new ClosError('PORT_CONFLICT', 'The port was given to another service meanwhile.');
      return lease;
    }),
    handle(ports.release, async (call) => {
      const lease = findLease(api.db.read, call.params.id);
      if (lease === null) throw new ClosError('LEASE_NOT_FOUND', `There is no lease "${call.params.id}".`);
      const who: Provenance = { actor: actorOf(call.principal), cause: null };
      if (lease.service !== null) {
        await releasePort(api, { serviceId: lease.service.id, endpoint: lease.endpoint ?? '' }, who);
        return undefined;
      }
      await api.db.commit((write) => {
        const { id, protocol, port, note } = lease;
        deleteReservation(write, id);
        const subject = { type: 'lease' as const, id, name: note };
        const data = { leaseId: id, protocol, port, note: note ?? '' };
        appendEvent(write, { type: 'port.released', subject, ...who, data });
      });
      return undefined;
    }),
    handle(ports.ranges, () => ({ items: listRanges(api.db.read) })),
    handle(ports.putRanges, async (call) => {
      const { items } = call.body;
      assertUnused(api, items);
      await api.db.commit((write) => {
        replaceRanges(write, items);
        appendEvent(write, {
          type: 'ranges.changed',
          subject: { type: 'system', id: 'ranges', name: null },
          actor: actorOf(call.principal),
          cause: null,
          data: { ranges: items },
        });
      });
      return { items: listRanges(api.db.read) };
    }),
    handle(ports.listeners, async (call) => {
      const { port = null, protocol } = call.query;
      const { items, limitation } = await resolver().listListeners({ port });
      const wanted = items.filter((listener) => protocol === undefined || listener.protocol === protocol);
      return { items: wanted, limitation, observedAt: new Date().toISOString() };
    }),
    handle(ports.map, async () => ({ ...(await resolver().mapPorts({})), observedAt: new Date().toISOString() })),
    handle(ports.check, (call) =>
      resolver().checkPorts({
        wanted: call.body.endpoints.map((endpoint) => ({ ...endpoint, service: null, endpoint: null, range: null })),
      }),
    ),
    handle(ports.suggest, (call) =>
      resolver().suggestPorts({ ...call.query, range: null, protocol: 'tcp', address: '127.0.0.1' }),
    ),
    handle(ports.who, async ({ params: { port } }) => {
      const [report, routes] = await Promise.all([resolver().describePort({ port }), routesTo(api, port)]);
      return { ...report, routes };
    }),
  ];
}
