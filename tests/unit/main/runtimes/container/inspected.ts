import type { DefinitionAnswers } from '#main/runtimes/container/container-definition.ts';

/**
 * What engines answer of one and the same container, cut to what says how it was made: a database of a compose project, with an
 * anonymous volume for its data. The answers of 20.10 and Podman 4 were recorded, those of the others follow their API's changes.
 */
export type EngineVersion = '20.10' | '24' | '27' | '29' | 'podman 4';

export const id = 'ab12cd34ef56'.padEnd(64, '0');
export const anonymous = '5e'.repeat(32);
const imageId = `sha256:${'77'.repeat(32)}`;

const labels = {
  'com.docker.compose.project': 'shop',
  'com.docker.compose.service': 'db',
  'shop.role': 'database',
};
const health = { Test: ['CMD', 'db-ready'], Interval: 5_000_000_000, Retries: 3 };
const imageConfig = {
  Env: ['PATH=/usr/bin:/bin', 'DB_VERSION=17'],
  Cmd: ['db', '--data', '/var/lib/db'],
  Entrypoint: ['entrypoint.sh'],
  Volumes: { '/var/lib/db': {} },
  WorkingDir: '',
  User: '',
  Labels: null,
  ExposedPorts: { '5432/tcp': {} },
};

const ports = {
  '5432/tcp': [{ HostIp: '127.0.0.1', HostPort: '15432' }],
  '9090/tcp': [{ HostIp: '', HostPort: '' }],
};
const heldPorts = {
  '5432/tcp': [{ HostIp: '127.0.0.1', HostPort: '15432' }],
  '9090/tcp': [
    { HostIp: '0.0.0.0', HostPort: '32768' },
    { HostIp: '::', HostPort: '32768' },
  ],
};

const point = (over: object) => ({ Mode: 'z', RW: true, Propagation: '', ...over });
const volumePoint = (name: string, over: object) =>
  point({ Type: 'volume', Name: name, Source: `/var/lib/docker/volumes/${name}/_data`, Driver: 'local', ...over });
const points = [
  volumePoint('shop_conf', { Destination: '/etc/shop', Mode: 'ro', RW: false }),
  point({ Type: 'bind', Source: '/srv/shop/init', Destination: '/init', Propagation: 'rprivate' }),
  volumePoint(anonymous, { Destination: '/var/lib/db', Mode: '' }),
];

const config = {
  Hostname: id.slice(0, 12),
  Domainname: '',
  User: '',
  AttachStdin: false,
  AttachStdout: true,
  AttachStderr: true,
  ExposedPorts: { '5432/tcp': {}, '9090/tcp': {} },
  Tty: false,
  OpenStdin: false,
  StdinOnce: false,
  Env: ['DB_USER=shop', 'DB_PASSWORD=a=b', 'PATH=/usr/bin:/bin', 'DB_VERSION=17'],
  Cmd: ['db', '--verbose'],
  Healthcheck: health,
  Image: 'shop/db:17',
  Volumes: { '/var/lib/db': {} },
  WorkingDir: '',
  Entrypoint: ['entrypoint.sh'],
  OnBuild: null,
  Labels: labels,
  StopTimeout: 3,
};

const hidden = {
  MaskedPaths: ['/proc/asound', '/proc/acpi', '/proc/kcore', '/proc/keys', '/sys/firmware'],
  ReadonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
};

const host = {
  Binds: ['shop_conf:/etc/shop:ro', '/srv/shop/init:/init:rw'],
  ContainerIDFile: '',
  LogConfig: { Type: 'json-file', Config: {} },
  NetworkMode: 'shop_default',
  PortBindings: ports,
  RestartPolicy: { Name: 'unless-stopped', MaximumRetryCount: 0 },
  AutoRemove: false,
  VolumeDriver: '',
  VolumesFrom: null,
  CapAdd: null,
  CapDrop: ['MKNOD'],
  Dns: [],
  DnsOptions: [],
  DnsSearch: [],
  ExtraHosts: ['mail:10.0.0.9'],
  GroupAdd: null,
  IpcMode: 'private',
  Cgroup: '',
  Links: null,
  OomScoreAdj: 0,
  PidMode: '',
  Privileged: false,
  PublishAllPorts: false,
  ReadonlyRootfs: false,
  SecurityOpt: null,
  Tmpfs: { '/tmp': 'size=16m' },
  UTSMode: '',
  UsernsMode: '',
  ShmSize: 67_108_864,
  Runtime: 'runc',
  Isolation: '',
  CpuShares: 0,
  Memory: 268_435_456,
  NanoCpus: 500_000_000,
  CgroupParent: '',
  BlkioWeight: 0,
  CpuPeriod: 0,
  CpuQuota: 0,
  CpusetCpus: '',
  CpusetMems: '',
  Devices: [],
  DeviceCgroupRules: null,
  DeviceRequests: null,
  MemoryReservation: 0,
  MemorySwap: 536_870_912,
  MemorySwappiness: null,
  PidsLimit: null,
  Ulimits: [{ Name: 'nofile', Hard: 2048, Soft: 1024 }],
  ...hidden,
};

const endpoint = (over: object) => ({ Links: null, EndpointID: 'e1', Gateway: '10.1.0.1', IPPrefixLen: 24, ...over });

/** Up to 24, the id's digits stand among the aliases. */
function networks(ofEngine: { aliases: string[]; more?: object }): object {
  return {
    shop_back: endpoint({
      IPAMConfig: { IPv4Address: '10.2.0.50' },
      Aliases: ['db', ...ofEngine.aliases],
      NetworkID: 'b2',
      IPAddress: '10.2.0.50',
      ...ofEngine.more,
    }),
    shop_default: endpoint({
      IPAMConfig: null,
      Aliases: ['db', 'shop-db-1', ...ofEngine.aliases],
      NetworkID: 'd1',
      IPAddress: '10.1.0.2',
      ...ofEngine.more,
    }),
  };
}

interface Parts {
  config?: object;
  host?: object;
  networks: object;
  points?: object[];
  rest?: object;
  engine?: object;
  image?: object;
}

function answers(parts: Parts): DefinitionAnswers {
  return {
    container: {
      Id: id,
      Created: '2026-01-02T03:04:05.1Z',
      Path: 'entrypoint.sh',
      Args: ['db', '--verbose'],
      State: { Status: 'running', Pid: 4242 },
      Image: imageId,
      Name: '/shop-db-1',
      Platform: 'linux',
      HostConfig: { ...host, ...parts.host },
      Mounts: parts.points ?? points,
      Config: { ...config, ...parts.config },
      NetworkSettings: { Ports: heldPorts, Networks: parts.networks },
      ...parts.rest,
    },
    image: { Id: imageId, RepoTags: ['shop/db:17'], Config: { ...imageConfig, ...parts.image } },
    namedImageId: imageId,
    engine: { CgroupVersion: '2', LoggingDriver: 'json-file', ...parts.engine },
  };
}

const byVersion: Record<EngineVersion, () => DefinitionAnswers> = {
  '20.10': () =>
    answers({
      host: {
        CgroupnsMode: 'host',
        KernelMemory: 0,
        KernelMemoryTCP: 0,
        OomKillDisable: false,
        ConsoleSize: [0, 0],
        BlkioWeightDevice: null,
      },
      networks: networks({ aliases: [id.slice(0, 12)], more: { MacAddress: '02:42:0a:01:00:02', DriverOpts: null } }),
      engine: { CgroupVersion: '1' },
    }),
  '24': () =>
    answers({
      config: { MacAddress: '02:42:0a:01:00:02' },
      host: {
        CgroupnsMode: 'private',
        OomKillDisable: null,
        ConsoleSize: [0, 0],
        BlkioWeightDevice: [],
        Annotations: null,
      },
      networks: networks({ aliases: [id.slice(0, 12)], more: { DriverOpts: null } }),
    }),
  '27': () =>
    answers({
      host: {
        CgroupnsMode: 'private',
        OomKillDisable: null,
        ConsoleSize: [0, 0],
        // Compose of these days writes mounts for volumes.
        Binds: ['/srv/shop/init:/init:rw'],
        Mounts: [{ Type: 'volume', Source: 'shop_conf', Target: '/etc/shop', ReadOnly: true, VolumeOptions: {} }],
        MaskedPaths: [...hidden.MaskedPaths, '/sys/devices/virtual/powercap'],
      },
      networks: networks({
        aliases: [],
        more: { MacAddress: '02:42:0a:01:00:02', DNSNames: ['shop-db-1', 'db', id.slice(0, 12)], DriverOpts: null },
      }),
    }),
  '29': () =>
    answers({
      config: { OnBuild: undefined, Domainname: undefined },
      host: {
        CgroupnsMode: 'private',
        VolumesFrom: undefined,
        Links: undefined,
        DeviceRequests: undefined,
        MaskedPaths: [...hidden.MaskedPaths, '/proc/interrupts', '/sys/devices/virtual/powercap'],
      },
      networks: networks({
        aliases: [],
        more: { MacAddress: '5e:dd:0d:00:00:02', DNSNames: ['shop-db-1', 'db'], GwPriority: 0 },
      }),
      rest: { ImageManifestDescriptor: { digest: imageId, platform: { os: 'linux', architecture: 'amd64' } } },
      image: { WorkingDir: undefined, User: undefined, Labels: undefined },
    }),
  'podman 4': () =>
    answers({
      config: {
        AttachStdout: false,
        AttachStderr: false,
        Env: [
          'TERM=xterm',
          'container=podman',
          'DB_USER=shop',
          'DB_PASSWORD=a=b',
          'PATH=/usr/bin:/bin',
          'DB_VERSION=17',
        ],
        Volumes: null,
        WorkingDir: '/',
        StopSignal: '15',
      },
      host: {
        Binds: [
          '/srv/shop/init:/init:rw,rprivate,rbind',
          `${anonymous}:/var/lib/db:rprivate,rw,nodev,exec,nosuid,rbind`,
          'shop_conf:/etc/shop:ro,rprivate,nosuid,nodev,rbind',
        ],
        LogConfig: { Type: 'json-file', Config: null },
        NetworkMode: 'bridge',
        CapAdd: [],
        CgroupnsMode: '',
        IpcMode: 'shareable',
        PidMode: 'private',
        UTSMode: 'private',
        ShmSize: 65_536_000,
        Runtime: 'oci',
        MemorySwappiness: 0,
        PidsLimit: 2048,
        Ulimits: [{ Name: 'RLIMIT_NOFILE', Hard: 2048, Soft: 1024 }],
        MaskedPaths: null,
        ReadonlyPaths: null,
      },
      points: points.map((each) => ({ ...each, Mode: '', Propagation: 'rprivate' })),
      networks: {
        shop_default: endpoint({
          IPAMConfig: null,
          Aliases: ['db', 'shop-db-1', id.slice(0, 12)],
          NetworkID: 'shop_default',
        }),
        shop_back: endpoint({ IPAMConfig: null, Aliases: ['db', id.slice(0, 12)], NetworkID: 'shop_back' }),
      },
      engine: { CgroupVersion: '2', LoggingDriver: '' },
    }),
};

export const engineVersions = Object.keys(byVersion) as EngineVersion[];

export function inspected(version: EngineVersion): DefinitionAnswers {
  return byVersion[version]();
}

/** A container of engine 27 in which other settings differ from the usual. */
export function container(
  over: Omit<Parts, 'networks'> & { networks?: object; namedImageId?: string | null; noImage?: true },
) {
  const made = answers({
    networks: over.networks ?? { bridge: endpoint({ Aliases: null, IPAMConfig: null, NetworkID: 'br' }) },
    points: over.points ?? [],
    ...over,
    config: { Healthcheck: null, Labels: {}, StopTimeout: null, Volumes: null, Cmd: imageConfig.Cmd, ...over.config },
    host: {
      ...{ Binds: null, NetworkMode: 'bridge', PortBindings: {}, CapDrop: null, ExtraHosts: null, Tmpfs: null },
      ...{ Memory: 0, MemorySwap: 0, NanoCpus: 0, Ulimits: null, CgroupnsMode: 'private' },
      RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
      ...over.host,
    },
  });
  return {
    ...made,
    ...(over.namedImageId === undefined ? {} : { namedImageId: over.namedImageId }),
    ...(over.noImage ? { image: null } : {}),
  };
}
