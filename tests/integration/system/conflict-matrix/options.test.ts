import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { eventually } from '#tests/support/eventually.ts';
import { pageOf } from '#tests/support/page.ts';
import { foreignContainer, stateOfContainer } from './holders.ts';
import { lifeOfService, type Matrix, openMatrix, undo } from './matrix.ts';
import { askTcp, commandFor, type Place, type Program, startProgram, urlOf, whoAnswers } from './programs.ts';
import { type HolderKind, type Met, meet, restOf, take } from './ways-out.ts';

let matrix: Matrix;
/** They hold ports of their own and are nobody's business. */
let bystanders: { place: Place; program: Program; container: Awaited<ReturnType<typeof foreignContainer>> };
let bystanding: unknown;

const stateOfBystanders = async () => [
  await whoAnswers(bystanders.place),
  await stateOfContainer(matrix, bystanders.container.name),
];

beforeAll(async () => {
  matrix = await openMatrix();
  const [place, other] = [await matrix.freePort(), await matrix.freePort()].map(
    (port): Place => ({ protocol: 'tcp', address: '127.0.0.1', port }),
  ) as [Place, Place];
  const program = await startProgram(commandFor(place), { cwd: matrix.folder });
  bystanders = { place, program, container: await foreignContainer(matrix, other) };
  bystanding = await stateOfBystanders();
});
afterAll(async () => {
  await bystanders.program.end();
  await bystanders.container.remove();
  await matrix.close();
});

/** The service that asked has its port; nobody was touched who has nothing to do with it. */
async function expectRunning({ name, place }: Met): Promise<void> {
  expect(await lifeOfService(matrix, name)).toMatchObject({
    status: 'running',
    desired: 'running',
    waits: false,
    endpoints: [{ lease: { port: place.port } }],
  });
  expect((await whoAnswers(place)).argv).toEqual(['tcp', place.address, String(place.port)]);
  expect(await stateOfBystanders()).toEqual(bystanding);
}

/** The service that asked is where it was, and so is everybody else. */
async function expectUndone({ name, before }: Met): Promise<void> {
  expect(await restOf(matrix, name)).toEqual(before);
  expect(await lifeOfService(matrix, name)).toMatchObject({
    status: 'stopped',
    desired: 'stopped',
    waits: false,
    endpoints: [{ address: '127.0.0.1', lease: null }],
  });
  expect(await stateOfBystanders()).toEqual(bystanding);
}

const isOpen = async ({ conflict }: Met) => (await matrix.client.conflicts.get({ id: conflict.id })).state;

describe('stop-service', () => {
  it.each<HolderKind>([
    'a service of CLOS in a container',
    'a service of CLOS that is a program',
    'the child of a package manager that CLOS runs',
  ])('stops %s and nothing else, gives its lease on, and an undo has it run with it again', async (kind) => {
    const met = await meet(matrix, kind);
    const holder = met.conflict.holder.name;
    const before = await lifeOfService(matrix, holder);

    const operation = await take(matrix, met.conflict, 'stop-service');
    await expectRunning(met);
    expect(await lifeOfService(matrix, holder)).toMatchObject({
      status: 'stopped',
      desired: 'stopped',
      endpoints: [{ lease: null }],
    });
    expect(await isOpen(met)).toBe('resolved');

    await undo(matrix, operation);
    expect({ ...(await lifeOfService(matrix, holder)), run: null }).toEqual({ ...before, run: null });
    if (kind === 'a service of CLOS in a container') expect((await pageOf(urlOf(met.place))).status).toBe(200);
    else expect((await whoAnswers(met.place)).cwd).toBe(matrix.folder);
    await expectUndone(met);
  });
});

describe('stop-container', () => {
  it('stops the container of somebody else, which an undo starts again', async () => {
    const met = await meet(matrix, 'a container of somebody else');
    const name = met.conflict.holder.name;
    const { id } = await stateOfContainer(matrix, name);

    const operation = await take(matrix, met.conflict, 'stop-container');
    await expectRunning(met);
    expect(await stateOfContainer(matrix, name)).toMatchObject({ id, state: 'exited' });

    await undo(matrix, operation);
    expect(await stateOfContainer(matrix, name)).toMatchObject({ id, state: 'running' });
    expect((await pageOf(urlOf(met.place))).status).toBe(200);
    await expectUndone(met);
  });
});

describe('end-process', () => {
  it.each<HolderKind>(['a program of somebody else', 'the child of a package manager'])(
    'ends %s, and an undo starts it again as it was',
    async (kind) => {
      const met = await meet(matrix, kind);
      const { pid: former, ...was } = await whoAnswers(met.place);
      const { title } = met.conflict.options.find(({ id }) => id === 'end-process') ?? {};
      expect(title).toMatch(kind === 'the child of a package manager' ? /^End npm run tcp \(pid \d+\)$/ : /^End node /);

      const operation = await take(matrix, met.conflict, 'end-process');
      await expectRunning(met);
      expect((await whoAnswers(met.place)).pid).not.toBe(former);

      await undo(matrix, operation);
      const { pid, ...is } = await whoAnswers(met.place);
      expect(is).toEqual(was);
      expect(pid).not.toBe(former);
      await expectUndone(met);
    },
  );
});

describe('wait', () => {
  it.each<HolderKind>(['a container of somebody else', 'a program of somebody else', 'the child of a package manager'])(
    'stops nothing while %s has the port, and starts when it is let go',
    async (kind) => {
      const met = await meet(matrix, kind);
      const state = await met.held.state();
      const operation = await take(matrix, met.conflict, 'wait');
      expect(await lifeOfService(matrix, met.name)).toMatchObject({ status: 'stopped', waits: true, run: null });
      expect([await met.held.state(), await isOpen(met)]).toEqual([state, 'open']);

      await met.held.release();
      await eventually(
        () => lifeOfService(matrix, met.name),
        ({ status }) => status === 'running',
      );
      await expectRunning(met);
      expect(await isOpen(met)).toBe('cleared');

      await undo(matrix, operation);
      expect(await lifeOfService(matrix, met.name)).toMatchObject({ status: 'stopped', waits: false });
      expect(await askTcp(met.place)).toBeNull();
    },
  );

  it('is over when it is undone: the holder goes, and nobody comes', async () => {
    const met = await meet(matrix, 'a program of somebody else');
    await undo(matrix, await take(matrix, met.conflict, 'wait'));
    await expectUndone(met);
    await met.held.release();
    expect((await matrix.client.ports.check({ endpoints: [{ port: met.place.port }] })).conflicts).toEqual([]);
  });
});

describe('adopt', () => {
  it.each<HolderKind>(['a container of somebody else', 'a program of somebody else', 'the child of a package manager'])(
    'makes a service of %s, which goes on, and an undo leaves it alone again',
    async (kind) => {
      const met = await meet(matrix, kind);
      const state = await met.held.state();
      const known = new Set(met.before.services.map(({ name }) => name));

      const operation = await take(matrix, met.conflict, 'adopt');
      const { items } = await matrix.client.services.list({ limit: 500 });
      const adopted = items.filter(({ name }) => name !== met.name && !known.has(name));
      expect(adopted).toMatchObject([
        { status: 'running', needsRestart: false, endpoints: [{ lease: { port: met.place.port } }] },
      ]);
      expect([await met.held.state(), await isOpen(met)]).toEqual([state, 'resolved']);
      expect(await lifeOfService(matrix, met.name)).toMatchObject({ status: 'created', run: null });

      await undo(matrix, operation);
      expect([await met.held.state(), await restOf(matrix, met.name)]).toEqual([state, met.before]);
    },
  );
});

describe('change-address', () => {
  it.each<HolderKind>(['a container of somebody else', 'a program of somebody else'])(
    'has a container answer beside %s, and an undo takes it away again',
    async (kind) => {
      const met = await meet(matrix, kind, 'container');
      const state = await met.held.state();

      const operation = await take(matrix, met.conflict, 'change-address');
      const beside = { ...met.place, address: '127.0.0.2' };
      expect((await pageOf(urlOf(beside))).status).toBe(200);
      expect(await lifeOfService(matrix, met.name)).toMatchObject({
        status: 'running',
        endpoints: [{ address: '127.0.0.2', lease: { port: met.place.port, address: '127.0.0.2' } }],
      });
      expect(await met.held.state()).toEqual(state);

      await undo(matrix, operation);
      expect(await askTcp(beside)).toBeNull();
      const { containers: _before, ...before } = met.before;
      const { containers: _after, ...after } = await restOf(matrix, met.name);
      expect([await met.held.state(), after]).toEqual([state, before]);
      expect(await lifeOfService(matrix, met.name)).toMatchObject({
        status: 'stopped',
        endpoints: [{ address: '127.0.0.1', lease: null }],
      });
    },
  );
});
