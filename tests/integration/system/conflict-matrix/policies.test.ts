import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { ConflictPolicy } from '#shared/contract/service-spec.ts';
import type { ConflictSettings } from '#shared/contract/settings.ts';
import { eventually } from '#tests/support/eventually.ts';
import {
  lifeOfService,
  type Matrix,
  newName,
  openMatrix,
  patient,
  refusedStart,
  removeServices,
  served,
} from './matrix.ts';
import {
  answering,
  commandFor,
  endWhoAnswers,
  type Place,
  type Program,
  startProgram,
  whoAnswers,
} from './programs.ts';
import { soleConflict } from './ways-out.ts';

let matrix: Matrix;
beforeAll(async () => {
  matrix = await openMatrix();
});
afterAll(() => matrix.close());

const settings = (change: Partial<ConflictSettings> = {}) =>
  matrix.client.settings.putConflicts({ onConflict: 'ask', mayEnd: [], protect: [], ...change });
afterEach(() => settings());

/** Another service of CLOS that runs at a port. */
async function dbAt({ port }: Place): Promise<string> {
  const name = newName('db');
  await matrix.client.services.create(served(matrix, name, { hostPort: port }));
  onTestFinished(() => removeServices(matrix.client, name));
  await matrix.client.services.start({ id: name }, patient);
  return name;
}

async function strangerAt(place: Place): Promise<Program> {
  const program = await startProgram(commandFor(place), { cwd: matrix.folder });
  onTestFinished(program.end);
  return program;
}

async function asking({ port }: Place, onConflict: ConflictPolicy | 'default'): Promise<string> {
  const name = newName('web');
  await matrix.client.services.create({ ...served(matrix, name, { hostPort: port }), onConflict });
  onTestFinished(() => removeServices(matrix.client, name));
  return name;
}

const newPlace = async (): Promise<Place> => ({
  protocol: 'tcp',
  address: '127.0.0.1',
  port: await matrix.freePort(),
});
const start = (name: string) => matrix.client.services.start({ id: name }, patient);

/** What a policy makes of a start where another service of CLOS has the port. */
type Outcome = 'refused' | 'moved' | 'took over' | 'waits';

async function outcomeOf(name: string, { db, place }: { db: string; place: Place }): Promise<Outcome> {
  const response = await matrix.system.request(`/api/v2/services/${name}/start`, {
    method: 'POST',
    headers: { prefer: 'wait=55' },
  });
  if (response.status === 409) {
    expect(await lifeOfService(matrix, db)).toMatchObject({ status: 'running' });
    expect(await lifeOfService(matrix, name)).toMatchObject({ status: 'created', waits: false, run: null });
    return 'refused';
  }
  const [web, other] = [await lifeOfService(matrix, name), await lifeOfService(matrix, db)];
  const port = web.endpoints[0]?.lease?.port;
  if (web.waits) {
    expect([web.run, other.status]).toEqual([null, 'running']);
    return 'waits';
  }
  expect(web.status).toBe('running');
  expect((await whoAnswers({ ...place, port: port ?? 0 })).argv).toEqual(['tcp', '127.0.0.1', String(port)]);
  expect(other).toMatchObject(
    port === place.port
      ? { status: 'stopped', desired: 'stopped', endpoints: [{ lease: null }] }
      : { status: 'running', endpoints: [{ lease: { port: place.port } }] },
  );
  return port === place.port ? 'took over' : 'moved';
}

const outcomes: Record<ConflictPolicy, Outcome> = {
  ask: 'refused',
  reassign: 'moved',
  takeover: 'took over',
  wait: 'waits',
};
const policies = Object.entries(outcomes) as Array<[ConflictPolicy, Outcome]>;

describe.each(policies)('the policy %s, where another service has the port', (policy, outcome) => {
  it(`has it that the start is ${outcome}, if the service says so`, async () => {
    const place = await newPlace();
    const db = await dbAt(place);
    await settings({ onConflict: policy === 'ask' ? 'reassign' : 'ask' });
    expect(await outcomeOf(await asking(place, policy), { db, place })).toBe(outcome);
  });

  it(`has it that the start is ${outcome}, if the settings say so for all`, async () => {
    const place = await newPlace();
    const db = await dbAt(place);
    await settings({ onConflict: policy });
    expect(await outcomeOf(await asking(place, 'default'), { db, place })).toBe(outcome);
  });
});

describe('the policy wait', () => {
  it('starts the service as soon as a stranger lets go of the port', async () => {
    const place = await newPlace();
    const stranger = await strangerAt(place);
    const name = await asking(place, 'wait');
    await start(name);
    expect(await lifeOfService(matrix, name)).toMatchObject({ status: 'stopped', waits: true });
    await stranger.end();
    await eventually(
      () => lifeOfService(matrix, name),
      ({ status }) => status === 'running',
    );
    expect((await whoAnswers(place)).pid).not.toBe(stranger.pid);
  });
});

describe('the policy takeover', () => {
  it.each<[string, (place: Place) => Partial<ConflictSettings>]>([
    ['no rule names it', () => ({})],
    ['a rule names another program', () => ({ mayEnd: [{ name: 'vite' }] })],
    ['a rule names another command of it', () => ({ mayEnd: [{ name: 'node', commandContains: 'webpack' }] })],
    [
      'one rule names it and another protects it',
      ({ port }) => ({ mayEnd: [{ name: 'node' }], protect: [{ name: 'node', commandContains: String(port) }] }),
    ],
  ])('never ends a program when %s', async (_, rules) => {
    const place = await newPlace();
    const stranger = await strangerAt(place);
    await settings({ onConflict: 'takeover', ...rules(place) });
    const name = await asking(place, 'default');
    expect(await refusedStart(matrix, name)).toMatchObject([{ kind: 'process', holder: { pid: stranger.pid } }]);
    expect((await whoAnswers(place)).pid).toBe(stranger.pid);
    expect(await lifeOfService(matrix, name)).toMatchObject({ status: 'created', run: null });
  });

  it.each<[string, (place: Place) => ConflictSettings['mayEnd']]>([
    ['by its name', () => [{ name: 'node' }]],
    ['by its name and a part of its command', ({ port }) => [{ name: 'node', commandContains: `127.0.0.1 ${port}` }]],
  ])('ends a program that a rule names %s, and no other', async (_, rule) => {
    const [place, elsewhere] = [await newPlace(), await newPlace()];
    const [stranger, other] = [await strangerAt(place), await strangerAt(elsewhere)];
    await settings({ mayEnd: rule(place) });
    const name = await asking(place, 'takeover');
    const operation = await start(name);
    expect(operation.steps.map(({ name: step }) => step)).toEqual([
      'Check the ports',
      `End node ${answering} tcp 127.0.0.1 ${place.port} (pid ${stranger.pid}): TERM, KILL after 10 s`,
      `Start node ${answering} tcp 127.0.0.1 ${place.port}`,
      `Wait until :${place.port} answers`,
    ]);
    expect((await whoAnswers(place)).pid).not.toBe(stranger.pid);
    expect((await whoAnswers(elsewhere)).pid).toBe(other.pid);
  });
});

describe('a rule that protects', () => {
  it('leaves a person without the option, too', async () => {
    const place = await newPlace();
    const stranger = await strangerAt(place);
    await settings({ protect: [{ name: 'node', commandContains: String(place.port) }] });
    const { holder, options } = await soleConflict(matrix, await asking(place, 'ask'));
    expect(holder).toMatchObject({ pid: stranger.pid, protected: true });
    expect(options.map(({ strategy }) => strategy)).toEqual(['reassign', 'wait']);
  });

  it.each<[string, (place: Place) => ConflictSettings['protect'], string]>([
    ['the program', () => [{ name: 'node' }], 'The settings protect node.'],
    ['what it runs under', () => [{ name: 'npm' }], 'The settings protect npm.'],
  ])('of %s refuses an option that was offered before there was the rule', async (_, protect, detail) => {
    const place = await newPlace();
    await startProgram(['npm', 'run', 'tcp'], { cwd: matrix.folder, env: { PORT: String(place.port) } });
    onTestFinished(() => endWhoAnswers(place));
    const { pid } = await whoAnswers(place);
    const name = await asking(place, 'ask');
    const { id } = await soleConflict(matrix, name);
    await settings({ protect: protect(place) });
    await expect(matrix.client.conflicts.resolve({ id, option: 'end-process' }, patient)).rejects.toMatchObject({
      code: 'PROCESS_PROTECTED',
      message: detail,
    });
    expect((await whoAnswers(place)).pid).toBe(pid);
    expect(await lifeOfService(matrix, name)).toMatchObject({
      status: 'created',
      run: null,
      endpoints: [{ lease: null }],
    });
  });
});
