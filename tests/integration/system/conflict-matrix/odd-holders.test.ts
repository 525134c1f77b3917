import { once } from 'node:events';
import { mkdirSync, rmdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import type { Conflict } from '#shared/contract/conflicts.ts';
import { engineCall, engineRequest } from '#tests/support/engine-http.ts';
import { eventually } from '#tests/support/eventually.ts';
import { pageOf } from '#tests/support/page.ts';
import { foreignContainer, nobody, stateOfContainer } from './holders.ts';
import {
  lifeOfService,
  type Matrix,
  newName,
  openMatrix,
  patient,
  recommendedOf,
  refusedStart,
  removeServices,
  served,
  undo,
} from './matrix.ts';
import { commandFor, type Place, startProgram, urlOf, whoAnswers } from './programs.ts';
import { restOf, soleConflict, take } from './ways-out.ts';

let matrix: Matrix;
beforeAll(async () => {
  matrix = await openMatrix();
});
afterAll(() => matrix.close());

const newPlace = async (): Promise<Place> => ({
  protocol: 'tcp',
  address: '127.0.0.1',
  port: await matrix.freePort(),
});

/** A program that wants a port; it goes with the test. */
async function asking({ port }: Pick<Place, 'port'>): Promise<string> {
  const name = newName('web');
  await matrix.client.services.create(served(matrix, name, { hostPort: port }));
  onTestFinished(() => removeServices(matrix.client, name));
  return name;
}

const strategiesOf = ({ options }: Conflict) => options.map(({ strategy }) => strategy);

describe('a stopped container', () => {
  it('claims its port and holds nothing: whoever asks is told, and starts', async () => {
    const place = await newPlace();
    const container = await foreignContainer(matrix, place, { start: false });
    onTestFinished(container.remove);
    const { conflicts } = await matrix.client.ports.check({ endpoints: [{ port: place.port }] });
    expect(conflicts).toMatchObject([
      { kind: 'stopped-container', severity: 'warning', holder: { type: 'container', name: container.name } },
    ]);
    const name = await asking(place);
    await matrix.client.services.start({ id: name }, patient);
    expect((await whoAnswers(place)).argv).toEqual(['tcp', '127.0.0.1', String(place.port)]);
    expect((await stateOfContainer(matrix, container.name)).state).toBe('created');
  });

  it('is one more thing to know where somebody else has the port', async () => {
    const place = await newPlace();
    const container = await foreignContainer(matrix, place, { start: false });
    onTestFinished(container.remove);
    const program = await startProgram(commandFor(place), { cwd: matrix.folder });
    onTestFinished(program.end);
    const { kind, evidence } = await soleConflict(matrix, await asking(place));
    expect([kind, evidence.map(({ detail }) => detail)]).toEqual([
      'process',
      expect.arrayContaining([
        `Container ${container.name} (clos-test/web:1) is created and claims 127.0.0.1:${place.port} -> 80/tcp`,
      ]),
    ]);
  });
});

describe('CLOS itself', () => {
  it('keeps its own port: another one is all that is offered', async () => {
    const port = Number(new URL(matrix.system.discovery.api.url).port);
    const name = await asking({ port });
    const conflict = await soleConflict(matrix, name);
    expect(conflict).toMatchObject({
      kind: 'clos',
      severity: 'blocking',
      holder: { type: 'clos', name: 'api', protected: true },
    });
    expect(strategiesOf(conflict)).toEqual(['reassign']);

    const before = await restOf(matrix, name);
    const operation = await take(matrix, conflict, 'reassign');
    expect(await lifeOfService(matrix, name)).toMatchObject({ status: 'running' });
    await undo(matrix, operation);
    expect(await restOf(matrix, name)).toEqual(before);
    expect(await lifeOfService(matrix, name)).toMatchObject({ status: 'stopped', endpoints: [{ lease: null }] });
  });
});

describe('a program that could not be started again as it was', () => {
  it('is not offered to become a service, and its end is said to be for good', async () => {
    const place = await newPlace();
    const cwd = join(matrix.folder, 'passing');
    mkdirSync(cwd);
    const program = await startProgram(commandFor(place), { cwd });
    onTestFinished(program.end);
    rmdirSync(cwd);
    const conflict = await soleConflict(matrix, await asking(place));
    expect(strategiesOf(conflict)).toEqual(['reassign', 'wait', 'end-process']);
    expect(conflict.options.at(-1)).toMatchObject({
      reversible: false,
      steps: [
        expect.any(String),
        `node (process ${program.pid}) cannot be started again as it was. Its folder has been deleted.`,
        expect.any(String),
      ],
    });
    const { id } = conflict;
    await expect(matrix.client.services.adopt({ pid: program.pid }, patient)).rejects.toMatchObject({
      code: 'PROCESS_UNREADABLE',
    });
    await expect(matrix.client.conflicts.resolve({ id, option: 'adopt', dryRun: true }, patient)).rejects.toMatchObject(
      { code: 'OPTION_NOT_FOUND' },
    );
    expect(program.child.exitCode).toBeNull();
  });
});

describe('a connection that is still open', () => {
  it('is told as what passes, is never ended, and who waits for it starts', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = z.object({ port: z.int() }).parse(server.address());
    const accepted = once(server, 'connection');
    const connection = connect({ port, host: '127.0.0.1' });
    const [other] = await accepted;
    const place = { port: connection.localPort ?? 0 };
    onTestFinished(() => {
      connection.destroy();
      server.close();
    });
    const name = await asking(place);
    const conflict = await soleConflict(matrix, name);
    expect(conflict).toMatchObject({ kind: 'temporary', holder: { ...nobody, name: 'a connection' } });
    expect([strategiesOf(conflict), recommendedOf(conflict).id]).toEqual([['reassign', 'wait'], 'reassign']);

    await take(matrix, conflict, 'wait');
    expect(connection.readyState).toBe('open');
    // Who closes first keeps the port for a minute: the other end does.
    other.end();
    connection.resume();
    await eventually(
      () => lifeOfService(matrix, name),
      ({ status }) => status === 'running',
    );
    expect(await lifeOfService(matrix, name)).toMatchObject({
      waits: false,
      endpoints: [{ lease: { port: place.port } }],
    });
  });
});

const made = z.object({
  Name: z.string(),
  State: z.object({ Status: z.string() }),
  Config: z.looseObject({ Labels: z.record(z.string(), z.string()), Hostname: z.string() }),
  // The engine tells some things in other words than it was told them.
  HostConfig: z.object({ AutoRemove: z.boolean(), Init: z.boolean(), CpuShares: z.int(), PortBindings: z.unknown() }),
});

describe('a container that its engine removes when it stops', () => {
  it('is made again as it was by an undo', async () => {
    const place = await newPlace();
    const config = { Env: ['GREETING=hello there'], Labels: { whose: 'mine' }, WorkingDir: '/www' };
    const container = await foreignContainer(matrix, place, { config, host: { AutoRemove: true, CpuShares: 512 } });
    onTestFinished(container.remove);
    const path = `/containers/${container.name}/json`;
    const look = async () => {
      const { Name, State, Config, HostConfig } = made.parse(JSON.parse(await engineCall(matrix.socketPath, path)));
      const { Labels, Hostname: _named, ...rest } = Config;
      return { Name, status: State.Status, config: rest, whose: Labels.whose, HostConfig };
    };
    const before = await look();
    const name = await asking(place);
    const operation = await take(matrix, await soleConflict(matrix, name), 'stop-container');
    await whoAnswers(place);
    expect((await engineRequest(matrix.socketPath, path)).status).toBe(404);

    await undo(matrix, operation);
    expect((await pageOf(urlOf(place))).status).toBe(200);
    expect(await look()).toEqual(before);
  });
});

describe('a service and a stranger at two addresses of one port', () => {
  it('are a conflict each, with ways out of their own; to end one leaves the other', async () => {
    const place = await newPlace();
    const db = newName('db');
    await matrix.client.services.create(served(matrix, db, { hostPort: place.port }));
    onTestFinished(() => removeServices(matrix.client, db));
    await matrix.client.services.start({ id: db }, patient);
    const stranger = { ...place, address: '127.0.0.2' };
    const program = await startProgram(commandFor(stranger), { cwd: matrix.folder });
    onTestFinished(program.end);
    const name = newName('web');
    await matrix.client.services.create(served(matrix, name, { address: '0.0.0.0', hostPort: place.port }));
    onTestFinished(() => removeServices(matrix.client, name));

    const both = await refusedStart(matrix, name);
    expect(both.map(({ kind, holder }) => [kind, holder.name, holder.pid])).toEqual([
      ['lease', db, (await whoAnswers(place)).pid],
      ['process', 'node', program.pid],
    ]);
    expect(both.map(strategiesOf)).toEqual([
      ['reassign', 'stop-service'],
      ['reassign', 'wait', 'adopt', 'end-process'],
    ]);
    const [lease, process] = both as [Conflict, Conflict];
    const stateOf = async ({ id }: Conflict) => (await matrix.client.conflicts.get({ id })).state;
    expect(new Set([lease.id, process.id]).size).toBe(2);
    expect(await refusedStart(matrix, name)).toMatchObject([{ id: lease.id }, { id: process.id }]);

    // The service makes room, and the stranger is still there.
    const response = await matrix.system.request(`/api/v2/conflicts/${lease.id}/resolve`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: 'wait=55' },
      body: JSON.stringify({ option: 'stop-service' }),
    });
    expect([response.status, await response.json()]).toMatchObject([409, { conflicts: [{ id: process.id }] }]);
    expect([await stateOf(lease), await stateOf(process)]).toEqual(['resolved', 'open']);
    expect((await whoAnswers(stranger)).pid).toBe(program.pid);

    await take(matrix, process, 'end-process');
    expect(await lifeOfService(matrix, name)).toMatchObject({
      status: 'running',
      endpoints: [{ lease: { port: place.port } }],
    });
    expect(await lifeOfService(matrix, db)).toMatchObject({ status: 'stopped', endpoints: [{ lease: null }] });
    expect([await stateOf(lease), await stateOf(process)]).toEqual(['resolved', 'resolved']);
  });
});
