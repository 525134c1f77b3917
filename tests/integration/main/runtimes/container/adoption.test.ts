import { afterAll, afterEach, describe, expect, inject, it, onTestFinished } from 'vitest';
import { describeForAdoption } from '#main/runtimes/container/adoption.ts';
import { createContainerEngine } from '#main/runtimes/container/container-engine.ts';
import { containerLabels } from '#main/runtimes/container/types.ts';
import { newId } from '#shared/base/ids.ts';
import { canStartPrivately, startEngine } from '#tests/support/engine.ts';
import { freePort } from '#tests/support/ports.ts';
import { webImage } from '#tests/support/web-image.ts';
import { foreignHand } from './foreign.ts';
import { silentLog } from './spec.ts';

const { socketPath } = inject('engine');
const engine = createContainerEngine({ address: { kind: 'socket', path: socketPath }, log: silentLog });
const foreign = foreignHand(socketPath);
const run = `${process.pid}`;

const created: string[] = [];
afterEach(async () => {
  await Promise.all(created.splice(0).map((id) => engine.remove(id, { force: true, carriedToo: true })));
});
afterAll(() => engine.close());

function keep(id: string): string {
  created.push(id);
  return id;
}

describe('a container that somebody else started', () => {
  it('is read as the service that it could be', async () => {
    const [hostPort, volume] = [await freePort(), `adopted-${run}`];
    onTestFinished(async () => await foreign.removeVolume(volume));
    const id = keep(
      await foreign.create(`adopted-${run}`, {
        Env: ['PATH=/bin', 'GREETING=hello=world'],
        Cmd: ['busybox', 'httpd', '-f', '-p', '8080', '-h', '/www'],
        WorkingDir: '/www',
        User: '1000',
        Labels: { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web' },
        ExposedPorts: { '8080/tcp': {}, '53/udp': {} },
        HostConfig: {
          Binds: [`${volume}:/data:ro`],
          PortBindings: {
            '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: String(hostPort) }],
            '53/udp': [{ HostIp: '127.0.0.1', HostPort: '' }],
          },
          RestartPolicy: { Name: 'unless-stopped' },
          Init: true,
          Memory: 33_554_432,
          MemorySwap: 33_554_432,
          NanoCpus: 250_000_000,
          PidsLimit: 20,
        },
      }),
    );
    await engine.start(id);
    const random = (await engine.inspect(id)).ports.find(({ protocol }) => protocol === 'udp')?.port;
    expect(describeForAdoption(await engine.definition(id))).toEqual({
      image: webImage,
      command: ['busybox', 'httpd', '-f', '-p', '8080', '-h', '/www'],
      workingDir: '/www',
      user: '1000',
      mounts: [{ type: 'volume', source: volume, target: '/data', readOnly: true }],
      init: true,
      env: { GREETING: 'hello=world' },
      limits: { cpus: 0.25, memory: 33_554_432, pids: 20 },
      endpoints: [
        { protocol: 'udp', containerPort: 53, address: '127.0.0.1', hostPort: random },
        { protocol: 'tcp', containerPort: 8080, address: '127.0.0.1', hostPort },
      ],
      restart: { policy: 'always', maxRetries: 1000 },
      project: 'shop',
      lost: ['The compose project shop knows it by its labels.'],
    });
  });

  it('has nothing to say when it is what its image says, and is found by its name', async () => {
    const name = `plain-${run}`;
    const id = keep(await foreign.create(name, {}));
    const definition = await engine.definition(name);
    expect([definition.id, definition.name]).toEqual([id, name]);
    expect(describeForAdoption(definition)).toEqual({
      image: webImage,
      mounts: [],
      init: false,
      env: {},
      limits: {},
      endpoints: [],
      restart: { policy: 'no', maxRetries: 5 },
      project: null,
      lost: [],
    });
  });

  it('is told from its image though the name of that stands for another by now', async () => {
    const image = `clos-test/adopted-${run}`;
    await foreign.makeImage(image, 'ENV VERSION=1', 'ENV MODE=dev');
    const id = keep(await foreign.create(`older-${run}`, { Image: `${image}:1`, Env: ['MODE=test'] }));
    await foreign.makeImage(image, 'ENV VERSION=2');
    expect(describeForAdoption(await engine.definition(id))).toMatchObject({
      env: { MODE: 'test' },
      lost: [`It runs an older image than the one that is ${image}:1 now.`],
    });
  });

  it('is not there to be read', async () => {
    await expect(engine.definition('no-such-container')).rejects.toMatchObject({ code: 'CONTAINER_NOT_FOUND' });
  });

  it('is removed by the engine when it ends where it asked for that: the next one is made before', async () => {
    const volumes = { '/data': {} };
    const name = `fleeting-${run}`;
    const old = await foreign.create(name, { Volumes: volumes, HostConfig: { AutoRemove: true } });
    await engine.start(old);
    const definition = await engine.definition(old);
    const volume = definition.anonymousVolumes[0]?.name ?? '';
    expect(definition.removedWhenStopped).toBe(true);
    const labels = { [containerLabels.operation]: newId('op') };
    const made = keep(await engine.createLike(definition, { name: `${name}-new`, labels }));
    await engine.stop(old, { graceMs: 0 });
    const there = () => engine.inspect(old).catch(({ code }) => code);
    await expect.poll(there, { timeout: 20_000 }).toBe('CONTAINER_NOT_FOUND');
    await engine.rename(made, name);
    await engine.start(made);
    expect([await foreign.hasVolume(volume), (await foreign.inspect(made)).Mounts[0]?.Name]).toEqual([true, volume]);
  });
});

describe.runIf(canStartPrivately())('a stopped container with a restart policy of its engine', () => {
  it('stays stopped until the engine starts again: then "always" runs, and "unless-stopped" does not', async () => {
    const own = await startEngine();
    const there = createContainerEngine({ address: { kind: 'socket', path: own.socketPath }, log: silentLog });
    onTestFinished(async () => {
      there.close();
      await own.stop();
    });
    const hand = foreignHand(own.socketPath);
    const ids = new Map<string, string>();
    for (const Name of ['always', 'unless-stopped', 'no']) {
      const id = await hand.create(Name, { HostConfig: { RestartPolicy: { Name }, Init: true } });
      await there.start(id);
      await there.stop(id, { graceMs: 5000 });
      ids.set(Name, id);
    }
    const states = async () => {
      const all = [...ids].map(async ([name, id]) => [name, (await there.inspect(id)).state]);
      return Object.fromEntries(await Promise.all(all));
    };
    expect(await states()).toEqual({
      always: 'exited',
      'unless-stopped': 'exited',
      no: 'exited',
    });
    await own.restart();
    await expect
      .poll(states, { timeout: 20_000 })
      .toEqual({ always: 'running', 'unless-stopped': 'exited', no: 'exited' });
  });
});
