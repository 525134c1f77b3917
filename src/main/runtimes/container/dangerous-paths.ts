import { realpath, stat } from 'node:fs/promises';
import { posix } from 'node:path';

export interface ProtectedPaths {
  /** Sockets of engines; the usual ones are protected anyway. */
  engineSockets?: readonly string[];
  /** Folders whose content is as secret as they are: the home of CLOS. */
  trees?: readonly string[];
  /** Home directories besides the usual `/home/*`, `/Users/*` and `/root`. */
  homes?: readonly string[];
}

/** With all that is in them: the system's own folders, and the engines' storage. */
const trees = [
  ...['/etc', '/boot', '/dev', '/proc', '/sys', '/run', '/var/run', '/var/lock'],
  ...['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/efi', '/lost+found'],
  ...[
    '/var/lib/docker',
    '/var/lib/containerd',
    '/var/lib/containers',
    '/var/lib/kubelet',
    '/var/spool',
    '/var/lib/dpkg',
  ],
  ...['/private/etc', '/private/var/run', '/system', '/library', '/applications', '/cores', '/.fseventsd'],
];

/** Themselves, and so each folder above them; what lies deeper is judged by the other rules. */
const points = [
  '/',
  '/var',
  '/var/lib',
  '/var/log',
  '/var/mail',
  '/var/snap',
  '/home',
  '/users',
  '/root',
  '/opt',
  '/srv',
  '/mnt',
].concat(['/media', '/volumes', '/host_mnt', '/private', '/private/var', '/private/tmp', '/snap', '/nix']);

/** Below a home directory: keys, and files that run with the user's rights at the next login. */
const inHome = [
  ...[
    '.ssh',
    '.gnupg',
    '.docker',
    '.kube',
    '.aws',
    '.azure',
    '.netrc',
    '.git-credentials',
    '.gitconfig',
    '.password-store',
  ],
  ...[
    '.bashrc',
    '.bash_profile',
    '.bash_login',
    '.bash_logout',
    '.bash_aliases',
    '.profile',
    '.inputrc',
    '.pam_environment',
  ],
  ...[
    '.zshrc',
    '.zprofile',
    '.zshenv',
    '.zlogin',
    '.zlogout',
    '.xinitrc',
    '.xprofile',
    '.xsession',
    '.config',
    '.local',
    'library',
  ],
];

const windowsTrees = [
  'windows',
  'program files',
  'program files (x86)',
  'programdata',
  'system volume information',
  '$recycle.bin',
];

const socketName =
  /^(?:docker|podman|containerd|crio|cri-dockerd|dockershim|buildkitd|docker_engine\w*|docker-cli|docker\.raw)(?:\.sock)?$/i;

const defaultSockets = [
  '/var/run/docker.sock',
  '/run/docker.sock',
  '/run/podman/podman.sock',
  '/run/containerd/containerd.sock',
];

/**
 * Why a folder or file of the host may not be given to a container, or null when it may.
 *
 * Judged by what is written, by what symbolic links lead to, and by identity (device and inode), which also tells hard links and
 * second mounts. A path that leads above something protected counts as much as the thing itself.
 */
export async function whyDangerous(source: string, extra: ProtectedPaths = {}): Promise<string | null> {
  const written = normalise(source);
  if (typeof written === 'object') return written.reason;
  const real = await resolveLinks(written);
  for (const path of real === written ? [written] : [written, real]) {
    const reason = judge(path, extra);
    if (reason !== null) return path === written ? reason : `it leads to ${path}: ${reason}`;
  }
  return await judgeIdentity(real, extra);
}

/** One spelling of a path: no doubled or trailing slashes, no `.` and `..`, drives and backslashes as on POSIX. */
function normalise(source: string): string | { reason: string } {
  if (/\p{Cc}/u.test(source)) return { reason: 'it contains control characters' };
  const trimmed = source.trim();
  const slashed = trimmed.replaceAll('\\', '/');
  if (/^\/\/[.?](?:\/|$)/.test(slashed) || trimmed.startsWith('\\'))
    return { reason: 'it names a device or pipe of Windows' };
  const drive = /^([a-z]):(.*)$/i.exec(slashed);
  const rooted = drive === null ? slashed : `/${drive[1]?.toLowerCase()}:/${drive[2]}`;
  if (!rooted.startsWith('/')) return { reason: 'it is not an absolute path' };
  const path = posix.normalize(rooted).replace(/^\/+/, '/');
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

function judge(path: string, extra: ProtectedPaths): string | null {
  // Case is ignored: some file systems do, and on the others nothing of worth is lost.
  const lower = path.toLowerCase().replace(/[. ]+$/, '') || '/';
  // Docker Desktop and WSL show the host's files a second time below these.
  const mirror = /^(?:\/host_mnt|\/run\/desktop\/mnt\/host|\/mnt\/wsl\/docker-desktop(?:-data)?)(\/.*)$/.exec(
    lower,
  )?.[1];
  if (mirror !== undefined && mirror !== '/') {
    const reason = judge(mirror, extra);
    if (reason !== null) return reason;
  }
  if (points.includes(lower)) return 'it is a folder of the system';
  const windows = judgeWindows(lower);
  if (windows !== null) return windows;
  const sockets = [...defaultSockets, ...(extra.engineSockets ?? [])].map((each) => each.toLowerCase());
  if (socketName.test(posix.basename(lower)) || sockets.some((socket) => isAtOrAbove(lower, socket))) {
    return sockets.includes(lower) || socketName.test(posix.basename(lower))
      ? 'it is the control socket of a container engine, which is as good as root on this machine'
      : 'it holds the control socket of a container engine';
  }
  const ownTrees = (extra.trees ?? []).map((each) => each.toLowerCase());
  for (const tree of [...trees, ...ownTrees]) {
    if (lower === tree || lower.startsWith(`${tree}/`)) return `it belongs to ${tree}, which containers may not have`;
    if (isAtOrAbove(lower, tree)) return `it holds ${tree}, which containers may not have`;
  }
  return judgeHome(lower, extra);
}

function judgeHome(lower: string, extra: ProtectedPaths): string | null {
  const homes = ['/root', ...(extra.homes ?? []).map((each) => each.toLowerCase())];
  const usual = /^(\/(?:var\/)?(?:home|users)\/[^/]+)(?:\/|$)/.exec(lower)?.[1];
  if (usual !== undefined) homes.push(usual);
  for (const home of homes) {
    if (isAtOrAbove(lower, home)) return 'it is the whole of a home directory; give a folder inside';
    if (!lower.startsWith(`${home}/`)) continue;
    const first = lower.slice(home.length + 1).split('/')[0] ?? '';
    if (inHome.includes(first)) return `${first} in a home directory holds keys or start-up files`;
  }
  return null;
}

/** `C:\Windows`, `/c/Windows`, `/mnt/c/Windows`. */
function judgeWindows(lower: string): string | null {
  const match = /^\/(?:mnt\/)?([a-z])(:?)(?:\/(.*))?$/.exec(lower);
  if (match === null) return null;
  const [first = '', second, third] = (match[3] ?? '').split('/');
  if (first === '') return 'it is a whole drive';
  if (windowsTrees.includes(first)) return 'it is a folder of the system';
  if (first !== 'users' && first !== 'documents and settings') return null;
  if (second === undefined || second === '' || third === undefined || third === '') {
    return 'it is the whole of a home directory; give a folder inside';
  }
  return inHome.includes(third) || third === 'appdata'
    ? `${third} in a home directory holds keys or start-up files`
    : null;
}

function isAtOrAbove(path: string, target: string): boolean {
  return path === target || path === '/' || target.startsWith(`${path}/`);
}

/** Follows symbolic links as far as the path exists; the rest stays as written. */
async function resolveLinks(path: string): Promise<string> {
  let head = path;
  const tail: string[] = [];
  for (;;) {
    try {
      return posix.join(await realpath(head), ...tail.reverse());
    } catch {
      if (head === '/') return path;
      tail.push(posix.basename(head));
      head = posix.dirname(head);
    }
  }
}

/** Whether the path is one of the most dangerous things under another name. */
async function judgeIdentity(path: string, extra: ProtectedPaths): Promise<string | null> {
  const self = await identity(path);
  if (self === null) return null;
  const targets = ['/', '/etc', '/root', '/boot', '/dev', '/proc', '/sys', '/run', '/var', ...defaultSockets].concat(
    extra.engineSockets ?? [],
    extra.trees ?? [],
    extra.homes ?? [],
  );
  for (const target of targets) {
    if ((await identity(target)) === self) return `it is ${target} under another name`;
  }
  return null;
}

async function identity(path: string): Promise<string | null> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return ino === 0n ? null : `${dev}:${ino}`;
  } catch {
    return null;
  }
}
