import type { InputIssue } from '#shared/contract/clos-error.ts';
import { type ProtectedPaths, whyDangerous } from './dangerous-paths.ts';
import {
  checkFields,
  harmless,
  isEmpty,
  isRecord,
  keysOf,
  listOf,
  mustBeEmpty,
  oneOf,
  type Rules,
  type Say,
  shown,
} from './policy-checks.ts';

/** A name, not a path: of a volume or of a network. */
export const plainName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

const safeBindOptions = new Set([
  '',
  'ro',
  'rw',
  'z',
  'nocopy',
  'copy',
  'consistent',
  'cached',
  'delegated',
  'private',
  'rprivate',
]);

const volumeOptions = 'A volume with driver options can be any folder of the host; use a plain volume or a bind mount.';
const volumeDriver = 'Only volumes of the local driver may be used.';

const mountRules: Rules = {
  Type: oneOf(['bind', 'volume', 'tmpfs'], 'Only bind, volume and tmpfs mounts may be used.'),
  Source: harmless, // judged by the type
  Target: harmless,
  ReadOnly: harmless,
  Consistency: harmless,
  BindOptions: checkFields({
    Propagation: oneOf(['private', 'rprivate'], 'Mounts made inside a container are not to reach the host.'),
    NonRecursive: harmless,
    CreateMountpoint: harmless,
    ReadOnlyNonRecursive: harmless,
    ReadOnlyForceRecursive: harmless,
  }),
  VolumeOptions: checkFields({
    NoCopy: harmless,
    Labels: harmless,
    Subpath: harmless,
    DriverConfig: checkFields({ Name: oneOf(['local'], volumeDriver), Options: mustBeEmpty(volumeOptions) }),
  }),
  TmpfsOptions: checkFields({ SizeBytes: harmless, Mode: harmless, Options: harmless }),
};

/** The checks of what a container mounts; they read the file system, to follow links. */
export interface MountPolicy {
  /** `source:target[:options]`. */
  checkBind(bind: unknown, path: string): Promise<void>;
  checkMount(mount: unknown, path: string): Promise<void>;
}

export function createMountPolicy(protectedPaths: ProtectedPaths, say: Say): MountPolicy {
  async function checkSource(source: string, path: string): Promise<void> {
    const reason = await whyDangerous(source, protectedPaths);
    if (reason !== null) say(path, `${shown(source)} cannot be mounted: ${reason}.`);
  }

  return {
    async checkBind(bind, path) {
      const parts = typeof bind === 'string' ? splitBind(bind) : [];
      const [source = '', target, options = ''] = parts;
      if (target === undefined || parts.length > 3)
        return say(path, 'A bind is written as source:target or source:target:options.');
      for (const option of options.split(',')) {
        if (!safeBindOptions.has(option.trim().toLowerCase()))
          say(path, `The option ${shown(option)} is not for services.`);
      }
      if (!plainName.test(source)) await checkSource(source, path);
    },

    async checkMount(mount, path) {
      if (!isRecord(mount)) return say(path, 'A mount has a type, a source and a target.');
      checkFields(mountRules)(mount, path, say);
      const { Type: type, Source: source } = mount;
      if (isEmpty(type)) say(`${path}.Type`, 'A mount needs a type.');
      if (type === 'tmpfs') {
        if (!isEmpty(source)) say(`${path}.Source`, 'A tmpfs has no source.');
      } else if (type === 'volume' && (isEmpty(source) || (typeof source === 'string' && plainName.test(source)))) {
        return;
      } else if (typeof source === 'string') await checkSource(source, `${path}.Source`);
      else say(`${path}.Source`, 'A mount needs a source.');
    },
  };
}

/** The volumes that a body mounts by name, and where it says so. */
export function namedVolumes(body: object): { name: string; path: string }[] {
  const host = 'HostConfig' in body && isRecord(body.HostConfig) ? body.HostConfig : {};
  const binds = listOf(host.Binds, 'HostConfig.Binds').map(([bind, path]) => ({
    name: typeof bind === 'string' ? splitBind(bind)[0] : undefined,
    path,
  }));
  const mounts = listOf(host.Mounts, 'HostConfig.Mounts').map(([mount, path]) => ({
    name: isRecord(mount) && mount.Type === 'volume' && typeof mount.Source === 'string' ? mount.Source : undefined,
    path: `${path}.Source`,
  }));
  return [...binds, ...mounts].flatMap(({ name, path }) =>
    name !== undefined && plainName.test(name) ? [{ name, path }] : [],
  );
}

/** A drive's colon belongs to the path. */
export function splitBind(bind: string): string[] {
  return bind.split(/(?<!(?:^|:)[a-z](?=:[\\/])):/i);
}

/**
 * Judges a volume that exists already, as the engine describes it: the local driver mounts whatever its options name, so a volume
 * can be a folder of the host in disguise.
 */
export function findVolumeIssue(volume: unknown, path: string): InputIssue | null {
  if (!isRecord(volume)) return null;
  const { Driver: driver, Options: options } = volume;
  if (!isEmpty(driver) && driver !== 'local') return { path, message: volumeDriver };
  return keysOf(options).length === 0 ? null : { path, message: volumeOptions };
}
