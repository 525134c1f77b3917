import { userInfo } from 'node:os';
import { expect } from 'vitest';
import { z } from 'zod';
import type { Conflict, Evidence, Holder } from '#shared/contract/conflicts.ts';
import { engineCall } from '#tests/support/engine-http.ts';
import { eventually } from '#tests/support/eventually.ts';
import { webImage } from '#tests/support/web-image.ts';
import {
  boxed,
  lifeOfService,
  type Matrix,
  newName,
  patient,
  removeContainer,
  removeServices,
  served,
} from './matrix.ts';
import {
  answering,
  commandFor,
  endWhoAnswers,
  type Identity,
  type Place,
  startProgram,
  whoAnswers,
} from './programs.ts';

/** Somebody at a port, and what is to be told of them. */
export interface Held {
  kind: Conflict['kind'];
  holder: Holder;
  /** Whatever comes before the refused bind, which is the last word where one was refused. */
  evidence: Evidence[];
  /** Nothing is there: the bind would have succeeded. */
  unbound?: true;
  /** What is said after all that was observed. */
  remarks?: Evidence[];
  options: Array<Conflict['options'][number]['strategy']>;
  /** How it is now, as far as it must be the same again after an undo. */
  state(): Promise<unknown>;
  release(): Promise<void>;
}

const named = z.object({ Id: z.string() });
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

export const nobody: Holder = {
  type: 'unknown',
  name: 'unknown',
  pid: null,
  identity: null,
  command: null,
  user: null,
  since: null,
  container: null,
  service: null,
  project: null,
  checkout: null,
  protected: false,
};

/** A process as it is told; `pid` is what answered for itself at the port. */
function processFacts({ pid, argv }: Pick<Identity, 'pid' | 'argv'>, project: string) {
  return {
    pid,
    identity: expect.stringMatching(new RegExp(`^${pid}\\.\\d+\\.[0-9a-f-]{36}$`)),
    command: ['node', answering, ...argv].join(' '),
    user: userInfo().username,
    since: time,
    project,
  };
}

function listenerEvidence(place: Place, who: string): Evidence {
  const { protocol, address, port } = place;
  const socket = `${protocol} ${address}:${port}`.replaceAll('.', '\\.');
  return { source: 'listener', detail: expect.stringMatching(new RegExp(`^${socket}, inode \\d+, process ${who}$`)) };
}

function leaseEvidence({ protocol, port }: Place, rest: string): Evidence {
  return { source: 'lease', detail: expect.stringMatching(new RegExp(`^${protocol} ${port} is ${rest}$`)) };
}

/** A container that somebody else has made. */
export interface ForeignContainer {
  id: string;
  name: string;
  remove(): Promise<void>;
}

export interface ContainerChoice {
  name?: string;
  start?: boolean;
  host?: object;
  config?: object;
}

/** Makes a container past CLOS, which publishes its port 80 at a place, and starts it unless told otherwise. */
export async function foreignContainer(
  matrix: Pick<Matrix, 'socketPath'>,
  { protocol, address, port }: Place,
  { name = newName('stranger'), start = true, host = {}, config = {} }: ContainerChoice = {},
): Promise<ForeignContainer> {
  const { socketPath } = matrix;
  const key = `80/${protocol}`;
  const PortBindings = { [key]: [{ HostIp: address, HostPort: String(port) }] };
  const body = {
    Image: webImage,
    ExposedPorts: { [key]: {} },
    ...config,
    HostConfig: { Init: true, PortBindings, ...host },
  };
  const answer = await engineCall(socketPath, `/containers/create?name=${name}`, { method: 'POST', body });
  const { Id: id } = named.parse(JSON.parse(answer));
  if (start) await engineCall(socketPath, `/containers/${id}/start`, { method: 'POST', body: {} });
  return { id, name, remove: () => removeContainer(matrix, name) };
}

const inspected = z.object({ Id: z.string(), State: z.object({ Status: z.string(), StartedAt: z.string() }) });

/** Whether a container runs, and since when. */
export async function stateOfContainer({ socketPath }: Pick<Matrix, 'socketPath'>, name: string) {
  const { Id, State } = inspected.parse(JSON.parse(await engineCall(socketPath, `/containers/${name}/json`)));
  return { id: Id, state: State.Status, startedAt: State.StartedAt };
}

function publishes(container: { name: string }, { protocol, address, port }: Place): Evidence {
  const detail = `Container ${container.name} (${webImage}) publishes ${address}:${port} -> 80/${protocol}`;
  return { source: 'engine', detail };
}

/** A service of CLOS, with its lease and what runs of it. */
async function heldByService(
  matrix: Matrix,
  name: string,
): Promise<Pick<Held, 'kind' | 'options' | 'state' | 'release'>> {
  await matrix.client.services.start({ id: name }, patient);
  return {
    kind: 'lease',
    options: ['reassign', 'stop-service'],
    state: () => lifeOfService(matrix, name),
    release: () => removeServices(matrix.client, name),
  };
}

async function serviceOf({ client }: Matrix, name: string): Promise<NonNullable<Holder['service']>> {
  const { id } = await client.services.get({ id: name });
  return { id, name };
}

/** What is told of a service of CLOS whose program answers at its port. */
async function toldOfProgram(
  matrix: Matrix,
  { name, place }: { name: string; place: Place },
): Promise<Pick<Held, 'holder' | 'evidence'>> {
  const who = await whoAnswers(place);
  return {
    holder: { ...nobody, type: 'service', name, service: await serviceOf(matrix, name), ...processFacts(who, 'shop') },
    evidence: [
      leaseEvidence(place, `leased to ${name}/http since .*`),
      listenerEvidence(place, `${who.pid} \\(node\\)`),
    ],
  };
}

export const holders = {
  async 'a service of CLOS in a container'(matrix: Matrix, place: Place): Promise<Held> {
    const name = newName('db');
    const { protocol, address, port } = place;
    await matrix.client.services.create(boxed(name, { protocol, address, hostPort: port }));
    const held = await heldByService(matrix, name);
    const service = await serviceOf(matrix, name);
    const container = { name: `clos-${name}-${service.id.slice(-6)}` };
    const { id } = await stateOfContainer(matrix, container.name);
    return {
      ...held,
      holder: {
        ...nobody,
        type: 'service',
        name,
        since: time,
        service,
        container: { id, ...container, image: webImage, state: 'running' },
      },
      evidence: [
        leaseEvidence(place, `leased to ${name}/http since .*`),
        publishes(container, place),
        listenerEvidence(place, '\\d+ \\(docker-proxy\\)'),
      ],
    };
  },

  async 'a service of CLOS that is a program'(matrix: Matrix, place: Place): Promise<Held> {
    const name = newName('db');
    const { protocol, address, port } = place;
    await matrix.client.services.create(served(matrix, name, { protocol, address, hostPort: port }));
    const held = await heldByService(matrix, name);
    return {
      ...held,
      ...(await toldOfProgram(matrix, { name, place })),
    };
  },

  async 'the child of a package manager that CLOS runs'(matrix: Matrix, place: Place): Promise<Held> {
    const name = newName('db');
    const { protocol, address, port } = place;
    const runtime = { type: 'process' as const, command: ['npm', 'run', protocol], cwd: matrix.folder };
    await matrix.client.services.create({ name, runtime, endpoints: [{ protocol, address, hostPort: port }] });
    const held = await heldByService(matrix, name);
    return {
      ...held,
      ...(await toldOfProgram(matrix, { name, place })),
    };
  },

  async 'a service that CLOS only watches'(matrix: Matrix, place: Place): Promise<Held> {
    const { client, folder } = matrix;
    const name = newName('db');
    const { protocol, address, port } = place;
    await startProgram(commandFor(place), { cwd: folder });
    await whoAnswers(place);
    await client.services.create({
      name,
      runtime: { type: 'external' },
      endpoints: [{ protocol, address, hostPort: port }],
    });
    await eventually(
      () => client.services.get({ id: name }),
      ({ status }) => status === 'running',
    );
    return {
      kind: 'lease',
      ...(await toldOfProgram(matrix, { name, place })),
      options: ['reassign'],
      state: async () => [await lifeOfService(matrix, name), await whoAnswers(place)],
      async release() {
        await removeServices(client, name);
        await endWhoAnswers(place);
      },
    };
  },

  async 'a reservation'({ client }: Matrix, { protocol, port }: Place): Promise<Held> {
    const note = newName('for later');
    const { id } = await client.ports.lease({ port, protocol, note });
    return {
      kind: 'lease',
      holder: { ...nobody, type: 'system', name: `the reservation "${note}"`, since: time, protected: true },
      evidence: [leaseEvidence({ protocol, address: '127.0.0.1', port }, `reserved since .*: ${note}`)],
      unbound: true,
      options: ['reassign'],
      state: async () => (await client.ports.leases({ limit: 500 })).items.find((lease) => lease.id === id),
      release: () => client.ports.release({ id }),
    };
  },

  async 'a container of somebody else'(matrix: Matrix, place: Place): Promise<Held> {
    const { id, name, remove } = await foreignContainer(matrix, place);
    return {
      kind: 'container',
      holder: {
        ...nobody,
        type: 'container',
        name,
        since: time,
        container: { id, name, image: webImage, state: 'running' },
      },
      evidence: [publishes({ name }, place), listenerEvidence(place, '\\d+ \\(docker-proxy\\)')],
      options: ['reassign', 'wait', 'stop-container', 'adopt'],
      state: () => stateOfContainer(matrix, name),
      release: remove,
    };
  },

  async 'a program of somebody else'({ folder }: Matrix, place: Place): Promise<Held> {
    await startProgram(commandFor(place), { cwd: folder, env: { GREETING: 'hello there' } });
    const who = await whoAnswers(place);
    return {
      kind: 'process',
      holder: { ...nobody, type: 'process', name: 'node', ...processFacts(who, 'shop') },
      evidence: [listenerEvidence(place, `${who.pid} \\(node\\)`)],
      options: ['reassign', 'wait', 'adopt', 'end-process'],
      state: () => whoAnswers(place),
      release: () => endWhoAnswers(place),
    };
  },

  async 'the child of a package manager'({ folder }: Matrix, place: Place): Promise<Held> {
    const { protocol, port } = place;
    const npm = await startProgram(['npm', 'run', protocol], {
      cwd: folder,
      env: { PORT: String(port), GREETING: 'hello there' },
    });
    const who = await whoAnswers(place);
    return {
      kind: 'process',
      holder: { ...nobody, type: 'process', name: 'node', ...processFacts(who, 'shop') },
      evidence: [listenerEvidence(place, `${who.pid} \\(node\\)`)],
      remarks: [{ source: 'system', detail: `node runs under npm run ${protocol} (pid ${npm.pid})` }],
      options: ['reassign', 'wait', 'adopt', 'end-process'],
      state: () => whoAnswers(place),
      release: () => endWhoAnswers(place),
    };
  },
} satisfies Record<string, (matrix: Matrix, place: Place) => Promise<Held>>;
