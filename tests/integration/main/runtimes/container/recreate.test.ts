import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { createContainerEngine } from '#main/runtimes/container/container-engine.ts';
import { type ContainerChanges, closNetwork, containerLabels } from '#main/runtimes/container/types.ts';
import { newId } from '#shared/base/ids.ts';
import { freePort } from '#tests/support/ports.ts';
import { webImage } from '#tests/support/web-image.ts';
import { foreignHand } from './foreign.ts';
import { makeSpec, shell, silentLog } from './spec.ts';
import { throughProxy } from './through-proxy.ts';

const { socketPath } = inject('engine');
const engine = createContainerEngine({ address: { kind: 'socket', path: socketPath }, log: silentLog });
const foreign = foreignHand(socketPath);

/** The test image with a volume that gets no name: at /data. */
const volumeImage = 'clos-test/volume:1';
/** Writes its id where the data is, unless there is data already, and says what is there. */
const remember = '[ -f /data/who ] || cat /proc/sys/kernel/hostname > /data/who; cat /data/who; exec sleep 60';

const run = `${process.pid}`;
const back = `back-${run}`;
/** Of a further network only: the primary one's addresses come from the engine, so that no two engines meet. */
const subnet = `10.${randomInt(240, 250)}.${randomInt(0, 250)}`;

beforeAll(async () => {
  await foreign.makeImage('clos-test/volume', 'VOLUME /data');
  await foreign.makeNetwork(back, `${subnet}.0/24`);
});
const created: string[] = [];
afterEach(async () => {
  await Promise.all(created.splice(0).map((id) => engine.remove(id, { force: true, carriedToo: true })));
});
afterAll(async () => {
  await foreign.removeNetwork(back);
  engine.close();
});

function keep(id: string): string {
  created.push(id);
  return id;
}

/** The first line that a container writes. */
async function firstLine(id: string): Promise<string> {
  for await (const { line } of engine.logs(id, { follow: true })) return line;
  throw new Error('The container wrote nothing');
}

/** Stops a container and gives its name away, as a recreation begins. */
async function setAside(id: string): Promise<string> {
  const { name } = await engine.inspect(id);
  await engine.stop(id, { graceMs: 0 });
  await engine.rename(id, `${name}-old`);
  return name;
}

async function recreateLike(id: string, changes: Omit<ContainerChanges, 'name'> = {}): Promise<string> {
  const definition = await engine.definition(id);
  const name = await setAside(id);
  const made = keep(await engine.createLike(definition, { name, ...changes }));
  await engine.start(made);
  await engine.remove(id, { keepVolumes: true });
  return made;
}

function operation(): Record<string, string> {
  return { [containerLabels.operation]: newId('op') };
}

describe('a container that takes the place of another of its spec', () => {
  it('has the data of its anonymous volume, also the second time, until the service ends', async () => {
    const spec = makeSpec({ image: volumeImage, ...shell(remember) });
    let id = await engine.create(spec);
    await engine.start(id);
    const first = await firstLine(id);
    const volume = (await engine.definition(id)).anonymousVolumes[0]?.name ?? '';
    for (const round of [1, 2]) {
      await setAside(id);
      const made = await engine.create({ ...spec, labels: operation() }, { carryFrom: id });
      await engine.start(made);
      await engine.remove(id, { keepVolumes: true });
      id = made;
      expect([round, await firstLine(id)]).toEqual([round, first]);
    }
    expect(first).not.toBe(id.slice(0, 12));
    expect((await engine.definition(id)).anonymousVolumes).toEqual([
      { name: volume, target: '/data', readOnly: false },
    ]);
    await engine.remove(id, { force: true });
    expect(await foreign.hasVolume(volume)).toBe(true);
    const last = await engine.create({
      ...spec,
      labels: { ...operation(), [containerLabels.carried]: volume },
      mounts: [{ type: 'volume', source: volume, target: '/data' }],
    });
    await engine.remove(last, { carriedToo: true });
    expect(await foreign.hasVolume(volume)).toBe(false);
  });

  it('has what its spec mounts where the old one had its anonymous volume, which is left', async () => {
    const name = `named-${run}`;
    onTestFinished(async () => await foreign.removeVolume(name));
    const spec = makeSpec({ image: volumeImage });
    const old = keep(await engine.create(spec));
    const volume = (await engine.definition(old)).anonymousVolumes[0]?.name ?? '';
    const mounts = [{ type: 'volume' as const, source: name, target: '/data/' }];
    const made = keep(await engine.create(makeSpec({ image: volumeImage, mounts }), { carryFrom: old }));
    await engine.remove(old, { keepVolumes: true });
    expect((await foreign.inspect(made)).Mounts.map((mount) => [mount.Name, mount.Destination])).toEqual([
      [name, '/data'],
    ]);
    expect([await foreign.hasVolume(volume), (await engine.inspect(made)).labels[containerLabels.carried]]).toEqual([
      true,
      undefined,
    ]);
    await foreign.removeVolume(volume);
  });

  it('is on the further networks of the old one, under the same names and at the same address', async () => {
    const old = keep(await engine.create(makeSpec({ aliases: ['web'] })));
    const config = { Aliases: ['shop', 'store'], IPAMConfig: { IPv4Address: `${subnet}.50` } };
    await foreign.post(`/networks/${back}/connect`, { Container: old, EndpointConfig: config });
    await engine.start(old);
    await engine.stop(old, { graceMs: 0 });
    const made = keep(await engine.create(makeSpec({ aliases: ['web'] }), { carryFrom: old }));
    await engine.start(made);
    const { Networks } = (await foreign.inspect(made)).NetworkSettings;
    const digits = made.slice(0, 12);
    expect(Object.keys(Networks).sort()).toEqual([back, closNetwork].sort());
    expect(Networks[closNetwork]?.Aliases).toEqual(['web', digits]);
    expect(Networks[back]).toMatchObject({ Aliases: ['shop', 'store', digits], IPAddress: `${subnet}.50` });
  });

  it('is not made where the old one is gone', async () => {
    const spec = makeSpec();
    await expect(engine.create(spec, { carryFrom: 'no-such-container' })).rejects.toMatchObject({
      code: 'CONTAINER_NOT_FOUND',
    });
    await expect(engine.inspect(spec.name)).rejects.toMatchObject({ code: 'CONTAINER_NOT_FOUND' });
  });
});

/** A container of somebody else's with a bit of everything, and its data at /data. */
async function makeRich(name: string, hostPort: number): Promise<string> {
  const front = `front-${name}`;
  const folder = await mkdtemp(join(tmpdir(), 'rich-'));
  onTestFinished(async () => await rm(folder, { recursive: true }));
  await foreign.makeNetwork(front);
  onTestFinished(async () => await foreign.removeNetwork(front));
  onTestFinished(async () => await foreign.removeVolume(`conf-${name}`));
  const id = await foreign.create(name, {
    Image: volumeImage,
    Env: ['A=1', 'SECRET=x=y'],
    Labels: { 'shop.role': 'web' },
    Hostname: 'shop-host',
    Domainname: 'example.test',
    Entrypoint: ['sh', '-c'],
    Cmd: [`echo web > /tmp/up; httpd -p 80 -h /www; ${remember}`],
    WorkingDir: '/www',
    User: '0:0',
    StopSignal: 'SIGKILL',
    StopTimeout: 4,
    OpenStdin: true,
    Healthcheck: { Test: ['CMD', 'cat', '/tmp/up'], Interval: 1e9, Timeout: 2e9, Retries: 2, StartPeriod: 1e9 },
    ExposedPorts: { '81/tcp': {} },
    HostConfig: {
      NetworkMode: front,
      PortBindings: {
        '80/tcp': [{ HostIp: '127.0.0.1', HostPort: String(hostPort) }],
        '82/udp': [{ HostIp: '127.0.0.1', HostPort: '' }],
      },
      RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
      Binds: [`conf-${name}:/conf:ro`, `${folder}:/folder:ro`],
      Mounts: [
        { Type: 'volume', Target: '/scratch' },
        { Type: 'tmpfs', Target: '/mem', TmpfsOptions: { SizeBytes: 65_536 } },
      ],
      Tmpfs: { '/tmp': 'size=1m' },
      ExtraHosts: ['mail:10.0.0.9'],
      Ulimits: [{ Name: 'nofile', Soft: 100, Hard: 200 }],
      Sysctls: { 'net.core.somaxconn': '99' },
      CapDrop: ['MKNOD'],
      SecurityOpt: ['no-new-privileges'],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '1m' } },
      Dns: ['10.0.0.53'],
      ShmSize: 1_048_576,
      Memory: 33_554_432,
      NanoCpus: 500_000_000,
      PidsLimit: 40,
      OomScoreAdj: 10,
      Init: true,
    },
    NetworkingConfig: { EndpointsConfig: { [front]: { Aliases: ['web', 'shop'] } } },
  });
  const config = { Aliases: ['back-web'], IPAMConfig: { IPv4Address: `${subnet}.60` } };
  await foreign.post(`/networks/${back}/connect`, { Container: id, EndpointConfig: config });
  return id;
}

describe('a container like another of somebody else’s', () => {
  it('differs in its port, and in nothing else', async () => {
    const [from, to] = [await freePort(), await freePort()];
    const name = `rich-${run}`;
    const old = await makeRich(name, from);
    await engine.start(old);
    const who = await firstLine(old);
    const before = await foreign.inspect(old);
    const ports = [{ protocol: 'tcp' as const, containerPort: 80, hostAddress: '127.0.0.1', hostPort: to }];
    const labels = operation();
    const made = await recreateLike(old, { ports, labels });
    const after = await foreign.inspect(made);

    expect(await firstLine(made)).toBe(who);
    const answer = async () => (await fetch(`http://127.0.0.1:${to}/`)).status;
    await expect.poll(() => answer().catch(String), { timeout: 20_000 }).toBe(200);
    expect((await engine.inspect(made)).health).toMatch(/starting|healthy/);

    const carried = Object.fromEntries(
      before.Mounts.filter(({ Type, Name = '' }) => Type === 'volume' && Name.length === 64).map((mount) => [
        mount.Destination,
        mount.Name,
      ]),
    );
    expect(Object.keys(carried).sort()).toEqual(['/data', '/scratch']);
    const { Labels, ...config } = before.Config;
    expect(after.Config).toEqual({
      ...config,
      Labels: { 'shop.role': 'web', ...labels, [containerLabels.carried]: expect.any(String) },
    });
    const { PortBindings, Mounts, ...host } = before.HostConfig;
    expect(after.HostConfig).toEqual({
      ...host,
      PortBindings: { ...(PortBindings as object), '80/tcp': [{ HostIp: '127.0.0.1', HostPort: String(to) }] },
      Mounts: [
        { Type: 'volume', Source: carried['/scratch'], Target: '/scratch' },
        { Type: 'tmpfs', Target: '/mem', TmpfsOptions: { SizeBytes: 65_536 } },
        { Type: 'volume', Source: carried['/data'], Target: '/data' },
      ],
    });
    expect(Mounts).toHaveLength(2);
    const places = (each: typeof after) =>
      each.Mounts.map((mount) => [mount.Destination, mount.Type, mount.Name ?? mount.Source, mount.RW]).sort();
    expect(places(after)).toEqual(places(before));
    const joined = (each: typeof after) =>
      Object.entries(each.NetworkSettings.Networks).map(([network, { Aliases, IPAMConfig }]) => [
        network,
        (Aliases ?? []).map((alias) => (alias === each.Id.slice(0, 12) ? 'its id' : alias)),
        IPAMConfig ?? {},
      ]);
    expect(joined(after)).toEqual(joined(before));
    expect([after.Image, after.Name]).toEqual([before.Image, before.Name]);
  });

  it('is made again after one that was made like it', async () => {
    const old = await foreign.create(`twice-${run}`, { Image: volumeImage, Entrypoint: ['sh', '-c'], Cmd: [remember] });
    await engine.start(old);
    const who = await firstLine(old);
    const second = await recreateLike(old, { env: { A: '2' } });
    const third = await recreateLike(second, { env: { A: '3' }, restartPolicy: { name: 'always', maxRetries: 0 } });
    expect(await firstLine(third)).toBe(who);
    expect((await foreign.inspect(third)).Config.Env).toEqual(['PATH=/bin', 'A=3']);
    expect((await engine.inspect(third)).restartPolicy).toBe('always');
  });

  it('has the volumes that the old one took from another', async () => {
    const volume = `shared-${run}`;
    onTestFinished(async () => await foreign.removeVolume(volume));
    const other = keep(
      await foreign.create(`other-${run}`, { Image: volumeImage, HostConfig: { Binds: [`${volume}:/shared`] } }),
    );
    const old = await foreign.create(`taker-${run}`, { HostConfig: { VolumesFrom: [`${other}:ro`] } });
    const before = await foreign.inspect(old);
    const made = await recreateLike(old);
    const after = await foreign.inspect(made);
    const places = (each: typeof after) =>
      each.Mounts.map(({ Name, Destination, RW }) => [Destination, Name, RW]).sort();
    expect(places(after)).toEqual(places(before));
    expect(places(after).map(([destination]) => destination)).toEqual(['/data', '/shared']);
    expect(after.HostConfig.VolumesFrom).toBeNull();
  });

  it('is made from the very image, though its name stands for another by now', async () => {
    const image = `clos-test/moved-${run}`;
    await foreign.makeImage(image, 'LABEL version=1');
    const old = await foreign.create(`moved-${run}`, { Image: `${image}:1` });
    await foreign.makeImage(image, 'LABEL version=2');
    const { Image } = await foreign.inspect(old);
    const made = await recreateLike(old);
    expect(await foreign.inspect(made)).toMatchObject({ Image, Config: { Image, Labels: { version: '1' } } });
  });

  it('starts without the entrypoint that the old one was to start without', async () => {
    const image = `clos-test/entry-${run}`;
    await foreign.makeImage(image, 'ENTRYPOINT ["false"]');
    const old = await foreign.create(`entry-${run}`, { Image: `${image}:1`, Entrypoint: [''], Cmd: ['sleep', '60'] });
    const made = await recreateLike(old);
    expect((await foreign.inspect(made)).Config).toMatchObject({ Entrypoint: null, Cmd: ['sleep', '60'] });
    expect((await engine.inspect(made)).state).toBe('running');
  });
});

describe('a recreation that fails', () => {
  it('at the start leaves the old container with its name and its data', async () => {
    const server = createServer();
    onTestFinished(() => void server.close());
    const taken = await freePort();
    await new Promise<void>((resolve) => server.listen(taken, '127.0.0.1', resolve));
    const old = keep(
      await foreign.create(`back-again-${run}`, { Image: volumeImage, Entrypoint: ['sh', '-c'], Cmd: [remember] }),
    );
    await engine.start(old);
    const who = await firstLine(old);
    const before = await foreign.inspect(old);
    const definition = await engine.definition(old);
    const name = await setAside(old);
    const ports = [{ protocol: 'tcp' as const, containerPort: 80, hostAddress: '127.0.0.1', hostPort: taken }];
    const made = await engine.createLike(definition, { name, ports });
    await expect(engine.start(made)).rejects.toMatchObject({ code: 'PORT_CONFLICT' });
    // Even a removal that takes all it can leaves what the old one still has.
    await engine.remove(made, { force: true, carriedToo: true });
    await engine.rename(old, name);
    const after = await foreign.inspect(old);
    expect([after.Name, after.Config, after.HostConfig, after.Mounts]).toEqual([
      before.Name,
      before.Config,
      before.HostConfig,
      before.Mounts,
    ]);
    await engine.start(old);
    const lines: string[] = [];
    for await (const { line } of engine.logs(old, { follow: true })) if (lines.push(line) === 2) break;
    expect(lines).toEqual([who, who]);
  });

  it('at a network takes the new container away again', async () => {
    const network = `gone-${run}`;
    await foreign.makeNetwork(network, `${subnet.replace(/\d+$/, (last) => String(Number(last) + 1))}.0/24`);
    onTestFinished(async () => await foreign.removeNetwork(network));
    const old = keep(await foreign.create(`lonely-${run}`, {}));
    const config = { IPAMConfig: { IPv4Address: `${subnet.replace(/\d+$/, (last) => String(Number(last) + 1))}.9` } };
    await foreign.post(`/networks/${network}/connect`, { Container: old, EndpointConfig: config });
    const definition = await engine.definition(old);
    // The same network without addresses of the user's choice.
    await foreign.removeNetwork(network);
    await foreign.makeNetwork(network);
    const name = `lonely-new-${run}`;
    await expect(engine.createLike(definition, { name })).rejects.toMatchObject({ code: 'CONTAINER_FAILED' });
    await expect(engine.inspect(name)).rejects.toMatchObject({ code: 'CONTAINER_NOT_FOUND' });
  });

  it('because another has its fixed address is no matter of ports', async () => {
    const config = { Aliases: [], IPAMConfig: { IPv4Address: `${subnet}.70` } };
    const body = { HostConfig: { NetworkMode: back }, NetworkingConfig: { EndpointsConfig: { [back]: config } } };
    const holder = keep(await foreign.create(`holder-${run}`, body));
    await engine.start(holder);
    const made = keep(await engine.createLike(await engine.definition(holder), { name: `second-${run}` }));
    await expect(engine.start(made)).rejects.toMatchObject({
      code: 'CONTAINER_FAILED',
      message: expect.stringContaining('another container has the address'),
    });
  });
});

describe('a container that may have more than the policy allows', () => {
  it.each([
    ['privileged', { Privileged: true }, 'HostConfig.Privileged'],
    ['with a capability', { CapAdd: ['NET_ADMIN'] }, 'HostConfig.CapAdd.0'],
    ['on the host’s network', { NetworkMode: 'host' }, 'HostConfig.NetworkMode'],
    ['with /proc as it is', { MaskedPaths: [], ReadonlyPaths: [] }, 'HostConfig.MaskedPaths'],
    ['with a folder of the system', { Binds: ['/etc:/host-etc:ro'] }, 'HostConfig.Binds.0'],
    ['with the socket of its engine', { Binds: [`${socketPath}:/e.sock`] }, 'HostConfig.Binds.0'],
  ])('is not made again: %s', async (_, host, path) => {
    const name = `bold-${run}`;
    const old = keep(await foreign.create(name, { HostConfig: host }));
    const definition = await engine.definition(old);
    const made = engine.createLike(definition, { name: `${name}-new` });
    await expect(made).rejects.toMatchObject({ code: 'CONTAINER_POLICY' });
    await expect(made).rejects.toMatchObject({ errors: expect.arrayContaining([expect.objectContaining({ path })]) });
    expect((await engine.list({ all: true })).map((each) => each.name)).not.toContain(`${name}-new`);
  });

  it('through a volume that is a folder of the host in disguise, also as a bind', async () => {
    const volume = `mask-${run}`;
    const DriverOpts = { type: 'none', o: 'bind', device: '/etc' };
    await foreign.post('/volumes/create', { Name: volume, Driver: 'local', DriverOpts });
    const old = keep(await foreign.create(`masked-${run}`, { HostConfig: { Binds: [`${volume}:/x`] } }));
    onTestFinished(async () => await foreign.removeVolume(volume));
    await expect(engine.createLike(await engine.definition(old), { name: 'x' })).rejects.toMatchObject({
      code: 'CONTAINER_POLICY',
      errors: [{ path: 'HostConfig.Binds.0' }],
    });
  });
});

describe('a recreation whose answer is lost', () => {
  it('makes one container, with all of its networks', async () => {
    const { proxy, through } = await throughProxy(socketPath);
    const old = keep(await foreign.create(`lost-${run}`, { Image: volumeImage }));
    await foreign.post(`/networks/${back}/connect`, { Container: old, EndpointConfig: { Aliases: ['lost'] } });
    const definition = await through.definition(old);
    const changes = { name: `lost-new-${run}`, labels: operation() };
    proxy.cutNext('POST /containers/create', 'when answered');
    const made = keep(await through.createLike(definition, changes));
    const same = async () => (await engine.list({ all: true })).filter(({ name }) => name === changes.name);
    expect((await same()).map(({ id, networks }) => [id, networks.sort()])).toEqual([
      [made, ['bridge', back].sort()].map((each) => each),
    ]);

    proxy.cutNext(`POST /networks/${back}/connect`, 'when answered');
    expect(await through.createLike(definition, changes)).toBe(made);
    expect((await same()).map(({ id }) => id)).toEqual([made]);
    expect((await foreign.inspect(made)).NetworkSettings.Networks[back]?.Aliases).toEqual(['lost', made.slice(0, 12)]);
  });

  it('is adopted by its own operation only, and never the old container', async () => {
    const labels = operation();
    const name = `own-${run}`;
    const old = keep(await foreign.create(name, { Image: webImage, Labels: labels }));
    const definition = await engine.definition(old);
    await expect(engine.createLike(definition, { name })).rejects.toMatchObject({ code: 'CONTAINER_NAME_TAKEN' });
    await expect(engine.createLike(definition, { name, labels: operation() })).rejects.toMatchObject({
      code: 'CONTAINER_NAME_TAKEN',
    });
  });
});
