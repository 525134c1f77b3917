import { ClosError } from '#shared/contract/clos-error.ts';
import { contract } from '#shared/contract/contract.ts';
import type { Operation } from '#shared/contract/operations.ts';
import type { LogLine, Service, ServicePatch, ServiceSpec } from '#shared/contract/services.ts';
import { appendEvent } from '../../../database/events.ts';
import type { WriteDb } from '../../../database/handle.ts';
import { deleteLease, listRanges } from '../../../database/leases.ts';
import {
  findService,
  insertService,
  listServices,
  replaceEndpoints,
  type StoredService,
  updateService,
} from '../../../database/services.ts';
import { type Call, type Handler, handle } from '../../../http/handler.ts';
import { actorOf, type Provenance, serviceSubject } from '../actors.ts';
import type { ApiContext } from '../api-context.ts';
import { assertPolicy } from '../container-spec.ts';
import { decodeCursor, encodeCursor } from '../pages.ts';
import { presentContainer } from '../run-container.ts';
import { toService } from '../service-view.ts';
import { planStart, startService } from '../start-service.ts';
import { deleteService, planStop, restartService, stopService } from '../stop-service.ts';

function find(api: ApiContext, ref: string): StoredService {
  const service = findService(api.db.read, ref);
  if (service === null) throw new ClosError('SERVICE_NOT_FOUND', `There is no service "${ref}".`);
  return service;
}

function assertRevision(service: StoredService, ifMatch: number | null): void {
  if (ifMatch === null || ifMatch === service.revision) return;
  throw new ClosError(
    'PRECONDITION_FAILED',
    `${service.name} has changed: you read revision ${ifMatch}, it is ${service.revision}.`,
  );
}

function assertIdle(api: ApiContext, service: StoredService): void {
  const operation = api.commands.current(service.id);
  if (operation === null) return;
  throw new ClosError('SERVICE_BUSY', `${service.name} is busy: ${operation.type} has not ended.`, {
    extra: { operationId: operation.id },
  });
}

/** Answers 202 with the Location while the operation still runs. */
function answerOperation(call: { answer: Call<unknown>['answer'] }, operation: Operation): Operation {
  if (operation.status === 'running') call.answer.accepted(`/api/v2/operations/${operation.id}`);
  return operation;
}

type SortKey = 'name' | 'createdAt' | 'status';

/** A range that does not exist would leave an endpoint without ports to move to. */
function assertRanges(api: ApiContext, endpoints: ServiceSpec['endpoints']): void {
  const known = listRanges(api.db.read).map(({ name }) => name);
  const errors = endpoints.flatMap(({ range }, index) =>
    range === undefined || known.includes(range)
      ? []
      : [{ path: `endpoints.${index}.range`, message: `is not one of ${known.join(', ')}` }],
  );
  if (errors.length > 0) throw new ClosError('INVALID_INPUT', `${errors[0]?.path}: ${errors[0]?.message}`, { errors });
}

function compareBy(sort: string): (a: Service, b: Service) => number {
  const descending = sort.startsWith('-');
  const key = (descending ? sort.slice(1) : sort) as SortKey;
  const direction = descending ? -1 : 1;
  return (a, b) => direction * (a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : a.name < b.name ? -1 : 1);
}

function matches(service: Service, q: string): boolean {
  const ports = service.endpoints.map(({ lease, hostPort }) => String(lease?.port ?? hostPort));
  return [service.name, service.runtime.image, ...ports].some((text) => text.includes(q));
}

function toSpec(service: StoredService): ServiceSpec {
  const { observed: _observed, ...runtime } = service.runtime;
  return {
    name: service.name,
    runtime,
    endpoints: service.endpoints.map(({ name, protocol, address, containerPort, hostPort, range }) => ({
      name,
      protocol,
      address,
      containerPort,
      hostPort,
      range,
    })),
    env: service.env,
    healthCheck: service.healthCheck,
    restart: service.restart,
    limits: service.limits,
    onConflict: service.onConflict,
  };
}

/** A lease does not outlive the wish that it fulfilled: another port, protocol or address asks anew at the next start. */
function releaseChangedLeases(
  write: WriteDb,
  service: StoredService,
  change: { to: ServiceSpec['endpoints'] } & Provenance,
): void {
  for (const endpoint of service.endpoints) {
    if (endpoint.lease === null) continue;
    const next = change.to.find(({ name }) => name === endpoint.name);
    const same =
      next !== undefined &&
      next.protocol === endpoint.protocol &&
      next.address === endpoint.address &&
      next.hostPort === endpoint.hostPort &&
      (next.range ?? endpoint.range) === endpoint.range;
    if (same) continue;
    const { id: leaseId, address, port, reason, protocol } = endpoint.lease;
    appendEvent(write, {
      type: 'lease.released',
      subject: serviceSubject(service),
      actor: change.actor,
      cause: change.cause,
      data: { leaseId, serviceId: service.id, endpoint: endpoint.name, protocol, address, port, reason },
    });
    deleteLease(write, endpoint.id);
  }
}

function withoutAbsent(patch: ServicePatch): Partial<ServiceSpec> {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
}

async function update(
  api: ApiContext,
  service: StoredService,
  { patch, who }: { patch: ServicePatch; who: Provenance },
): Promise<void> {
  const changes = withoutAbsent(patch);
  const next: ServiceSpec = { ...toSpec(service), ...changes };
  assertRanges(api, next.endpoints);
  await assertPolicy(next, { config: api.module.config.engine, protectedPaths: [api.module.home.root] });
  await api.db.commit((write) => {
    const latest = findService(write, service.id);
    if (latest === null) throw new ClosError('SERVICE_NOT_FOUND', `There is no service "${service.name}".`);
    assertRevision(latest, service.revision);
    if (changes.endpoints !== undefined) {
      releaseChangedLeases(write, latest, { to: next.endpoints, ...who });
      replaceEndpoints(write, latest, next.endpoints);
    }
    updateService(write, service.id, next);
    appendEvent(write, {
      type: 'service.updated',
      subject: serviceSubject(service),
      ...who,
      data: { revision: latest.revision + 1, changed: Object.keys(changes) },
    });
  });
}

async function* readLogs(
  api: ApiContext,
  containerId: string,
  options: { follow: boolean; since: string | undefined; tail: number; signal: AbortSignal },
): AsyncGenerator<LogLine> {
  const { follow, since, tail, signal } = options;
  const lines = api.engine.logs(containerId, { follow, tail, signal, ...(since === undefined ? {} : { since }) });
  try {
    for await (const { stream, time, line } of lines) {
      // The engine writes nanoseconds, the contract speaks in milliseconds.
      yield { stream, time: time === null ? null : new Date(time).toISOString(), line };
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

export function serviceHandlers(api: ApiContext): Handler[] {
  const { db } = api;
  const { services } = contract;
  return [
    handle(services.create, async (call) => {
      const spec = call.body;
      assertRanges(api, spec.endpoints);
      await assertPolicy(spec, { config: api.module.config.engine, protectedPaths: [api.module.home.root] });
      const id = await db.commit((write) => {
        const made = insertService(write, spec, api.instanceId);
        if (made === null)
          throw new ClosError('NAME_TAKEN', `There is a service "${spec.name}" already.`, {
            errors: [{ path: 'name', message: 'is taken' }],
          });
        appendEvent(write, {
          type: 'service.created',
          subject: { type: 'service', id: made, name: spec.name },
          actor: actorOf(call.principal),
          cause: null,
          data: { revision: 1 },
        });
        return made;
      });
      const service = toService(find(api, id));
      call.answer.revision(service.revision);
      return service;
    }),

    handle(services.list, (call) => {
      const { status, q, sort, limit, cursor } = call.query;
      const all = listServices(db.read)
        .map(toService)
        .filter(
          (service) => (status === undefined || service.status === status) && (q === undefined || matches(service, q)),
        )
        .sort(compareBy(sort));
      const after = decodeCursor(cursor);
      const start = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
      const items = all.slice(start, start + limit);
      const last = items.at(-1);
      return { items, nextCursor: start + limit < all.length && last !== undefined ? encodeCursor(last.id) : null };
    }),

    handle(services.get, (call) => {
      const service = toService(find(api, call.params.id));
      call.answer.revision(service.revision);
      return service;
    }),

    handle(services.update, async (call) => {
      const service = find(api, call.params.id);
      assertRevision(service, call.ifMatch);
      assertIdle(api, service);
      await update(api, service, { patch: call.body, who: { actor: actorOf(call.principal), cause: null } });
      const updated = toService(find(api, service.id));
      call.answer.revision(updated.revision);
      return updated;
    }),

    handle(services.delete, async (call) => {
      const service = find(api, call.params.id);
      assertRevision(service, call.ifMatch);
      return answerOperation(
        call,
        await deleteService(api, service, { actor: actorOf(call.principal), waitMs: call.waitMs }),
      );
    }),

    handle(services.start, async (call) => {
      const service = find(api, call.params.id);
      const actor = actorOf(call.principal);
      if (call.query.dryRun) return await planStart(api, service, actor);
      return answerOperation(call, await startService(api, service, { actor, waitMs: call.waitMs }));
    }),

    handle(services.stop, async (call) => {
      const service = find(api, call.params.id);
      const actor = actorOf(call.principal);
      if (call.query.dryRun) return planStop(service, 'service.stop', actor);
      return answerOperation(call, await stopService(api, service, { actor, waitMs: call.waitMs }));
    }),

    handle(services.restart, async (call) => {
      const service = find(api, call.params.id);
      const actor = actorOf(call.principal);
      if (call.query.dryRun) return planStop(service, 'service.restart', actor);
      return answerOperation(call, await restartService(api, service, { actor, waitMs: call.waitMs }));
    }),

    handle(services.logs, (call) => {
      const service = find(api, call.params.id);
      const container = presentContainer(api, service);
      if (container === null)
        throw new ClosError('CONTAINER_NOT_FOUND', `${service.name} has not been started yet, so it has no log.`);
      const { follow = false, since, tail } = call.query;
      return readLogs(api, container, { follow, since, tail, signal: call.signal });
    }),
  ];
}
