import { basename } from 'node:path';
import { newId } from '#shared/base/ids.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import type { Holder } from '#shared/contract/conflicts.ts';
import type { Actor, Operation } from '#shared/contract/operations.ts';
import { nameSchema } from '#shared/contract/primitives.ts';
import { type ServiceSpec, serviceSpecSchema } from '#shared/contract/service-spec.ts';
import type { AdoptRequest } from '#shared/contract/services.ts';
import { appendEvent } from '../../../database/events.ts';
import type { ReadDb, WriteDb } from '../../../database/handle.ts';
import { leasesOfPort } from '../../../database/leases.ts';
import { bindObserved } from '../../../database/observed.ts';
import { findService, insertService, type StoredService, updateLife } from '../../../database/services.ts';
import { findLauncher } from '../../../host/launcher.ts';
import { readForRestart } from '../../../host/read-for-restart.ts';
import type { ProcessInfo } from '../../../host/types.ts';
import { describeForAdoption } from '../../../runtimes/container/adoption.ts';
import type { ApiContext } from '../api-context.ts';
import { type Command, plannedOperation } from '../operations/commands.ts';
import { grantLease, releaseLease } from '../ports/leases.ts';
import { inheritedEnvironment } from '../state/environment.ts';
import { changeStatus } from '../state/life.ts';
import { specHash } from '../state/service-view.ts';

/** A port that something holds. */
interface HeldPort {
  protocol: 'tcp' | 'udp';
  address: string;
  port: number;
}

/** What shall become a service: a process as it runs, or a container as it runs. */
type Candidate =
  | { type: 'process'; launcher: ProcessInfo; spec: ServiceSpec }
  /** `lost`: what the specification cannot say; the container keeps it, also when it is recreated on another port. */
  | { type: 'container'; container: { id: string; name: string }; spec: ServiceSpec; lost: string[] };

/** What an adoption is about: `from` is the service whose lease of the port may go to the new one. */
interface Adoption {
  candidate: Candidate;
  /** Of the service that is made. */
  id: string;
  from: StoredService | null;
}

/** A valid name near to what a program, a folder or a project is called. */
export function toServiceName(text: string): string {
  const plain = text
    .toLowerCase()
    .replace(/^@[^/]*\//, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 50)
    .replace(/-+$/, '');
  return nameSchema.safeParse(plain).success ? plain : 'service';
}

/** The wanted name, or the next free one after it: `web`, `web-2`, `web-3`. */
function freeName(db: ReadDb, wanted: string): string {
  for (let n = 1; ; n++) {
    const name = n === 1 ? wanted : `${wanted}-${n}`;
    if (findService(db, name) === null) return name;
  }
}

function nameFor(db: ReadDb, given: string | undefined, suggested: string): string {
  if (given === undefined) return freeName(db, toServiceName(suggested));
  if (findService(db, given) === null) return given;
  throw new ClosError('NAME_TAKEN', `There is a service "${given}" already.`, {
    errors: [{ path: 'name', message: 'is taken' }],
  });
}

/** One endpoint per port, the one that was asked about first; a port on several addresses is one endpoint. */
function endpointsOf(ports: ReadonlyArray<HeldPort & { containerPort?: number }>): ServiceSpec['endpoints'] {
  const unique = ports.filter(
    (one, index) => ports.findIndex(({ protocol, port }) => protocol === one.protocol && port === one.port) === index,
  );
  return unique.map(({ protocol, address, port, containerPort }, index) => ({
    name: index === 0 ? (protocol === 'tcp' ? 'http' : 'udp') : `${protocol}-${port}`,
    protocol,
    scheme: 'auto',
    address,
    hostPort: port,
    ...(containerPort === undefined ? {} : { containerPort }),
  }));
}

/** Only what CLOS would not give a process anyway: the rest is inherited at each start. */
function ownVariables(env: Record<string, string>): Record<string, string> {
  const inherited = inheritedEnvironment();
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name, value]) => inherited[name] !== value && /^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name),
    ),
  );
}

/** Reads what is not ours as a specification. A value that looks like a template of ours is kept as it is. */
function asText(value: string): string {
  return value.replaceAll(/\$\{(?=\s*(?:services|endpoints)\b)/g, '$$${');
}

/** What says nothing but a port that is leased from now on, as `3000` or `--port=3000`, follows the lease when that moves. */
function withPortTemplates(text: string, endpoints: ServiceSpec['endpoints']): string {
  const [, before = '', number] = /^(--?[\w-]+=)?(\d{1,5})$/.exec(text) ?? [];
  const named = endpoints.find(({ hostPort }) => String(hostPort) === number);
  return named === undefined ? text : `${before}\${endpoints.${named.name}.port}`;
}

async function processCandidate(
  api: ApiContext,
  { pid, name, project }: { pid: number; name: string | undefined; project: string | null },
): Promise<Candidate> {
  const { host } = api.processes;
  const listener = await host.describeProcess(pid);
  if (listener === null) throw new ClosError('PROCESS_GONE', `There is no process ${pid}.`);
  const reason = await host.protectedReason(pid);
  if (reason !== null) throw new ClosError('PROCESS_PROTECTED', `${listener.name} cannot be a service. ${reason}`);
  const launcher = await findLauncher(host, listener);
  const { argv, cwd, env } = await readForRestart(host, launcher);
  const all = await host.listListeners({ owners: true });
  const ports = all
    .filter(
      ({ owner }) =>
        owner !== null && (owner.pid === launcher.pid || owner.pid === pid || owner.ancestors.includes(launcher.pid)),
    )
    .map(
      ({ protocol, address, port }): HeldPort => ({ protocol, address: address.includes('%') ? '::' : address, port }),
    );
  const endpoints = endpointsOf(ports);
  const read = (text: string) => withPortTemplates(asText(text), endpoints);
  const spec = serviceSpecSchema.parse({
    name: nameFor(api.db.read, name, project ?? (basename(cwd) || listener.name)),
    runtime: { type: 'process', command: argv.map(read), cwd },
    endpoints,
    env: Object.fromEntries(Object.entries(ownVariables(env)).map(([key, value]) => [key, read(value)])),
  } satisfies Parameters<typeof serviceSpecSchema.parse>[0]);
  return { type: 'process', launcher, spec };
}

async function containerCandidate(
  api: ApiContext,
  { ref, name }: { ref: string; name: string | undefined },
): Promise<Candidate> {
  const definition = await api.engine.definition(ref);
  const { image, command, workingDir, user, mounts, init, env, limits, endpoints, restart, project, lost } =
    describeForAdoption(definition);
  const spec = serviceSpecSchema.parse({
    name: nameFor(api.db.read, name, project ?? definition.name),
    runtime: {
      type: 'container',
      image,
      mounts,
      init,
      ...(command === undefined ? {} : { command: command.map(asText) }),
      ...(workingDir === undefined ? {} : { workingDir }),
      ...(user === undefined ? {} : { user }),
    },
    endpoints: endpointsOf(endpoints.map(({ hostPort, ...endpoint }) => ({ ...endpoint, port: hostPort }))),
    env: Object.fromEntries(Object.entries(env).map(([key, value]) => [key, asText(value)])),
    limits,
    restart,
  } satisfies Parameters<typeof serviceSpecSchema.parse>[0]);
  return { type: 'container', container: { id: definition.id, name: definition.name }, spec, lost };
}

/** Another service's lease of a port that shall be adopted: only a conflict may take it, since only there somebody was asked. */
function assertLeasable(db: ReadDb, spec: ServiceSpec, from: StoredService | null): void {
  for (const { protocol, hostPort } of spec.endpoints) {
    if (hostPort === 'auto') continue;
    const other = leasesOfPort(db, hostPort).find(
      (lease) => lease.protocol === protocol && lease.service?.id !== from?.id,
    );
    if (other === undefined) continue;
    const whose = other.service === null ? `is reserved (${other.note})` : `is leased to ${other.service.name}`;
    throw new ClosError('LEASE_IN_USE', `:${hostPort} ${whose}. Give it back first: clos ports release ${hostPort}`);
  }
}

/** Stores the service as it runs: with its leases, bound to what runs, and running. */
function recordAdopted(
  write: WriteDb,
  api: ApiContext,
  { candidate, id, from, command }: Adoption & { command: Command },
): void {
  const { spec } = candidate;
  const { actor, cause } = command;
  if (!insertService(write, spec, { id, instanceId: api.instanceId }))
    throw new ClosError('NAME_TAKEN', `There is a service "${spec.name}" already.`);
  const find = () => findService(write, id) as StoredService;
  const subject = { type: 'service' as const, id, name: spec.name };
  appendEvent(write, { type: 'service.created', subject, actor, cause, data: { revision: 1 } });
  const giving = from === null ? null : findService(write, from.id);
  for (const endpoint of giving?.endpoints ?? []) {
    const taken = spec.endpoints.some(
      ({ protocol, hostPort }) => protocol === endpoint.protocol && hostPort === endpoint.lease?.port,
    );
    if (taken && giving !== null) releaseLease(write, giving, { endpoint, actor, cause });
  }
  for (const endpoint of find().endpoints) {
    const port = endpoint.hostPort;
    if (port === 'auto') continue;
    if (!grantLease(write, find(), { endpoint, port, reason: 'adopted: it held the port', actor, cause })) {
      throw new ClosError('LEASE_IN_USE', `:${port} was leased to another service meanwhile.`);
    }
  }
  const container = candidate.type === 'container' ? candidate.container : null;
  if (container !== null) {
    updateLife(write, id, { adoptedContainer: container.name });
    bindObserved(write, { name: container.name, serviceId: id });
  }
  updateLife(write, id, { desired: 'running' });
  const pid = candidate.type === 'process' ? candidate.launcher.pid : null;
  appendEvent(write, {
    type: 'service.adopted',
    subject,
    actor,
    cause,
    data: { pid, containerId: container?.id ?? null },
  });
  changeStatus(write, find(), { to: 'running', actor, cause });
  updateLife(write, id, { applied: specHash(write, find()) });
}

function makeStep({ spec }: Candidate): string {
  return `Make ${spec.name} a service`;
}

async function carryOut(api: ApiContext, { candidate, id, from }: Adoption, command: Command): Promise<void> {
  const { spec } = candidate;
  assertLeasable(api.db.read, spec, from);
  await command.step(makeStep(candidate), async () => {
    command.hold({ id, name: spec.name });
    await command.remember([{ type: 'forget-service', serviceId: id, name: spec.name }]);
    await api.db.commit((write) => recordAdopted(write, api, { candidate, id, from, command }));
    if (candidate.type === 'process') {
      await api.processes.record(await api.processes.runtime.adopt(id, candidate.launcher));
    }
  });
}

async function holderCandidate(api: ApiContext, { container, pid, project }: Holder): Promise<Candidate> {
  const name = undefined;
  if (container !== null) return await containerCandidate(api, { ref: container.id, name });
  return await processCandidate(api, { pid: pid ?? 0, name, project });
}

/** The names of the steps that `adoptHolder` would take. */
export async function holderAdoptionSteps(api: ApiContext, holder: Holder): Promise<string[]> {
  return [makeStep(await holderCandidate(api, holder))];
}

/** Within the resolution of a conflict: the holder becomes a service, and the port's lease goes to it. */
export async function adoptHolder(
  api: ApiContext,
  { holder, from }: { holder: Holder; from: StoredService },
  command: Command,
): Promise<void> {
  const candidate = await holderCandidate(api, holder);
  await carryOut(api, { candidate, id: newId('svc'), from }, command);
}

/** Finds what is meant: a container by its name, a process by its number, or whoever listens on a port. */
async function findCandidate(
  api: ApiContext,
  { port, protocol, pid, container, name }: Omit<AdoptRequest, 'dryRun'>,
): Promise<Candidate> {
  if (container !== undefined) return await containerCandidate(api, { ref: container, name });
  if (pid !== undefined) return await processCandidate(api, { pid, name, project: null });
  if (port === undefined) throw new Error('The contract asks for one of port, pid and container');
  const { listeners } = await api.module.sibling('resolver').internal.describePort({ port });
  const holder = listeners.find((listener) => listener.protocol === protocol)?.holder;
  if (holder === undefined) throw new ClosError('LISTENER_NOT_FOUND', `Nothing listens on ${protocol} ${port}.`);
  if (holder.service !== null) {
    throw new ClosError('LISTENER_NOT_FOUND', `${holder.service.name} listens on ${port}, and is a service already.`);
  }
  if (holder.container !== null) return await containerCandidate(api, { ref: holder.container.id, name });
  if (holder.type !== 'process' || holder.pid === null) {
    throw new ClosError('LISTENER_NOT_FOUND', `${holder.name} listens on ${port} and cannot be a service.`);
  }
  return await processCandidate(api, { pid: holder.pid, name, project: holder.project });
}

function subjectOf({ spec }: Candidate, id: string) {
  return { type: 'service' as const, id, name: spec.name };
}

/** What an adoption would make. Touches nothing. */
export async function planAdoption(api: ApiContext, request: AdoptRequest, actor: Actor): Promise<Operation> {
  const candidate = await findCandidate(api, request);
  const { spec } = candidate;
  assertLeasable(api.db.read, spec, null);
  const steps = [
    `Make ${spec.name} a service of ${candidate.type === 'process' ? `process ${candidate.launcher.pid}` : `the container ${candidate.container.name}`}, which goes on`,
    ...spec.endpoints.map(({ name, hostPort }) => `Lease :${hostPort} to ${spec.name}/${name}`),
    ...(candidate.type === 'container'
      ? candidate.lost.map((what) => `Keep as it is, since a service cannot say it: ${what}`)
      : []),
  ].map((name) => ({ name, status: 'planned' as const, detail: null }));
  return plannedOperation({ type: 'service.adopt', subject: subjectOf(candidate, 'new'), actor }, steps);
}

/** `POST /services/adopt` */
export async function adoptService(
  api: ApiContext,
  request: AdoptRequest,
  { actor, waitMs }: { actor: Actor; waitMs: number },
): Promise<Operation> {
  const candidate = await findCandidate(api, request);
  const id = newId('svc');
  return await api.commands.run({
    type: 'service.adopt',
    subject: subjectOf(candidate, id),
    actor,
    services: [{ id, name: candidate.spec.name }],
    waitMs,
    log: api.module.log,
    work: (command) => carryOut(api, { candidate, id, from: null }, command),
  });
}
