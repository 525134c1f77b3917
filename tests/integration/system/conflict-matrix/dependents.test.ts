import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { engineCall, engineRequest } from '#tests/support/engine-http.ts';
import { pageOf } from '#tests/support/page.ts';
import { tar } from '#tests/support/tar.ts';
import { foreignContainer } from './holders.ts';
import { boxed, lifeOfService, type Matrix, newName, openMatrix, patient, served, undo } from './matrix.ts';
import { commandFor, type Place, startProgram, urlOf, whoAnswers } from './programs.ts';
import { soleConflict, take } from './ways-out.ts';

let matrix: Matrix;
beforeAll(async () => {
  matrix = await openMatrix();
});
afterAll(() => matrix.close());

const placeOf = (port: number): Place => ({ protocol: 'tcp', address: '127.0.0.1', port });
const start = (id: string) => matrix.client.services.start({ id }, patient);
const portOf = async (name: string) => (await lifeOfService(matrix, name)).endpoints[0]?.lease?.port ?? 0;

/** A stopped service finds its port taken by a stranger and goes elsewhere. Returns the resolution, and how to have the stranger gone. */
async function moveAway(name: string) {
  const place = placeOf(await portOf(name));
  await matrix.client.services.stop({ id: name }, patient);
  const stranger = await startProgram(commandFor(place), { cwd: matrix.folder });
  onTestFinished(stranger.end);
  const operation = await take(matrix, await soleConflict(matrix, name), 'reassign');
  expect(await portOf(name)).not.toBe(place.port);
  return { operation, stranger };
}

const inspected = z.object({
  Id: z.string(),
  Name: z.string(),
  Config: z.looseObject({ Env: z.array(z.string()), Labels: z.record(z.string(), z.string()), Hostname: z.string() }),
  HostConfig: z.looseObject({ PortBindings: z.unknown() }),
  NetworkSettings: z.object({ Networks: z.record(z.string(), z.unknown()) }),
  Mounts: z.array(z.object({ Name: z.string(), Destination: z.string() })),
});

async function inspect(ref: string) {
  return inspected.parse(JSON.parse(await engineCall(matrix.socketPath, `/containers/${ref}/json`)));
}

/** The container of a service, by what the service shows of it. */
async function containerOf(name: string) {
  return await inspect((await lifeOfService(matrix, name)).run?.split(' ')[0] ?? '');
}

describe('a service that moves', () => {
  it('has all who are told of it told again, and nobody else restarted', async () => {
    const { client } = matrix;
    const at = { db: await matrix.freePort(), api: await matrix.freePort(), site: await matrix.freePort() };
    const [db, api, site, worker, cache] = ['db', 'api', 'site', 'worker', 'cache'].map(newName) as [
      string,
      string,
      string,
      string,
      string,
    ];
    await client.services.create({
      ...served(matrix, db, { hostPort: at.db }),
      env: { SELF: `at \${endpoints.http.port}` },
    });
    await client.services.create({
      ...served(matrix, api, { hostPort: at.api }),
      env: { DB: `\${services.${db}.url}`, SELF: `at \${endpoints.http.port}` },
    });
    await client.services.create({
      ...boxed(site, { hostPort: at.site }),
      env: { DB: `\${services.${db}.endpoints.http.port}` },
    });
    await client.services.create(served(matrix, worker, { hostPort: 'auto' }));
    await client.services.create({ ...boxed(cache, {}), env: { WORKER: `\${services.${worker}.port}` } });
    for (const name of [db, api, worker, cache, site]) await start(name);
    const told = async () => ({
      api: (await whoAnswers(placeOf(at.api))).env.DB,
      site: (await containerOf(site)).Config.Env.filter((pair) => pair.startsWith('DB=')),
    });
    const toldOf = (port: number) => ({ api: `http://127.0.0.1:${port}`, site: [`DB=${port}`] });
    const runs = async () => Promise.all([worker, cache].map(async (name) => (await lifeOfService(matrix, name)).run));
    const untouched = await runs();
    expect(await told()).toEqual(toldOf(at.db));

    const { operation } = await moveAway(db);
    const port = await portOf(db);
    expect((await whoAnswers(placeOf(port))).env.SELF).toBe(`at ${port}`);
    expect(await told()).toEqual(toldOf(port));
    expect((await whoAnswers(placeOf(at.api))).env.SELF).toBe(`at ${at.api}`);
    expect(
      operation.steps
        .filter(({ name }) => name.startsWith('Tell '))
        .map(({ name }) => name)
        .sort(),
    ).toEqual([`Tell ${api}`, `Tell ${site}`].sort());
    expect(await runs()).toEqual(untouched);

    await undo(matrix, operation);
    expect(await lifeOfService(matrix, db)).toMatchObject({
      status: 'stopped',
      endpoints: [{ lease: { port: at.db } }],
    });
    expect(await told()).toEqual(toldOf(at.db));
    expect(await runs()).toEqual(untouched);
  });
});

/** An image whose containers have a volume without a name. */
async function volumeImage(): Promise<string> {
  const image = 'clos-test/volume:1';
  const base = await foreignContainer(matrix, placeOf(await matrix.freePort()), { start: false });
  const query = new URLSearchParams({
    container: base.id,
    repo: 'clos-test/volume',
    tag: '1',
    changes: 'VOLUME /www/anonymous',
  });
  await engineCall(matrix.socketPath, `/commit?${query}`, { method: 'POST', body: {} });
  await base.remove();
  return image;
}

const folders = ['anonymous', 'named'];

async function writeNotes(container: string): Promise<void> {
  for (const folder of folders) {
    const body = tar([{ path: 'note.txt', content: `kept in ${folder}` }]);
    await engineCall(matrix.socketPath, `/containers/${container}/archive?path=/www/${folder}`, {
      method: 'PUT',
      body,
    });
  }
}

async function notesAt(port: number): Promise<string[]> {
  const urls = folders.map((folder) => `${urlOf(placeOf(port))}${folder}/note.txt`);
  return await Promise.all(urls.map(async (url) => (await pageOf(url)).text()));
}

/** A service of CLOS with a named and an anonymous volume. */
async function ownStore(name: string, port: number): Promise<void> {
  const image = await volumeImage();
  onTestFinished(async () => {
    await matrix.client.services.delete({ id: name }, patient);
    await engineRequest(matrix.socketPath, `/images/${image}?force=1`, { method: 'DELETE' });
  });
  const mounts = [{ type: 'volume' as const, source: `${name}-data`, target: '/www/named' }];
  await matrix.client.services.create({
    ...boxed(name, { hostPort: port }),
    runtime: { type: 'container', image, mounts },
    env: { SELF: `\${endpoints.http.url}` },
  });
  await start(name);
}

/** The same of somebody else, which CLOS then adopts. */
async function adoptedStore(name: string, port: number): Promise<void> {
  await foreignContainer(matrix, placeOf(port), {
    name,
    // In the engine's own words for what is usual, which it tells when it is asked.
    host: {
      Binds: [`${name}-data:/www/named`],
      CpuShares: 512,
      NetworkMode: 'bridge',
      RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
    },
    config: { Volumes: { '/www/anonymous': {} }, Env: [`SELF=http://127.0.0.1:${port}`], Hostname: 'store' },
  });
  onTestFinished(async () => {
    await engineRequest(matrix.socketPath, `/containers/${name}?force=1&v=1`, { method: 'DELETE' });
  });
  await matrix.client.services.adopt({ container: name, name }, patient);
}

describe.each([
  ['a container of CLOS', ownStore],
  ['a container that was adopted', adoptedStore],
])('%s that moves', (kind, make) => {
  it('keeps its volumes, networks, name and settings, there and back', async () => {
    const { socketPath } = matrix;
    const [name, network] = [newName('store'), newName('net')];
    const port = await matrix.freePort();
    await engineCall(socketPath, '/networks/create', { method: 'POST', body: { Name: network } });
    onTestFinished(async () => {
      await engineRequest(socketPath, `/networks/${network}`, { method: 'DELETE' });
      await engineRequest(socketPath, `/volumes/${name}-data`, { method: 'DELETE' });
    });
    await make(name, port);
    const first = await containerOf(name);
    await engineCall(socketPath, `/networks/${network}/connect`, { method: 'POST', body: { Container: first.Id } });
    await writeNotes(first.Id);
    const kept = async () => {
      const { Id, Name, Config, HostConfig, NetworkSettings, Mounts } = await containerOf(name);
      const { Env: _env, Labels: _labels, Hostname, ...rest } = Config;
      const config = { ...rest, Hostname: Id.startsWith(Hostname) ? 'its id' : Hostname };
      const { PortBindings: _ports, Mounts: _wanted, Binds: _binds, ...host } = HostConfig;
      const volumes = Mounts.map((mount) => `${mount.Name}:${mount.Destination}`).sort();
      return { Name, config, host, volumes, networks: Object.keys(NetworkSettings.Networks).sort() };
    };
    const before = await kept();
    expect(before.networks).toContain(network);
    const notes = folders.map((folder) => `kept in ${folder}`);
    expect(await notesAt(port)).toEqual(notes);

    const { operation, stranger } = await moveAway(name);
    const moved = await portOf(name);
    expect(await notesAt(moved)).toEqual(notes);
    expect(await kept()).toEqual(before);
    const { Id, Config } = await containerOf(name);
    expect(Id).not.toBe(first.Id);
    const self = kind === 'a container of CLOS' ? moved : port;
    expect(Config.Env).toContain(`SELF=http://127.0.0.1:${self}`);

    await undo(matrix, operation);
    expect(await lifeOfService(matrix, name)).toMatchObject({ status: 'stopped', endpoints: [{ lease: { port } }] });
    await stranger.end();
    await start(name);
    expect(await notesAt(port)).toEqual(notes);
    expect(await kept()).toEqual(before);
    expect((await inspect(first.Name.slice(1))).Config.Env).toContain(`SELF=http://127.0.0.1:${port}`);
  });
});
