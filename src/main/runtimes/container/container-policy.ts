import { ClosError, type InputIssue } from '#shared/contract/clos-error.ts';
import type { ProtectedPaths } from './dangerous-paths.ts';
import { createMountPolicy, plainName } from './mount-policy.ts';
import {
  type Check,
  checkFields,
  harmless,
  isEmpty,
  isRecord,
  keysOf,
  listOf,
  mustBeAbsent,
  mustBeEmpty,
  mustNotBeTrue,
  oneOf,
  type Rules,
  shown,
} from './policy-checks.ts';

export interface PolicyOptions extends ProtectedPaths {
  /** A container that CLOS did not make may be restarted by the engine, as it was. */
  engineRestarts?: boolean;
}

/** What every container has anyway, without those that reach devices and raw network packets. */
const safeCapabilities = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'NET_BIND_SERVICE',
  'SETGID',
  'SETUID',
  'SYS_CHROOT',
]);
const safeSecurity = new Set([
  'no-new-privileges',
  'no-new-privileges:true',
  'no-new-privileges=true',
  'seccomp=builtin',
  'apparmor=docker-default',
]);

const networkName: Check = (value, path, say) => {
  if (isEmpty(value)) return;
  const name = typeof value === 'string' ? value.trim().toLowerCase() : '';
  if (name === 'host') say(path, 'The network of the host is not for containers; publish the ports that are needed.');
  else if (name.startsWith('container:') || name.startsWith('ns:'))
    say(path, 'The network of another container or process is not to be joined.');
  else if (!plainName.test(name) || /^[0-9a-f]{12,}$/.test(name)) say(path, 'A network is named by its name.');
};

const capabilities: Check = (value, path, say) => {
  for (const [item, at] of listOf(value, path)) {
    const name = typeof item === 'string' ? item.trim().toUpperCase().replace(/^CAP_/, '') : '';
    if (!safeCapabilities.has(name)) say(at, `The capability ${shown(item)} gives more than a service needs.`);
  }
};

const security: Check = (value, path, say) => {
  for (const [item, at] of listOf(value, path)) {
    if (typeof item !== 'string' || !safeSecurity.has(item.trim().toLowerCase())) {
      say(at, `The security option ${shown(item)} would loosen the engine's protection.`);
    }
  }
};

const sysctls: Check = (value, path, say) => {
  for (const key of keysOf(value)) {
    if (!key.startsWith('net.')) say(`${path}.${key}`, 'Only the network settings of a container may be changed.');
  }
};

const logConfig: Check = checkFields({
  Type: oneOf(
    ['json-file', 'local', 'journald', 'none'],
    'Only the log drivers json-file, local, journald and none may be used.',
  ),
  Config: harmless,
});

const restartPolicy: Check = checkFields({
  Name: oneOf(['no'], 'CLOS restarts services itself, so the restart policy of the engine stays "no".'),
  MaximumRetryCount: harmless,
});

const endpointRules: Rules = {
  Aliases: harmless,
  IPAMConfig: harmless,
  MacAddress: harmless,
  /** More names for containers of the same network. */
  Links: harmless,
  GwPriority: harmless,
};

const endpoints: Check = (value, path, say) => {
  for (const [name, config] of Object.entries(isRecord(value) ? value : {})) {
    networkName(name, `${path}.${name}`, say);
    checkFields(endpointRules)(config, `${path}.${name}`, say);
  }
};

const anonymousVolumes: Check = (value, path, say) => {
  for (const key of keysOf(value)) {
    if (!key.startsWith('/') || key.includes(':'))
      say(`${path}.${key}`, 'An anonymous volume is named by its folder in the container.');
  }
};

/** Every field that may be sent, spelled as the engine spells it: the engine also takes other cases, and fields unknown here. */
const hostRules: Rules = {
  Binds: harmless, // judged below, since that reads the file system
  Mounts: harmless,
  NetworkMode: networkName,
  PortBindings: harmless,
  RestartPolicy: restartPolicy,
  AutoRemove: harmless,
  Privileged: mustNotBeTrue('A privileged container has the whole machine.'),
  CapAdd: capabilities,
  CapDrop: harmless,
  Devices: mustBeEmpty('Devices of the host are not for containers.'),
  DeviceRequests: mustBeEmpty('Devices of the host are not for containers.'),
  DeviceCgroupRules: mustBeEmpty('Devices of the host are not for containers.'),
  SecurityOpt: security,
  PidMode: oneOf(['private'], 'The processes of the host or of another container are not to be seen.'),
  IpcMode: oneOf(
    ['private', 'none', 'shareable'],
    'The shared memory of the host or of another container is not to be joined.',
  ),
  UTSMode: oneOf(['private'], 'The host name of the machine is not to be shared.'),
  UsernsMode: oneOf(['private', 'auto'], 'The user ids of the host are not to be shared.'),
  CgroupnsMode: oneOf(['private'], 'The control groups of the host are not to be seen.'),
  Cgroup: mustBeEmpty('The control group of another container is not to be joined.'),
  CgroupParent: mustBeEmpty('A container stays in the control group that the engine gives it.'),
  VolumesFrom: mustBeEmpty('The volumes of another container may hold anything; name the volumes.'),
  VolumeDriver: oneOf(['local'], 'Only volumes of the local driver may be used.'),
  Sysctls: sysctls,
  Runtime: oneOf(['runc', 'crun'], 'Only the usual runtime may be used.'),
  MaskedPaths: mustBeAbsent('What the engine hides of /proc stays hidden.'),
  ReadonlyPaths: mustBeAbsent('What the engine protects in /proc stays protected.'),
  OomKillDisable: mustNotBeTrue('A container without memory must be able to end.'),
  OomScoreAdj: (value, path, say) => {
    if (typeof value === 'number' ? value < 0 : !isEmpty(value))
      say(path, 'A container is not to outlive the system when memory ends.');
  },
  PublishAllPorts: mustNotBeTrue('Ports are published one by one.'),
  ContainerIDFile: mustBeEmpty('The engine writes no files on the host.'),
  LogConfig: logConfig,
  ...Object.fromEntries(
    [
      'Init',
      'NanoCpus',
      'CpuShares',
      'CpuPeriod',
      'CpuQuota',
      'CpusetCpus',
      'CpusetMems',
      'Memory',
      'MemorySwap',
      'MemorySwappiness',
    ]
      .concat([
        'MemoryReservation',
        'KernelMemory',
        'PidsLimit',
        'BlkioWeight',
        'ReadonlyRootfs',
        'ShmSize',
        'Tmpfs',
        'Ulimits',
      ])
      .concat(['Dns', 'DnsOptions', 'DnsSearch', 'ExtraHosts', 'GroupAdd', 'ConsoleSize', 'StorageOpt'])
      .concat(['KernelMemoryTCP', 'BlkioWeightDevice', 'BlkioDeviceReadBps', 'BlkioDeviceWriteBps'])
      .concat(['BlkioDeviceReadIOps', 'BlkioDeviceWriteIOps'])
      .map((field) => [field, harmless]),
  ),
};

const bodyRules: Rules = {
  HostConfig: checkFields(hostRules),
  NetworkingConfig: checkFields({ EndpointsConfig: endpoints }),
  Volumes: anonymousVolumes,
  ...Object.fromEntries(
    [
      'name',
      'platform',
      'Hostname',
      'Domainname',
      'User',
      'AttachStdin',
      'AttachStdout',
      'AttachStderr',
      'Tty',
      'OpenStdin',
    ]
      .concat([
        'StdinOnce',
        'ArgsEscaped',
        'Env',
        'Cmd',
        'Entrypoint',
        'Image',
        'Labels',
        'WorkingDir',
        'NetworkDisabled',
      ])
      .concat(['MacAddress', 'ExposedPorts', 'StopSignal', 'StopTimeout', 'Healthcheck', 'Shell'])
      .map((field) => [field, harmless]),
  ),
};

const rulesWithRestarts: Rules = {
  ...bodyRules,
  HostConfig: checkFields({
    ...hostRules,
    RestartPolicy: checkFields({
      Name: oneOf(['no', 'always', 'unless-stopped', 'on-failure'], 'The engine knows no such restart policy.'),
      MaximumRetryCount: harmless,
    }),
  }),
};

/**
 * What a create body asks for that a container may not have; nothing when it is fine.
 *
 * Judges the body that goes to the engine, whichever way it came about. Fields are allowed by name: what is not known to be
 * harmless is refused, and so is another spelling of a known field, which the engine would accept.
 */
export async function findPolicyIssues(body: object, options: PolicyOptions = {}): Promise<InputIssue[]> {
  const issues: InputIssue[] = [];
  const say = (path: string, message: string) => {
    issues.push({ path, message });
  };
  checkFields(options.engineRestarts === true ? rulesWithRestarts : bodyRules)(body, '', say);
  const host = 'HostConfig' in body ? body.HostConfig : undefined;
  if (!isRecord(host)) return issues;
  const mounts = createMountPolicy(options, say);
  for (const [bind, path] of listOf(host.Binds, 'HostConfig.Binds')) await mounts.checkBind(bind, path);
  for (const [mount, path] of listOf(host.Mounts, 'HostConfig.Mounts')) await mounts.checkMount(mount, path);
  return issues;
}

/** Throws CONTAINER_POLICY with every issue in `errors`. */
export async function assertAllowed(body: object, options: PolicyOptions = {}): Promise<void> {
  const errors = await findPolicyIssues(body, options);
  if (errors.length > 0) throw policyError(errors);
}

export function policyError(errors: InputIssue[]): ClosError {
  const rest = errors.length === 1 ? '' : ` (and ${errors.length - 1} more)`;
  return new ClosError(
    'CONTAINER_POLICY',
    `The container asks for more than it may have. ${errors[0]?.message}${rest}`,
    { errors },
  );
}
