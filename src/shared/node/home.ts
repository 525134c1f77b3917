import { createHash } from 'node:crypto';
import { homedir, platform, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { ModuleName } from '../contract/access.ts';

/** Where one CLOS keeps everything. A test or a second profile is one variable: `CLOS_HOME`. */
export interface Home {
  root: string;
  coreDb: string;
  metricsDb: string;
  configFile: string;
  credentialsFile: string;
  identityFile: string;
  lockFile: string;
  logsDir: string;
  backupsDir: string;
  runDir: string;
  discoveryFile: string;
  /** The 0700 folder of the modules' Unix sockets. */
  socketsDir: string;
  /** A module's socket, or its named pipe on Windows. */
  socketOf(module: ModuleName): string;
}

function defaultRoot(env: NodeJS.ProcessEnv): string {
  if (platform() === 'darwin') return join(homedir(), 'Library', 'Application Support', 'clos');
  if (platform() === 'win32') return join(env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'clos');
  return join(env.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'clos');
}

/** The longest name that every platform takes for a Unix socket, with room for the module's file name. */
const longestSocketDir = 80;

/** The home that the environment names. Nothing is created here. */
export function findHome(env: NodeJS.ProcessEnv = process.env): Home {
  const root = env.CLOS_HOME ?? defaultRoot(env);
  const runDir = join(root, 'run');
  const digest = createHash('sha256').update(root).digest('hex').slice(0, 16);
  const ownDir = join(runDir, 'sockets');
  // A Unix socket's path holds at most 104 bytes on macOS, 108 on Linux: a deep home gets a short folder elsewhere.
  const socketsDir =
    Buffer.byteLength(ownDir) <= longestSocketDir
      ? ownDir
      : join(env.XDG_RUNTIME_DIR ?? tmpdir(), `clos-${userInfo().uid}-${digest}`);
  return {
    root,
    coreDb: join(root, 'core.db'),
    metricsDb: join(root, 'metrics.db'),
    configFile: join(root, 'config.json'),
    credentialsFile: join(root, 'credentials.json'),
    identityFile: join(root, 'identity.key'),
    lockFile: join(runDir, 'supervisor.lock'),
    logsDir: join(root, 'logs'),
    backupsDir: join(root, 'backups'),
    runDir,
    discoveryFile: join(runDir, 'endpoints.json'),
    socketsDir,
    socketOf: (module) =>
      platform() === 'win32' ? `\\\\.\\pipe\\clos-${digest}-${module}` : join(socketsDir, `${module}.sock`),
  };
}
