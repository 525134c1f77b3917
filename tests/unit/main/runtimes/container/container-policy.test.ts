import { link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toContainerBody } from '#main/runtimes/container/container-body.ts';
import { assertAllowed, findPolicyIssues } from '#main/runtimes/container/container-policy.ts';
import { findVolumeIssue, namedVolumes } from '#main/runtimes/container/mount-policy.ts';
import type { ContainerSpec } from '#main/runtimes/container/types.ts';

const spec: ContainerSpec = {
  name: 'web',
  image: 'shop/web:1',
  command: ['httpd', '-f'],
  env: { PORT: '80' },
  labels: { 'dev.candlefish.clos.service': 'svc_1' },
  ports: [{ protocol: 'tcp', containerPort: 80, hostAddress: '127.0.0.1', hostPort: 3000 }],
  mounts: [
    { type: 'volume', source: 'shop-data', target: '/data' },
    { type: 'bind', source: '/projects/shop', target: '/app', readOnly: true },
  ],
  init: true,
  workingDir: '/app',
  user: '1000',
  network: 'clos-network',
  aliases: ['web'],
  limits: { cpus: 0.5, memoryBytes: 256 * 1024 * 1024, pids: 100 },
  healthCheck: { command: ['true'], intervalMs: 1000, timeoutMs: 500, retries: 3, startPeriodMs: 0 },
  stopGraceMs: 10_000,
};

/** Bodies come from anywhere, also from places that TypeScript does not see. */
function bodyWith(hostConfig: object, rest: object = {}): object {
  return { Image: 'shop/web:1', ...rest, HostConfig: hostConfig };
}

async function pathsOf(body: object, options = {}): Promise<string[]> {
  return (await findPolicyIssues(body, options)).map((issue) => issue.path);
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'policy-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('a body that may be created', () => {
  it('is what a service comes to', async () => {
    expect(await findPolicyIssues(toContainerBody(spec))).toEqual([]);
    await assertAllowed(toContainerBody(spec));
  });

  it.each([
    ['no host settings at all', {}],
    [
      'an empty value of a dangerous field',
      { Privileged: false, CapAdd: [], Devices: null, PidMode: '', SecurityOpt: [] },
    ],
    ['the usual networks', { NetworkMode: 'bridge' }],
    ['no network', { NetworkMode: 'none' }],
    ['capabilities that every container has', { CapAdd: ['NET_BIND_SERVICE', 'CAP_CHOWN', 'kill'], CapDrop: ['ALL'] }],
    ['more protection', { SecurityOpt: ['no-new-privileges:true'], ReadonlyRootfs: true, IpcMode: 'private' }],
    ['a project folder', { Binds: ['/projects/shop:/app:ro,z', '/projects/../projects/shop/:/again'] }],
    ['a project folder in a home directory', { Binds: ['/home/ada/projects/shop:/app', '/Users/ada/code:/code'] }],
    [
      'a project folder on a drive',
      { Binds: ['C:\\Users\\ada\\shop:/app', 'd:/shop:/shop', '/mnt/c/Users/ada/shop:/x'] },
    ],
    [
      'data folders outside the system',
      { Binds: ['/srv/data:/data', '/opt/shop:/shop', '/var/www/shop:/www', '/tmp/x:/x'] },
    ],
    ['a named volume', { Binds: ['data:/data:nocopy'] }],
    ['memory as a file system', { Mounts: [{ Type: 'tmpfs', Target: '/tmp', TmpfsOptions: { SizeBytes: 1024 } }] }],
    ['an anonymous volume', { Mounts: [{ Type: 'volume', Target: '/data' }] }],
    ['network settings of its own', { Sysctls: { 'net.core.somaxconn': '1024' } }],
    ['less of a disk', { BlkioWeightDevice: [{ Path: '/dev/sda', Weight: 10 }], BlkioDeviceReadBps: [] }],
    ['memory with options', { Mounts: [{ Type: 'tmpfs', Target: '/t', TmpfsOptions: { Options: [['noexec']] } }] }],
  ])('%s', async (_, hostConfig) => {
    expect(await findPolicyIssues(bodyWith(hostConfig))).toEqual([]);
  });
});

describe('folders and files of the host', () => {
  const dangerous = [
    ...[
      '/',
      '/etc',
      '/etc/passwd',
      '/etc/cron.d',
      '/root',
      '/boot',
      '/dev',
      '/dev/sda',
      '/dev/mem',
      '/proc',
      '/proc/1/root',
      '/sys',
    ],
    ...[
      '/sys/fs/cgroup',
      '/var',
      '/var/run',
      '/run',
      '/run/user/1000',
      '/var/lib/docker',
      '/var/lib/docker/volumes/x/_data',
      '/lib',
    ],
    ...[
      '/usr',
      '/usr/bin',
      '/bin',
      '/sbin',
      '/var/spool/cron',
      '/home',
      '/home/ada',
      '/Users',
      '/Users/ada',
      '/private/etc',
    ],
    ...['/var/run/docker.sock', '/run/docker.sock', '/run/podman/podman.sock', '/run/containerd/containerd.sock'],
    ...[
      '/home/ada/.docker/run/docker.sock',
      '/home/ada/.ssh',
      '/home/ada/.ssh/id_ed25519',
      '/root/.bashrc',
      '/home/ada/.config/autostart',
    ],
    ...[
      '/Users/ada/Library/LaunchAgents',
      '/srv/x/docker.sock',
      '/host_mnt',
      '/host_mnt/etc',
      '/run/desktop/mnt/host/c',
      '/mnt',
    ],
    ...[
      'C:\\',
      'c:',
      'C:/',
      'C:\\Windows',
      'c:/windows/system32',
      'C:\\Users',
      'C:\\Users\\ada',
      'C:\\Users\\ada\\.ssh',
      'C:\\ProgramData',
    ],
    ...['/c', '/c/Windows', '/mnt/c', '/mnt/c/Users/ada', 'C:\\Users\\ada\\AppData\\Roaming'],
    ...['\\\\.\\pipe\\docker_engine', '//./pipe/docker_engine', '\\\\server\\share'],
  ];
  const spellings: [string, (path: string) => string][] = [
    ['as it is', (path) => path],
    ['with a slash behind', (path) => `${path}/`],
    ['with slashes behind', (path) => `${path}///`],
    ['with a dot behind', (path) => `${path}/.`],
    ['by a detour', (path) => `${path}/x/..`],
    ['in capitals', (path) => path.toUpperCase()],
    ['with a space behind', (path) => `${path} `],
  ];
  const posixSpellings: typeof spellings = [
    ['with doubled slashes', (path) => path.replaceAll('/', '//')],
    ['with a dot before', (path) => `/.${path}`],
    ['through another folder', (path) => `/srv/..${path}`],
    ['through more parents than there are', (path) => `/srv/../../../..${path}`],
    ['with dots between', (path) => path.replaceAll('/', '/./')],
  ];

  const cases = dangerous.flatMap((path) =>
    [...spellings, ...(path.startsWith('/') && !path.startsWith('//') ? posixSpellings : [])].map(
      ([how, spell]) => [spell(path), how] as const,
    ),
  );

  it('are enough to mean something', () => {
    expect(cases.length).toBeGreaterThan(500);
  });

  it.each(cases)('%j (%s) is refused as a bind, a mount and a mount called a volume', async (source) => {
    expect(await pathsOf(bodyWith({ Binds: [`${source}:/x`] }))).toEqual(['HostConfig.Binds.0']);
    expect(await pathsOf(bodyWith({ Binds: [`${source}:/x:ro`] }))).toEqual(['HostConfig.Binds.0']);
    expect(
      await pathsOf(bodyWith({ Mounts: [{ Type: 'bind', Source: source, Target: '/x', ReadOnly: true }] })),
    ).toEqual(['HostConfig.Mounts.0.Source']);
    expect(await pathsOf(bodyWith({ Mounts: [{ Type: 'volume', Source: source, Target: '/x' }] }))).toEqual([
      'HostConfig.Mounts.0.Source',
    ]);
  });

  it.each(['.', './src', '../src', '~', '~/src', '$HOME', '', ' ', 'a/b', '/srv/a\0b', '/srv/a\nb'])(
    '%j is refused, since it is no absolute path',
    async (source) => {
      expect(await pathsOf(bodyWith({ Binds: [`${source}:/x`] }))).toEqual(['HostConfig.Binds.0']);
      expect(await pathsOf(bodyWith({ Mounts: [{ Type: 'bind', Source: source, Target: '/x' }] }))).toEqual([
        'HostConfig.Mounts.0.Source',
      ]);
    },
  );

  it('are judged by where symbolic links lead, also in the middle and through several', async () => {
    await symlink('/etc', join(folder, 'one'));
    await symlink(join(folder, 'one'), join(folder, 'two'));
    await symlink('/', join(folder, 'top'));
    for (const path of ['one', 'two', 'one/ssl', 'two/not-there/at-all', 'top/etc', 'top/proc/1']) {
      expect(await pathsOf(bodyWith({ Binds: [`${join(folder, path)}:/x`] }))).toEqual(['HostConfig.Binds.0']);
    }
  });

  it('are judged by what they are: the engine’s socket under a second name, and the folder that holds it', async () => {
    await mkdir(join(folder, 'deep', 'engine'), { recursive: true });
    const socket = join(folder, 'deep', 'engine', 'e.sock');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    try {
      await link(socket, join(folder, 'harmless'));
      const options = { engineSockets: [socket] };
      for (const path of [
        socket,
        join(folder, 'harmless'),
        join(folder, 'deep', 'engine'),
        join(folder, 'deep'),
        folder,
      ]) {
        expect(await pathsOf(bodyWith({ Binds: [`${path}:/x`] }), options)).toEqual(['HostConfig.Binds.0']);
      }
      await mkdir(join(folder, 'beside'));
      expect(await pathsOf(bodyWith({ Binds: [`${join(folder, 'beside')}:/x`] }), options)).toEqual([]);
    } finally {
      server.close();
    }
  });

  it('are refused where CLOS itself lives, above it and below it', async () => {
    const home = join(folder, 'clos', 'home');
    await mkdir(home, { recursive: true });
    await writeFile(join(home, 'credentials.json'), '{}');
    const options = { trees: [home] };
    for (const path of [home, join(folder, 'clos'), join(home, 'credentials.json')]) {
      expect(await pathsOf(bodyWith({ Binds: [`${path}:/x`] }), options)).toEqual(['HostConfig.Binds.0']);
    }
  });

  it('are refused when they are the whole home of the user who runs CLOS', async () => {
    expect(await pathsOf(bodyWith({ Binds: [`${homedir()}:/x`] }), { homes: [homedir()] })).toEqual([
      'HostConfig.Binds.0',
    ]);
    expect(await pathsOf(bodyWith({ Binds: ['/data/ada:/x'] }), { homes: ['/data/ada'] })).toEqual([
      'HostConfig.Binds.0',
    ]);
    expect(await pathsOf(bodyWith({ Binds: ['/data/ada/shop:/x'] }), { homes: ['/data/ada'] })).toEqual([]);
  });
});

describe('a container that somebody else made', () => {
  it('may be restarted by the engine as it was, and one of ours may not', async () => {
    for (const Name of ['no', 'always', 'unless-stopped', 'on-failure']) {
      const body = bodyWith({ RestartPolicy: { Name, MaximumRetryCount: 0 } });
      expect(await pathsOf(body, { engineRestarts: true })).toEqual([]);
      expect(await pathsOf(body)).toEqual(Name === 'no' ? [] : ['HostConfig.RestartPolicy.Name']);
    }
    const odd = bodyWith({ RestartPolicy: { Name: 'sometimes', Else: 1 }, Privileged: true });
    expect(await pathsOf(odd, { engineRestarts: true })).toEqual([
      'HostConfig.RestartPolicy.Name',
      'HostConfig.RestartPolicy.Else',
      'HostConfig.Privileged',
    ]);
  });

  it('may know others of its networks by further names', async () => {
    const EndpointsConfig = { shop: { Links: ['db:database'], GwPriority: 1 } };
    expect(await pathsOf({ Image: 'x', NetworkingConfig: { EndpointsConfig } })).toEqual([]);
  });
});

describe('mounts', () => {
  it.each([
    ['a bind that reaches back to the host', { Binds: ['/srv/x:/x:rshared'] }, 'HostConfig.Binds.0'],
    ['a bind with an option that nobody knows', { Binds: ['/srv/x:/x:rw,evil'] }, 'HostConfig.Binds.0'],
    ['a bind with too many parts', { Binds: ['/srv/x:/x:ro:/etc'] }, 'HostConfig.Binds.0'],
    ['a bind without a target', { Binds: ['/srv/x'] }, 'HostConfig.Binds.0'],
    ['a bind that is no text', { Binds: [{}] }, 'HostConfig.Binds.0'],
    ['one bind instead of a list', { Binds: '/etc:/x' }, 'HostConfig.Binds'],
    [
      'one mount instead of a list',
      { Mounts: { Type: 'bind', Source: '/etc', Target: '/x' } },
      'HostConfig.Mounts.Source',
    ],
    [
      'a mount that reaches back to the host',
      { Mounts: [{ Type: 'bind', Source: '/srv/x', Target: '/x', BindOptions: { Propagation: 'rshared' } }] },
      'HostConfig.Mounts.0.BindOptions.Propagation',
    ],
    [
      'a volume that is a bind by its options',
      {
        Mounts: [
          {
            Type: 'volume',
            Source: 'data',
            Target: '/x',
            VolumeOptions: { DriverConfig: { Name: 'local', Options: { type: 'none', o: 'bind', device: '/etc' } } },
          },
        ],
      },
      'HostConfig.Mounts.0.VolumeOptions.DriverConfig.Options',
    ],
    [
      'an anonymous volume that is a bind by its options',
      {
        Mounts: [
          { Type: 'volume', Target: '/x', VolumeOptions: { DriverConfig: { Options: { o: 'rbind', device: '/' } } } },
        ],
      },
      'HostConfig.Mounts.0.VolumeOptions.DriverConfig.Options',
    ],
    [
      'a volume of a foreign driver',
      {
        Mounts: [{ Type: 'volume', Source: 'data', Target: '/x', VolumeOptions: { DriverConfig: { Name: 'sshfs' } } }],
      },
      'HostConfig.Mounts.0.VolumeOptions.DriverConfig.Name',
    ],
    ['a foreign volume driver for all', { VolumeDriver: 'sshfs' }, 'HostConfig.VolumeDriver'],
    ['a pipe', { Mounts: [{ Type: 'npipe', Source: '/srv/x', Target: '/x' }] }, 'HostConfig.Mounts.0.Type'],
    ['a mount without a type', { Mounts: [{ Source: '/srv/x', Target: '/x' }] }, 'HostConfig.Mounts.0.Type'],
    [
      'fields in another case',
      { Mounts: [{ type: 'bind', source: '/etc', target: '/x' }] },
      'HostConfig.Mounts.0.type',
    ],
    ['the volumes of another container', { VolumesFrom: ['db'] }, 'HostConfig.VolumesFrom'],
  ])('%s', async (_, hostConfig, path) => {
    expect(await pathsOf(bodyWith(hostConfig))).toContain(path);
  });

  it('are refused as a volume named by a path', async () => {
    expect(await pathsOf({ Image: 'x', Volumes: { '/etc:/x': {} } })).toEqual(['Volumes./etc:/x']);
    expect(await pathsOf({ Image: 'x', Volumes: { '/data': {} } })).toEqual([]);
  });

  it('name the volumes that have to be looked at', () => {
    const body = bodyWith({
      Binds: ['data:/data:ro', '/srv/x:/x', 'C:\\x:/y', '/only'],
      Mounts: [
        { Type: 'bind', Source: '/srv/y', Target: '/y' },
        { Type: 'volume', Target: '/anonymous' },
        { Type: 'volume', Source: 'more', Target: '/more' },
      ],
    });
    expect(namedVolumes(body)).toEqual([
      { name: 'data', path: 'HostConfig.Binds.0' },
      { name: 'more', path: 'HostConfig.Mounts.2.Source' },
    ]);
    expect(namedVolumes({})).toEqual([]);
  });

  it('are refused when the volume exists and is a folder of the host in disguise', () => {
    const path = 'HostConfig.Mounts.0.Source';
    expect(
      findVolumeIssue({ Name: 'v', Driver: 'local', Options: { type: 'none', o: 'bind', device: '/etc' } }, path)?.path,
    ).toBe(path);
    expect(findVolumeIssue({ Name: 'v', Driver: 'sshfs', Options: null }, path)?.path).toBe(path);
    expect(findVolumeIssue({ Name: 'v', Driver: 'local', Options: null }, path)).toBeNull();
    expect(findVolumeIssue(null, path)).toBeNull();
  });
});

describe('the machine itself', () => {
  const caps = [
    'SYS_ADMIN',
    'CAP_SYS_ADMIN',
    'sys_admin',
    ' Cap_Sys_Admin ',
    'ALL',
    'all',
    'SYS_PTRACE',
    'SYS_MODULE',
    'NET_ADMIN',
  ].concat([
    'NET_RAW',
    'SYS_RAWIO',
    'DAC_READ_SEARCH',
    'BPF',
    'MKNOD',
    'SYS_TIME',
    'SYSLOG',
    'SYS_BOOT',
    '',
    'CAP_CAP_CHOWN',
  ]);
  const security = [
    'seccomp=unconfined',
    'seccomp:unconfined',
    'apparmor=unconfined',
    'apparmor:unconfined',
    'label=disable',
  ].concat(
    [
      'label:disable',
      'no-new-privileges=false',
      'no-new-privileges:false',
      'systempaths=unconfined',
      'SECCOMP=UNCONFINED',
      'unmask=ALL',
    ],
    ['seccomp={"defaultAction":"SCMP_ACT_ALLOW"}', ' seccomp=unconfined', 'label=type:spc_t'],
  );
  const cases: [string, object, string][] = [
    ...[true, 1, 'true', 'false', {}].map((value): [string, object, string] => [
      `Privileged ${JSON.stringify(value)}`,
      { Privileged: value },
      'HostConfig.Privileged',
    ]),
    ...caps.map((cap): [string, object, string] => [
      `CapAdd ${cap}`,
      { CapAdd: ['CHOWN', cap] },
      'HostConfig.CapAdd.1',
    ]),
    ['CapAdd as one text', { CapAdd: 'SYS_ADMIN' }, 'HostConfig.CapAdd'],
    ...security.map((option): [string, object, string] => [
      `SecurityOpt ${option}`,
      { SecurityOpt: [option] },
      'HostConfig.SecurityOpt.0',
    ]),
    ['SecurityOpt as one text', { SecurityOpt: 'seccomp=unconfined' }, 'HostConfig.SecurityOpt'],
    ...['NetworkMode', 'PidMode', 'IpcMode', 'UTSMode', 'UsernsMode', 'CgroupnsMode'].flatMap((field) =>
      [
        'host',
        'HOST',
        'Host',
        ' host ',
        'container:db',
        'Container:db',
        'container:0123456789ab',
        'ns:/proc/1/ns/net',
        ['host'],
        1,
      ].map((value): [string, object, string] => [
        `${field} ${JSON.stringify(value)}`,
        { [field]: value },
        `HostConfig.${field}`,
      ]),
    ),
    ['the host’s network by its id', { NetworkMode: '0123456789abcdef' }, 'HostConfig.NetworkMode'],
    [
      'Devices',
      { Devices: [{ PathOnHost: '/dev/sda', PathInContainer: '/dev/sda', CgroupPermissions: 'rwm' }] },
      'HostConfig.Devices',
    ],
    ['Devices as one', { Devices: { PathOnHost: '/dev/sda' } }, 'HostConfig.Devices'],
    ['DeviceRequests', { DeviceRequests: [{ Driver: 'nvidia', Count: -1 }] }, 'HostConfig.DeviceRequests'],
    ['DeviceCgroupRules', { DeviceCgroupRules: ['a *:* rwm'] }, 'HostConfig.DeviceCgroupRules'],
    ['Cgroup', { Cgroup: 'container:db' }, 'HostConfig.Cgroup'],
    ['CgroupParent', { CgroupParent: '/' }, 'HostConfig.CgroupParent'],
    ['Runtime', { Runtime: 'mine' }, 'HostConfig.Runtime'],
    ['MaskedPaths', { MaskedPaths: [] }, 'HostConfig.MaskedPaths'],
    ['ReadonlyPaths', { ReadonlyPaths: [] }, 'HostConfig.ReadonlyPaths'],
    ['OomKillDisable', { OomKillDisable: true }, 'HostConfig.OomKillDisable'],
    ['OomScoreAdj', { OomScoreAdj: -1000 }, 'HostConfig.OomScoreAdj'],
    ['Sysctls', { Sysctls: { 'kernel.core_pattern': '|/x' } }, 'HostConfig.Sysctls.kernel.core_pattern'],
    ['PublishAllPorts', { PublishAllPorts: true }, 'HostConfig.PublishAllPorts'],
    ['LogConfig', { LogConfig: { Type: 'syslog', Config: {} } }, 'HostConfig.LogConfig.Type'],
    ['RestartPolicy', { RestartPolicy: { Name: 'always' } }, 'HostConfig.RestartPolicy.Name'],
    ['ContainerIDFile', { ContainerIDFile: '/etc/x' }, 'HostConfig.ContainerIDFile'],
    ['another case of a field', { privileged: true }, 'HostConfig.privileged'],
    ['a look-alike of a field', { 'Privileged\u{17f}': true }, 'HostConfig.Privileged\u{17f}'],
    ['a field that nobody knows', { Annotations: { a: 'b' } }, 'HostConfig.Annotations'],
    ['a field of every object', JSON.parse('{ "__proto__": { "Privileged": true } }'), 'HostConfig.__proto__'],
    ['another field of every object', { constructor: {} }, 'HostConfig.constructor'],
  ];

  it.each(cases)('%s', async (_, hostConfig, path) => {
    expect(await pathsOf(bodyWith(hostConfig))).toEqual([path]);
  });

  it.each([
    ['host settings in another case', { hostconfig: { Privileged: true } }, 'hostconfig'],
    ['host settings that are no object', { HostConfig: [] }, 'HostConfig'],
    ['host settings that are text', { HostConfig: 'x' }, 'HostConfig'],
    [
      'a network joined beside',
      { NetworkingConfig: { EndpointsConfig: { host: {} } } },
      'NetworkingConfig.EndpointsConfig.host',
    ],
    [
      'a network’s driver options',
      { NetworkingConfig: { EndpointsConfig: { shop: { DriverOpts: { x: 'y' } } } } },
      'NetworkingConfig.EndpointsConfig.shop.DriverOpts',
    ],
    ['an unknown field of the body', { Extra: 1 }, 'Extra'],
    ['a body that writes itself', { toJSON: () => ({}) }, 'toJSON'],
  ])('%s', async (_, body, path) => {
    expect(await pathsOf({ Image: 'x', ...body })).toEqual([path]);
  });

  it('names every issue, with its path, in one error', async () => {
    const body = bodyWith({ Privileged: true, Binds: ['/:/host'] });
    await expect(assertAllowed(body)).rejects.toMatchObject({
      code: 'CONTAINER_POLICY',
      message:
        'The container asks for more than it may have. A privileged container has the whole machine. (and 1 more)',
      errors: [
        { path: 'HostConfig.Privileged', message: 'A privileged container has the whole machine.' },
        { path: 'HostConfig.Binds.0', message: '/ cannot be mounted: it is a folder of the system.' },
      ],
    });
  });
});
