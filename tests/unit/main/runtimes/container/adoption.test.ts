import { describe, expect, it } from 'vitest';
import { describeForAdoption } from '#main/runtimes/container/adoption.ts';
import { toDefinition } from '#main/runtimes/container/container-definition.ts';
import { container, type EngineVersion, engineVersions, inspected } from './inspected.ts';

type Described = ReturnType<typeof describeForAdoption>;

const expected: Described = {
  image: 'shop/db:17',
  command: ['db', '--verbose'],
  mounts: [
    { type: 'volume', source: 'shop_conf', target: '/etc/shop', readOnly: true },
    { type: 'bind', source: '/srv/shop/init', target: '/init', readOnly: false },
  ],
  init: false,
  env: { DB_USER: 'shop', DB_PASSWORD: 'a=b' },
  limits: { cpus: 0.5, memory: 268_435_456 },
  endpoints: [
    { protocol: 'tcp', containerPort: 5432, address: '127.0.0.1', hostPort: 15_432 },
    { protocol: 'tcp', containerPort: 9090, address: '0.0.0.0', hostPort: 32_768 },
  ],
  restart: { policy: 'always', maxRetries: 1000 },
  project: 'shop',
  lost: [
    'It has a health check of its own: CMD db-ready.',
    'It has 3 s to end.',
    'The compose project shop knows it by its labels.',
    'It has labels of its own: shop.role.',
    'It is on the network shop_default as db, shop-db-1.',
    'It is on the network shop_back as db at 10.2.0.50.',
    'It lacks the capabilities MKNOD.',
    'It has limits of its own for nofile.',
    'It knows further hosts: mail:10.0.0.9.',
    'It has a file system in memory at /tmp.',
    'It may swap.',
  ],
};

const [conf, init] = expected.mounts;
const differing: Partial<Record<EngineVersion, Partial<Described>>> = {
  '27': { mounts: [init, conf].filter((mount) => mount !== undefined) },
  'podman 4': {
    mounts: [init, conf].filter((mount) => mount !== undefined),
    limits: { ...expected.limits, pids: 2048 },
    lost: expected.lost.map((said) => said.replace(' at 10.2.0.50', '').replace('for nofile', 'for RLIMIT_NOFILE')),
  },
};

/** What is told of a container with these settings. */
function told(over: Parameters<typeof container>[0]): Described {
  return describeForAdoption(toDefinition(container(over)));
}

describe('a container that shall be a service', () => {
  it.each(engineVersions)('is described as engine %s shows it', (version) => {
    expect(describeForAdoption(toDefinition(inspected(version)))).toEqual({ ...expected, ...differing[version] });
  });

  it('is described in few words when it is what its image says', () => {
    expect(told({ config: { Env: ['PATH=/usr/bin:/bin', 'DB_VERSION=17'] } })).toEqual({
      image: 'shop/db:17',
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

  it.each([
    ['always', 0, { policy: 'always', maxRetries: 1000 }],
    ['on-failure', 0, { policy: 'on-failure', maxRetries: 1000 }],
    ['on-failure', 4, { policy: 'on-failure', maxRetries: 4 }],
    ['', 0, { policy: 'no', maxRetries: 5 }],
  ])('is restarted as the engine would: %s %i', (Name, MaximumRetryCount, restart) => {
    expect(told({ host: { RestartPolicy: { Name, MaximumRetryCount } } }).restart).toEqual(restart);
  });

  it('has the folder, user, init and limits that its image does not set', () => {
    const config = { WorkingDir: '/app', User: '1000:1000', Env: [] };
    const host = { Init: true, CpuQuota: 150_000, CpuPeriod: 100_000, PidsLimit: 100, Memory: 1024, MemorySwap: 1024 };
    expect(told({ config, host })).toMatchObject({
      workingDir: '/app',
      user: '1000:1000',
      init: true,
      limits: { cpus: 1.5, memory: 1024, pids: 100 },
      lost: [],
    });
    const image = { WorkingDir: '/app', User: '1000:1000' };
    const plain = told({ config, image, host: { PidsLimit: -1 } });
    expect([plain.workingDir, plain.user, plain.limits]).toEqual([undefined, undefined, {}]);
  });

  it('has an endpoint for each published port, once for both families', () => {
    const host = {
      PortBindings: {
        '80/tcp': [
          { HostIp: '0.0.0.0', HostPort: '8080' },
          { HostIp: '::', HostPort: '8080' },
          { HostIp: '::1', HostPort: '8081' },
        ],
        '53/udp': [{ HostIp: '', HostPort: '5353' }],
        '53/tcp': [{ HostIp: '::', HostPort: '5354' }],
        '90/tcp': [{ HostIp: '127.0.0.1', HostPort: '9000-9010' }],
        '91/tcp': [{ HostIp: '', HostPort: '0' }],
        '92/sctp': [{ HostIp: '', HostPort: '92' }],
        '93/tcp': null,
      },
    };
    const rest = {
      NetworkSettings: {
        Ports: { '90/tcp': [{ HostIp: '127.0.0.1', HostPort: '9003' }], '91/tcp': null },
        Networks: {},
      },
    };
    expect(told({ host, rest, config: { Env: [] } })).toMatchObject({
      endpoints: [
        { protocol: 'tcp', containerPort: 53, address: '::', hostPort: 5354 },
        { protocol: 'udp', containerPort: 53, address: '0.0.0.0', hostPort: 5353 },
        { protocol: 'tcp', containerPort: 80, address: '0.0.0.0', hostPort: 8080 },
        { protocol: 'tcp', containerPort: 80, address: '::1', hostPort: 8081 },
        { protocol: 'tcp', containerPort: 90, address: '127.0.0.1', hostPort: 9003 },
      ],
      lost: ['It publishes 91/tcp at a random port, and holds none now.', 'It publishes 92/sctp.'],
    });
  });

  it('has an endpoint for each port that is published because all are', () => {
    const ports = { '5432/tcp': [{ HostIp: '0.0.0.0', HostPort: '32769' }] };
    const rest = { NetworkSettings: { Ports: ports, Networks: {} } };
    const config = { Env: [], ExposedPorts: { '5432/tcp': {} } };
    expect(told({ config, rest, host: { PublishAllPorts: true } }).endpoints).toEqual([
      { protocol: 'tcp', containerPort: 5432, address: '0.0.0.0', hostPort: 32_769 },
    ]);
  });

  it.each<[string, Parameters<typeof container>[0], string[]]>([
    [
      'host settings',
      {
        host: {
          Privileged: true,
          CapAdd: ['NET_ADMIN', 'SYS_TIME'],
          Devices: [{ PathOnHost: '/dev/ttyUSB0', PathInContainer: '/dev/x' }],
          DeviceRequests: [{ Count: -1 }],
          SecurityOpt: ['seccomp=unconfined'],
          Sysctls: { 'net.core.somaxconn': '1' },
          Dns: ['1.1.1.1'],
          GroupAdd: ['docker'],
          ReadonlyRootfs: true,
          AutoRemove: true,
          ShmSize: 1024,
          PidMode: 'host',
          IpcMode: 'container:ab',
          CpuShares: 2,
          OomScoreAdj: 500,
          Runtime: 'kata',
          MaskedPaths: ['/proc/asound'],
        },
      },
      [
        'It is privileged.',
        'It has the further capabilities NET_ADMIN, SYS_TIME.',
        'It has devices of the host: /dev/ttyUSB0.',
        'It has devices of the host, such as a graphics card.',
        'It has the security options seccomp=unconfined.',
        'It sets parameters of the kernel: net.core.somaxconn.',
        'It asks the name servers 1.1.1.1.',
        'It belongs to the groups docker.',
        'Its own files cannot be written.',
        'The engine removes it as soon as it ends.',
        'Its shared memory has 1024 bytes.',
        'It shares the processes of the host.',
        'It shares the memory between processes of another container.',
        'It runs in the runtime kata.',
        'It sees what engines hide and protect of the kernel.',
        'It has settings that a service lacks: CpuShares, OomScoreAdj.',
      ],
    ],
    [
      'its own configuration',
      {
        config: {
          Entrypoint: ['sh', '-c'],
          Hostname: 'mail',
          Domainname: 'example.test',
          Tty: true,
          OpenStdin: true,
          StopSignal: 'SIGQUIT',
          StopTimeout: 60,
          Labels: { 'traefik.enable': 'true', 'dev.candlefish.clos.home': 'x' },
        },
      },
      [
        'It has an entrypoint of its own: sh -c.',
        'Its host name is mail.',
        'Its domain is example.test.',
        'It is stopped with SIGQUIT.',
        'It has 60 s to end.',
        'It has a terminal.',
        'Its input is open.',
        'It has labels of its own: traefik.enable.',
      ],
    ],
    ['a taken-away entrypoint', { config: { Entrypoint: null } }, ['It starts without the entrypoint of its image.']],
    ['no network', { host: { NetworkMode: 'none' }, networks: { none: {} } }, ['It has no network.']],
    [
      'the host’s network',
      { host: { NetworkMode: 'host' }, networks: { host: {} } },
      ['It uses the network of the host.'],
    ],
    [
      'another container’s network',
      { host: { NetworkMode: 'container:ab' }, networks: {} },
      ['It uses the network of another container.'],
    ],
    [
      'its log',
      { host: { LogConfig: { Type: 'syslog', Config: { tag: 'x' } } } },
      ['Its log goes to syslog.', 'Its log has the options tag.'],
    ],
    [
      'an image of an older day',
      { namedImageId: 'sha256:88' },
      ['It runs an older image than the one that is shop/db:17 now.'],
    ],
    [
      'variables with names of their own kind',
      { config: { Env: ['discovery.type=single-node', 'PATH'] } },
      [
        'The variable discovery.type has a name that those of a service cannot have.',
        'The variable PATH of its image is taken away.',
      ],
    ],
    [
      'a user whose name is not plain',
      { config: { User: 'ada lovelace' } },
      ['It runs as the user ada lovelace, whose name a service cannot have.'],
    ],
    [
      'mounts',
      {
        host: {
          Binds: ['/srv/a:/a:z,ro', 'C:\\shop:/c', 'data:/d:nocopy'],
          Mounts: [
            { Type: 'tmpfs', Target: '/t' },
            { Type: 'npipe', Source: '//./pipe/x', Target: '/p' },
            { Type: 'bind', Source: '/srv/b', Target: '/b', BindOptions: { Propagation: 'rshared' } },
            { Type: 'volume', Source: 'v', Target: '/v', VolumeOptions: { Subpath: 'x', NoCopy: false } },
          ],
        },
      },
      [
        'The mount at /a has the options z.',
        '/c is the folder C:\\shop, which a service cannot name.',
        'The mount at /d has the options nocopy.',
        'It has a file system in memory at /t.',
        'It has a mount of the type npipe at /p.',
        'The mount at /b has the options Propagation.',
        'The mount at /v has the options Subpath.',
      ],
    ],
  ])('says what would be lost: %s', (_, over, lost) => {
    const config = { Env: [], ...over.config };
    expect(told({ ...over, config }).lost).toEqual(lost);
  });

  it('tells nothing apart from its image when that is gone', () => {
    const described = told({ noImage: true, namedImageId: null, config: { Env: ['A=b'], Entrypoint: null } });
    expect(described).toMatchObject({
      command: ['db', '--data', '/var/lib/db'],
      env: { A: 'b' },
      lost: ['Its image is no longer there, so that nobody can tell what the image says and what does not.'],
    });
  });

  it('is stopped by a number that means the usual signal', () => {
    expect(told({ config: { Env: [], StopSignal: '15' }, image: { StopSignal: 'SIGTERM' } }).lost).toEqual([]);
    expect(told({ config: { Env: [], StopSignal: '3' }, image: { StopSignal: 'QUIT' } }).lost).toEqual([]);
  });

  it('has the health check of its image, whatever an engine fills in', () => {
    const image = { Healthcheck: { Test: ['CMD', 'true'], Interval: 1 } };
    const config = { Env: [], Healthcheck: { Test: ['CMD', 'true'], Interval: 1, Timeout: 30, Retries: 3 } };
    expect(told({ config, image }).lost).toEqual([]);
  });
});
