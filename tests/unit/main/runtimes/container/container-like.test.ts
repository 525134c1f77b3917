import { describe, expect, it } from 'vitest';
import { toDefinition } from '#main/runtimes/container/container-definition.ts';
import { toLikeBody } from '#main/runtimes/container/container-like.ts';
import { findPolicyIssues } from '#main/runtimes/container/container-policy.ts';
import type { ContainerChanges } from '#main/runtimes/container/types.ts';
import { anonymous, container, engineVersions, id, inspected } from './inspected.ts';

const changes: ContainerChanges = {
  name: 'shop-db-1',
  ports: [{ protocol: 'tcp', containerPort: 5432, hostAddress: '127.0.0.1', hostPort: 15_433 }],
  labels: { 'dev.candlefish.clos.operation': 'op_1' },
};

/** As JSON says it: what is undefined is not sent. */
function sent(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

const expected = {
  name: 'shop-db-1',
  AttachStdout: true,
  AttachStderr: true,
  Image: 'shop/db:17',
  Env: ['DB_USER=shop', 'DB_PASSWORD=a=b', 'PATH=/usr/bin:/bin', 'DB_VERSION=17'],
  Cmd: ['db', '--verbose'],
  Entrypoint: ['entrypoint.sh'],
  Volumes: { '/var/lib/db': {} },
  Healthcheck: { Test: ['CMD', 'db-ready'], Interval: 5_000_000_000, Retries: 3 },
  StopTimeout: 3,
  ExposedPorts: { '5432/tcp': {}, '9090/tcp': {} },
  Labels: {
    'com.docker.compose.project': 'shop',
    'com.docker.compose.service': 'db',
    'shop.role': 'database',
    'dev.candlefish.clos.operation': 'op_1',
    'dev.candlefish.clos.carried': anonymous,
  },
  HostConfig: {
    Binds: ['shop_conf:/etc/shop:ro', '/srv/shop/init:/init:rw'],
    Mounts: [{ Type: 'volume', Source: anonymous, Target: '/var/lib/db', ReadOnly: false }],
    NetworkMode: 'shop_default',
    PortBindings: {
      '5432/tcp': [{ HostIp: '127.0.0.1', HostPort: '15433' }],
      '9090/tcp': [{ HostIp: '', HostPort: '' }],
    },
    RestartPolicy: { Name: 'unless-stopped', MaximumRetryCount: 0 },
    LogConfig: { Type: '', Config: {} },
    CapDrop: ['MKNOD'],
    ExtraHosts: ['mail:10.0.0.9'],
    IpcMode: 'private',
    Tmpfs: { '/tmp': 'size=16m' },
    ShmSize: 67_108_864,
    Memory: 268_435_456,
    MemorySwap: 536_870_912,
    NanoCpus: 500_000_000,
    Ulimits: [{ Name: 'nofile', Hard: 2048, Soft: 1024 }],
    Runtime: 'runc',
    CgroupnsMode: 'private',
  },
  NetworkingConfig: { EndpointsConfig: { shop_default: { Aliases: ['db', 'shop-db-1'] } } },
};
const further = [{ name: 'shop_back', config: { Aliases: ['db'], IPAMConfig: { IPv4Address: '10.2.0.50' } } }];

function without<T extends object>(value: T, ...names: (keyof T)[]): Partial<T> {
  const left = { ...value };
  for (const name of names) delete left[name];
  return left;
}

const hostOf20 = without(expected.HostConfig, 'CgroupnsMode');
const hostOfPodman = without(expected.HostConfig, 'CgroupnsMode', 'Runtime');
const differing: Record<string, { body: object; further: object; platform: string | null }> = {
  '20.10': { body: { ...expected, HostConfig: hostOf20 }, further, platform: null },
  '24': { body: expected, further, platform: null },
  '27': {
    body: {
      ...expected,
      HostConfig: {
        ...expected.HostConfig,
        Binds: ['/srv/shop/init:/init:rw'],
        Mounts: [
          { Type: 'volume', Source: 'shop_conf', Target: '/etc/shop', ReadOnly: true },
          ...expected.HostConfig.Mounts,
        ],
      },
    },
    further,
    platform: null,
  },
  '29': { body: expected, further, platform: 'linux/amd64' },
  // Podman tells no fixed addresses.
  'podman 4': {
    body: {
      ...without(expected, 'AttachStdout', 'AttachStderr', 'Volumes'),
      Env: ['TERM=xterm', 'container=podman', ...expected.Env],
      WorkingDir: '/',
      StopSignal: '15',
      HostConfig: {
        ...hostOfPodman,
        Binds: ['/srv/shop/init:/init:rw,rprivate', 'shop_conf:/etc/shop:ro,rprivate'],
        LogConfig: { Type: 'json-file', Config: {} },
        IpcMode: 'shareable',
        PidMode: 'private',
        UTSMode: 'private',
        ShmSize: 65_536_000,
        PidsLimit: 2048,
      },
    },
    further: [{ name: 'shop_back', config: { Aliases: ['db'] } }],
    platform: null,
  },
};

describe('a container like another, but for its port', () => {
  it.each(engineVersions)(
    'is asked for with all that engine %s says of the first, and may be made',
    async (version) => {
      const like = toLikeBody(toDefinition(inspected(version)), changes);
      expect(sent(like)).toEqual(differing[version]);
      expect(await findPolicyIssues(like.body, { engineRestarts: true })).toEqual([]);
    },
  );

  it('is the same after a definition was kept as text', () => {
    const definition = toDefinition(inspected('27'));
    expect(toLikeBody(JSON.parse(JSON.stringify(definition)), changes)).toEqual(toLikeBody(definition, changes));
  });

  it('has changed variables, labels and restart policy, by name', () => {
    const { body } = toLikeBody(toDefinition(inspected('27')), {
      name: 'db',
      env: { DB_PASSWORD: 'c', NEW: '1' },
      labels: { 'shop.role': 'replica' },
      restartPolicy: { name: 'no', maxRetries: 3 },
    });
    expect(body).toMatchObject({
      name: 'db',
      Env: ['DB_USER=shop', 'PATH=/usr/bin:/bin', 'DB_VERSION=17', 'DB_PASSWORD=c', 'NEW=1'],
      Labels: { 'shop.role': 'replica', 'com.docker.compose.project': 'shop' },
      HostConfig: {
        RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
        PortBindings: { '5432/tcp': [{ HostIp: '127.0.0.1', HostPort: '15432' }] },
      },
    });
  });

  it('replaces all bindings of a changed port, and publishes a new one', () => {
    const both = ['127.0.0.1', '::1'].map((hostAddress) => ({
      protocol: 'tcp' as const,
      containerPort: 5432,
      hostAddress,
      hostPort: 7000,
    }));
    const { body } = toLikeBody(toDefinition(inspected('27')), {
      name: 'db',
      ports: [...both, { protocol: 'udp', containerPort: 53, hostAddress: '', hostPort: 7001 }],
    });
    expect(body).toMatchObject({
      ExposedPorts: { '5432/tcp': {}, '9090/tcp': {}, '53/udp': {} },
      HostConfig: {
        PortBindings: {
          '5432/tcp': [
            { HostIp: '127.0.0.1', HostPort: '7000' },
            { HostIp: '::1', HostPort: '7000' },
          ],
          '9090/tcp': [{ HostIp: '', HostPort: '' }],
          '53/udp': [{ HostIp: '', HostPort: '7001' }],
        },
      },
    });
  });

  it('does not pass for the work of the operation that made the first', () => {
    const labels = { 'dev.candlefish.clos.operation': 'op_old', 'dev.candlefish.clos.carried': 'x', a: 'b' };
    const { body } = toLikeBody(toDefinition(container({ config: { Labels: labels } })), { name: 'web' });
    expect(body.Labels).toEqual({ a: 'b' });
  });

  it('is made from the very image when its name stands for another one by now', () => {
    const { body } = toLikeBody(toDefinition(container({ namedImageId: 'sha256:88' })), { name: 'web' });
    expect(body.Image).toBe(`sha256:${'77'.repeat(32)}`);
  });

  it('keeps a host name of its own, which is no alias, and a taken-away entrypoint', () => {
    const { body } = toLikeBody(
      toDefinition(
        container({
          config: { Hostname: 'mail', Domainname: 'example.test', Entrypoint: null },
          host: { NetworkMode: 'd1' },
          networks: { shop: { NetworkID: 'd1', Aliases: ['web', id.slice(0, 12), 'mail'], IPAMConfig: {} } },
        }),
      ),
      { name: 'web' },
    );
    expect(body).toMatchObject({
      Hostname: 'mail',
      Domainname: 'example.test',
      Entrypoint: [''],
      HostConfig: { NetworkMode: 'shop' },
      NetworkingConfig: { EndpointsConfig: { shop: { Aliases: ['web'] } } },
    });
  });

  it('publishes one by one what was published all at once', () => {
    const { body } = toLikeBody(
      toDefinition(
        container({
          config: { ExposedPorts: { '80/tcp': {}, '81/tcp': {} } },
          host: { PublishAllPorts: true, PortBindings: { '81/tcp': [{ HostIp: '', HostPort: '8000-8010' }] } },
        }),
      ),
      { name: 'web' },
    );
    expect(body.HostConfig).toMatchObject({
      PortBindings: {
        '80/tcp': [{ HostIp: '', HostPort: '' }],
        '81/tcp': [{ HostIp: '', HostPort: '8000-8010' }],
      },
    });
    expect(body.HostConfig).not.toHaveProperty('PublishAllPorts');
  });

  it('has the volumes of the containers that the first took them from, and volumes that nobody named', () => {
    const [one, two] = ['1a'.repeat(32), '2b'.repeat(32)];
    const { body } = toLikeBody(
      toDefinition(
        container({
          host: { VolumesFrom: ['other:ro'], Binds: ['/cache'], Mounts: [{ Type: 'volume', Target: '/m/' }] },
          points: [
            { Type: 'volume', Name: 'data', Source: '/v/data', Destination: '/data', RW: false },
            { Type: 'bind', Source: '/srv/x', Destination: '/x', RW: true, Propagation: 'rslave' },
            { Type: 'volume', Name: one, Source: '/v/1', Destination: '/cache', RW: true },
            { Type: 'volume', Name: two, Source: '/v/2', Destination: '/m', RW: true },
          ],
        }),
      ),
      { name: 'web' },
    );
    expect(body.HostConfig).toMatchObject({
      Binds: [],
      Mounts: [
        { Type: 'volume', Source: two, Target: '/m/' },
        { Type: 'volume', Source: 'data', Target: '/data', ReadOnly: true },
        { Type: 'bind', Source: '/srv/x', Target: '/x', ReadOnly: false, BindOptions: { Propagation: 'rslave' } },
        { Type: 'volume', Source: one, Target: '/cache', ReadOnly: false },
      ],
    });
    expect(body.HostConfig).not.toHaveProperty('VolumesFrom');
    expect(body.Labels).toEqual({ 'dev.candlefish.clos.carried': `${one},${two}` });
  });

  it.each<[string, object, string]>([
    ['privileged', { Privileged: true }, 'HostConfig.Privileged'],
    ['with a device', { Devices: [{ PathOnHost: '/dev/ttyUSB0' }] }, 'HostConfig.Devices'],
    ['with the engine’s socket', { Binds: ['/var/run/docker.sock:/s'] }, 'HostConfig.Binds.0'],
    ['on the host’s network', { NetworkMode: 'host' }, 'HostConfig.NetworkMode'],
    ['with /proc as it is', { MaskedPaths: [] }, 'HostConfig.MaskedPaths'],
    ['with writable parameters of the kernel', { ReadonlyPaths: ['/proc/bus'] }, 'HostConfig.ReadonlyPaths'],
    ['that sees the host’s control groups', { CgroupnsMode: 'host' }, 'HostConfig.CgroupnsMode'],
    ['with annotations for the runtime', { Annotations: { 'run.oci.handler': 'x' } }, 'HostConfig.Annotations'],
    ['with a foreign log driver', { LogConfig: { Type: 'syslog', Config: {} } }, 'HostConfig.LogConfig.Type'],
    ['with what nobody knows yet', { Telepathy: true }, 'HostConfig.Telepathy'],
  ])('is refused for a container %s', async (_, host, path) => {
    const networks = 'NetworkMode' in host ? { host: { NetworkID: 'h' } } : undefined;
    const { body } = toLikeBody(toDefinition(container({ host, ...(networks ? { networks } : {}) })), { name: 'web' });
    expect((await findPolicyIssues(body, { engineRestarts: true })).map((issue) => issue.path)).toEqual([path]);
  });

  it('leaves the engine’s own log driver to the engine, whichever it is', async () => {
    const definition = toDefinition(
      container({
        host: { LogConfig: { Type: 'loki', Config: { 'loki-url': 'http://x' } } },
        engine: { LoggingDriver: 'loki' },
      }),
    );
    const { body } = toLikeBody(definition, { name: 'web' });
    expect(body.HostConfig).toMatchObject({ LogConfig: { Type: '', Config: { 'loki-url': 'http://x' } } });
    expect(await findPolicyIssues(body, { engineRestarts: true })).toEqual([]);
  });
});

describe('a definition', () => {
  it('says in short what a container was made from', () => {
    const { raw, ...said } = toDefinition(inspected('20.10'));
    expect(said).toEqual({
      id,
      name: 'shop-db-1',
      image: 'shop/db:17',
      labels: {
        'com.docker.compose.project': 'shop',
        'com.docker.compose.service': 'db',
        'shop.role': 'database',
      },
      project: 'shop',
      claims: [{ protocol: 'tcp', address: '127.0.0.1', port: 15_432, containerPort: 5432 }],
      restart: { name: 'unless-stopped', maxRetries: 0 },
      removedWhenStopped: false,
      networks: ['shop_back', 'shop_default'],
      anonymousVolumes: [{ name: anonymous, target: '/var/lib/db', readOnly: false }],
    });
    expect(JSON.stringify(raw)).not.toContain('Pid":4242');
  });

  it('is not made of what is no answer about a container', () => {
    const answers = { ...inspected('27'), container: { Id: 'x' } };
    expect(() => toDefinition(answers)).toThrow(expect.objectContaining({ code: 'ENGINE_ERROR' }));
  });
});
