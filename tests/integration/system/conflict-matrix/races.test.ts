import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import type { ServiceSpecInput } from '#shared/contract/service-spec.ts';
import { type EngineGate, openEngineGate } from '#tests/support/engine-gate.ts';
import { eventually } from '#tests/support/eventually.ts';
import { pageOf } from '#tests/support/page.ts';
import { foreignContainer } from './holders.ts';
import {
  boxed,
  containersOf,
  lifeOfService,
  type Matrix,
  newName,
  openMatrix,
  patient,
  recommendedOf,
  refusedStart,
  removeServices,
  served,
} from './matrix.ts';
import { askTcp, commandFor, type Place, startProgram, urlOf, whoAnswers } from './programs.ts';
import { take } from './ways-out.ts';

let matrix: Matrix;
let gate: EngineGate;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'clos-race-'));
  gate = await openEngineGate(inject('engine').socketPath, join(folder, 'gate.sock'));
  matrix = await openMatrix({ dockerHost: gate.dockerHost });
});
afterAll(async () => {
  await matrix.close();
  await gate.close();
  rmSync(folder, { recursive: true, force: true });
});

const newPlace = async (): Promise<Place> => ({
  protocol: 'tcp',
  address: '127.0.0.1',
  port: await matrix.freePort(),
});

/** A service in a container that wants a port. */
async function boxedAt({ port }: Place, more: Partial<ServiceSpecInput> = {}): Promise<string> {
  const name = newName('web');
  await matrix.client.services.create(boxed(name, { hostPort: port }, more));
  onTestFinished(() => removeServices(matrix.client, name));
  return name;
}

/** A service whose program binds its port when it is told to, by a file. */
async function hesitantAt({ port }: Place): Promise<{ name: string; bind(): void }> {
  const name = newName('web');
  const file = join(folder, name);
  const spec = served(matrix, name, { hostPort: port });
  if (spec.runtime.type !== 'process') throw new Error('Not a program');
  const command = [...spec.runtime.command, '--after', file];
  await matrix.client.services.create({ ...spec, runtime: { ...spec.runtime, command } });
  onTestFinished(() => removeServices(matrix.client, name));
  return { name, bind: () => writeFileSync(file, '') };
}

/** Resolves when the program of a service waits for the word to bind. */
async function untilItWaits(name: string): Promise<void> {
  await eventually(
    async () => {
      const { items } = await matrix.client.operations.list({ status: 'running' });
      return items.find(({ subject }) => subject.name === name)?.steps.at(-1)?.name ?? '';
    },
    (step) => step.startsWith('Wait until'),
  );
}

/** Nothing of the service is there, and nothing of it runs. */
async function expectNothingLeft(name: string): Promise<void> {
  expect(await lifeOfService(matrix, name)).toMatchObject({ status: 'created', desired: 'stopped', waits: false });
  expect((await containersOf(matrix)).filter((container) => container.name.includes(name))).toEqual([]);
}

/** Waits until the engine's news of a container is in. */
async function untilKnown(place: Place, name: string): Promise<void> {
  await eventually(
    () => matrix.client.ports.check({ endpoints: [place] }),
    ({ conflicts }) => conflicts.some(({ holder }) => holder.name === name),
  );
}

describe('a container whose port is taken between the check and the bind', () => {
  it('by a program is told of it as of any conflict, and leaves nothing behind', async () => {
    const place = await newPlace();
    const name = await boxedAt(place);
    const held = gate.holdNext(/^POST \S+\/start/, 'asked');
    const refusal = refusedStart(matrix, name);
    await held;
    const stranger = await startProgram(commandFor(place), { cwd: matrix.folder });
    onTestFinished(stranger.end);
    gate.letGo();

    const [conflict, ...others] = await refusal;
    expect([conflict, others]).toMatchObject([{ kind: 'process', state: 'open', holder: { pid: stranger.pid } }, []]);
    expect(conflict?.options.map(({ strategy }) => strategy)).toEqual([
      'reassign',
      'wait',
      'adopt',
      'change-address',
      'end-process',
    ]);
    await expectNothingLeft(name);
    if (conflict === undefined) return;
    const { id, port = 0 } = recommendedOf(conflict);
    await take(matrix, conflict, id);
    expect((await pageOf(urlOf({ ...place, port: port ?? 0 }))).status).toBe(200);
    expect((await whoAnswers(place)).pid).toBe(stranger.pid);
  });

  it('by a container of somebody else is told which', async () => {
    const place = await newPlace();
    const name = await boxedAt(place);
    const held = gate.holdNext(/^POST \S+\/start/, 'asked');
    const refusal = refusedStart(matrix, name);
    await held;
    const stranger = await foreignContainer(matrix, place);
    onTestFinished(stranger.remove);
    await untilKnown(place, stranger.name);
    gate.letGo();

    const conflicts = await refusal;
    expect(conflicts).toMatchObject([{ kind: 'container', holder: { container: { id: stranger.id } } }]);
    expect(conflicts[0]?.options.map(({ strategy }) => strategy)).toEqual([
      'reassign',
      'wait',
      'stop-container',
      'adopt',
      'change-address',
    ]);
    await expectNothingLeft(name);
    expect((await pageOf(urlOf(place))).status).toBe(200);
  });

  it('goes elsewhere by itself where the policy says so', async () => {
    const place = await newPlace();
    const name = await boxedAt(place, { onConflict: 'reassign' });
    const held = gate.holdNext(/^POST \S+\/start/, 'asked');
    const start = matrix.client.services.start({ id: name }, patient);
    await held;
    const stranger = await startProgram(commandFor(place), { cwd: matrix.folder });
    onTestFinished(stranger.end);
    gate.letGo();

    await start;
    const { status, endpoints } = await lifeOfService(matrix, name);
    const port = endpoints[0]?.lease?.port ?? 0;
    expect(status).toBe('running');
    expect(port).not.toBe(place.port);
    expect((await pageOf(urlOf({ ...place, port }))).status).toBe(200);
    expect((await containersOf(matrix)).filter((container) => container.name.includes(name))).toHaveLength(1);
  });
});

describe('a program whose port is taken between the check and the bind', () => {
  it('by another program is told of it as of any conflict, although something answers at its port', async () => {
    const place = await newPlace();
    const { name, bind } = await hesitantAt(place);
    const refusal = refusedStart(matrix, name);
    await untilItWaits(name);
    const stranger = await startProgram(commandFor(place), { cwd: matrix.folder });
    onTestFinished(stranger.end);
    bind();

    const [conflict, ...others] = await refusal;
    expect([conflict, others]).toMatchObject([{ kind: 'process', holder: { pid: stranger.pid } }, []]);
    await expectNothingLeft(name);
    if (conflict === undefined) return;
    await take(matrix, conflict, 'end-process');
    expect((await whoAnswers(place)).argv.slice(0, 3)).toEqual(['tcp', place.address, String(place.port)]);
    expect(await lifeOfService(matrix, name)).toMatchObject({ status: 'running' });
  });

  it('by a container of somebody else is told which', async () => {
    const place = await newPlace();
    const { name, bind } = await hesitantAt(place);
    const refusal = refusedStart(matrix, name);
    await untilItWaits(name);
    const stranger = await foreignContainer(matrix, place);
    onTestFinished(stranger.remove);
    await untilKnown(place, stranger.name);
    bind();

    expect(await refusal).toMatchObject([{ kind: 'container', holder: { container: { id: stranger.id } } }]);
    await expectNothingLeft(name);
    await stranger.remove();
    expect(await askTcp(place)).toBeNull();
  });
});
