import { newId } from '#shared/base/ids.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import { contract } from '#shared/contract/contract.ts';
import { findSpecIssues, type ServicePatch, type ServiceSpec } from '#shared/contract/service-spec.ts';
import { appendEvent } from '../../../database/events.ts';
import type { WriteDb } from '../../../database/handle.ts';
import { leasesOfPort, listRanges } from '../../../database/leases.ts';
import {
  findService,
  insertService,
  listServices,
  replaceEndpoints,
  type StoredService,
  updateService,
} from '../../../database/services.ts';
import { type Handler, handle, handleKept, ReadyJson } from '../../../http/handler.ts';
import { actorOf, type Provenance, serviceSubject } from '../access/actors.ts';
import type { ApiContext } from '../api-context.ts';
import { answerOperation } from '../operations/answer-operation.ts';
import { grantLease, releaseLease } from '../ports/leases.ts';
import { pageOfServices } from '../reads/list-services.ts';
import { serviceAt } from '../reads/past.ts';
import { assertPolicy } from '../runtimes/container-spec.ts';
import { assertDriven, driverOf } from '../runtimes/drivers.ts';
import { adoptService, planAdoption } from '../services/adopt-service.ts';
import { planStartMany, startMany } from '../services/start-many.ts';
import { planStart, startService } from '../services/start-service.ts';
import { deleteService, planStop, restartService, stopService } from '../services/stop-service.ts';
import { toService } from '../state/service-view.ts';
import { specChanges } from '../state/spec-changes.ts';

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

function toSpec(service: StoredService): ServiceSpec {
  const { observed: _observed, ...runtime } = service.runtime;
  return {
    name: service.name,
    runtime,
    endpoints: service.endpoints.map(({ name, protocol, scheme, address, containerPort, hostPort, range }) => ({
      name,
      protocol,
      scheme,
      address,
      ...(containerPort === null ? {} : { containerPort }),
      hostPort,
      range,
    })),
    env: service.env,
    healthCheck: service.healthCheck,
    restart: service.restart,
    limits: service.limits,
    onConflict: service.onConflict,
    startOnVisit: service.startOnVisit,
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
    releaseLease(write, service, { endpoint, actor: change.actor, cause: change.cause });
  }
}

function withoutAbsent(patch: ServicePatch): Partial<ServiceSpec> {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
}

/** A change whose parts do not fit the rest of the service. What kind of thing a service is stays as it is. */
function assertFits(service: StoredService, next: ServiceSpec): void {
  const errors =
    next.runtime.type === service.runtime.type
      ? findSpecIssues(next)
      : [{ path: 'runtime.type', message: `is ${service.runtime.type} and stays so; create another service instead` }];
  if (errors.length > 0) throw new ClosError('INVALID_INPUT', `${errors[0]?.path}: ${errors[0]?.message}`, { errors });
}

/** What CLOS only watches never starts here, so its ports are leased as soon as it is known. */
function leaseWatched(write: WriteDb, { id }: Pick<StoredService, 'id'>, who: Provenance): void {
  const service = findService(write, id);
  if (service?.runtime.type !== 'external') return;
  for (const endpoint of service.endpoints) {
    const port = endpoint.hostPort;
    if (port === 'auto' || grantLease(write, service, { endpoint, port, reason: 'wanted', ...who })) continue;
    const holder = leasesOfPort(write, port)[0]?.service?.name ?? 'a reservation';
    throw new ClosError('PORT_CONFLICT', `:${port} is leased to ${holder}.`, { extra: { conflicts: [] } });
  }
}

async function update(
  api: ApiContext,
  service: StoredService,
  { patch, who }: { patch: ServicePatch; who: Provenance },
): Promise<void> {
  const changes = withoutAbsent(patch);
  const next: ServiceSpec = { ...toSpec(service), ...changes };
  assertFits(service, next);
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
    leaseWatched(write, { ...latest, id: service.id }, who);
    appendEvent(write, {
      type: 'service.updated',
      subject: serviceSubject(service),
      ...who,
      data: { revision: latest.revision + 1, changed: specChanges(toSpec(latest), next) },
    });
  });
}

export function serviceHandlers(api: ApiContext): Handler[] {
  const { db } = api;
  const { services } = contract;
  return [
    handle(services.create, async (call) => {
      const spec = call.body;
      assertRanges(api, spec.endpoints);
      await assertPolicy(spec, { config: api.module.config.engine, protectedPaths: [api.module.home.root] });
      const id = newId('svc');
      const who: Provenance = { actor: actorOf(call.principal), cause: null };
      await db.commit((write) => {
        if (!insertService(write, spec, { id, instanceId: api.instanceId }))
          throw new ClosError('NAME_TAKEN', `There is a service "${spec.name}" already.`, {
            errors: [{ path: 'name', message: 'is taken' }],
          });
        appendEvent(write, {
          type: 'service.created',
          subject: { type: 'service', id, name: spec.name },
          ...who,
          data: { revision: 1 },
        });
        leaseWatched(write, { id }, who);
      });
      const service = toService(db.read, find(api, id));
      call.answer.revision(service.revision);
      return service;
    }),

    handleKept(
      services.list,
      async (call) => {
        const { query, signal } = call;
        if (query.at !== undefined) return new ReadyJson(await api.readers.read('servicesAt', query, signal));
        const present = listServices(db.read).map((service) => toService(db.read, service));
        return pageOfServices(present, query);
      },
      ({ at }) => at === undefined,
    ),

    handle(services.get, (call) => {
      const { at } = call.query;
      if (at !== undefined) return serviceAt(db.read, call.params.id, at);
      const service = toService(db.read, find(api, call.params.id));
      call.answer.revision(service.revision);
      return service;
    }),

    handle(services.update, async (call) => {
      const service = find(api, call.params.id);
      assertRevision(service, call.ifMatch);
      assertIdle(api, service);
      await update(api, service, { patch: call.body, who: { actor: actorOf(call.principal), cause: null } });
      const updated = toService(db.read, find(api, service.id));
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
      assertDriven(service);
      if (call.query.dryRun) return planStop(service, 'service.stop', actor);
      return answerOperation(call, await stopService(api, service, { actor, waitMs: call.waitMs }));
    }),

    handle(services.restart, async (call) => {
      const service = find(api, call.params.id);
      const actor = actorOf(call.principal);
      assertDriven(service);
      if (call.query.dryRun) return planStop(service, 'service.restart', actor);
      return answerOperation(call, await restartService(api, service, { actor, waitMs: call.waitMs }));
    }),

    handle(services.adopt, async (call) => {
      const actor = actorOf(call.principal);
      if (call.body.dryRun) return await planAdoption(api, call.body, actor);
      return answerOperation(call, await adoptService(api, call.body, { actor, waitMs: call.waitMs }));
    }),

    handle(services.startMany, async (call) => {
      const chosen = [...new Map(call.body.services.map((ref) => find(api, ref)).map((one) => [one.id, one])).values()];
      const actor = actorOf(call.principal);
      if (call.body.dryRun) return await planStartMany(api, chosen, actor);
      return answerOperation(call, await startMany(api, chosen, { actor, waitMs: call.waitMs }));
    }),

    handle(services.logs, (call) => {
      const service = find(api, call.params.id);
      const { follow = false, since, tail } = call.query;
      return driverOf(service).logs(api, service, { follow, since, tail, signal: call.signal });
    }),
  ];
}
