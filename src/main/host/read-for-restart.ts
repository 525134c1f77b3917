import { accessSync, constants, statSync } from 'node:fs';
import { basename, delimiter, isAbsolute, resolve } from 'node:path';
import { ClosError } from '#shared/contract/clos-error.ts';
import type { Host } from './platform.ts';
import type { ProcessIdentity, ProcessInfo } from './types.ts';

/** All that it takes to start a process again as it was. The environment may hold secrets: never write it into a log or a file. */
export interface RestartRecipe {
  argv: string[];
  cwd: string;
  env: Record<string, string>;
}

/** Variables of the shell, the terminal, the script runner or the parent that a process was started from, not of the program. */
const noise: readonly RegExp[] = [
  /^(_|SHLVL|PWD|OLDPWD|INIT_CWD|LINES|COLUMNS)$/,
  /^(TERM|TERMCAP|TERM_.*|COLORTERM|VTE_VERSION|WINDOWID|GPG_TTY|TMUX|TMUX_.*|STY|WINDOW|SHELL_SESSION_.*)$/,
  /^(SSH_TTY|SSH_CLIENT|SSH_CONNECTION|KONSOLE_.*|ITERM_.*|VSCODE_.*|ZELLIJ.*|KITTY_.*|ALACRITTY_.*|WEZTERM_.*)$/,
  /^(npm_lifecycle_.*|npm_package_.*|npm_command|npm_execpath|npm_node_execpath)$/i,
  /^(PNPM_SCRIPT_SRC_DIR|PNPM_PACKAGE_NAME|BERRY_BIN_FOLDER|PROJECT_CWD)$/,
  // Numbers of open files and marks of a parent that will not be there.
  /^(NODE_CHANNEL_FD|NODE_CHANNEL_SERIALIZATION_MODE|NODE_UNIQUE_ID|WERKZEUG_RUN_MAIN|WERKZEUG_SERVER_FD|RUN_MAIN)$/,
  /^(LISTEN_FDS|LISTEN_PID|LISTEN_FDNAMES|NOTIFY_SOCKET|INVOCATION_ID|JOURNAL_STREAM|MAINPID|SYSTEMD_EXEC_PID)$/,
];

/** As much as a host reads of the arguments, or a little less: what is as long may have lost its end. */
const readArgvBytes = 64 * 1024 - 2;

/** Runners that show a title in place of their arguments; the title is what was typed. */
const titledRunners = /^(npm|npx|pnpm|yarn)$/;

/** npm gives its settings to the scripts it runs; outside of one they are the user's own. */
const runnerSettings = /^npm_config_/i;

/** The environment without what belongs to the shell, terminal or runner that the process was started from. */
export function withoutNoise(env: Readonly<Record<string, string>>): Record<string, string> {
  const inScript = 'npm_command' in env || 'npm_lifecycle_event' in env;
  const isNoise = (name: string) =>
    noise.some((pattern) => pattern.test(name)) || (inScript && runnerSettings.test(name));
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isNoise(name)));
}

/**
 * Reads from a running process what it takes to start it again. Read it before the process is ended: nothing is left afterwards.
 *
 * Rejects with PROCESS_GONE, and with PROCESS_UNREADABLE for what could not come back as it was: processes of another user (they
 * would run as ours), in a container, with hidden or overwritten arguments, or in a folder that has been deleted.
 */
export async function readForRestart(host: Host, identity: ProcessIdentity): Promise<RestartRecipe> {
  const [info, env] = [await host.describeProcess(identity.pid), await host.readEnvironment(identity)];
  if (info === null || !(await host.isAlive(identity))) {
    throw new ClosError('PROCESS_GONE', `Process ${identity.pid} has ended.`);
  }
  if (process.getuid !== undefined && info.uid !== process.getuid()) {
    throw unreadable(info, `It runs as ${info.user}; CLOS would start it again as another user.`);
  }
  if (info.containerId !== null) throw unreadable(info, 'It runs in a container.');
  const { cwd } = info;
  if (cwd === null) throw unreadable(info, 'Its folder is hidden.');
  if (env === null) throw unreadable(info, 'Its environment is hidden.');
  if (!isFolder(cwd)) throw unreadable(info, 'Its folder has been deleted.');
  const clean = withoutNoise(env);
  return { argv: runnable(info, cwd, clean), cwd, env: clean };
}

/** The arguments in a form that starts the same program: the first may be a name that only its parent could find. */
function runnable(info: ProcessInfo, cwd: string, env: Readonly<Record<string, string>>): string[] {
  const argv = argumentsOf(info);
  const [first = '', ...rest] = argv;
  if (isFound(first, cwd, env)) return argv;
  if (info.executable === null || basename(info.executable).endsWith(' (deleted)')) {
    throw unreadable(info, `Its program ${first} cannot be found any more.`);
  }
  return [info.executable, ...rest];
}

function argumentsOf(info: ProcessInfo): string[] {
  const [first] = info.argv;
  if (first === undefined) throw unreadable(info, 'Its arguments are hidden.');
  if (Buffer.byteLength(info.argv.join(' ')) >= readArgvBytes) throw unreadable(info, 'Its arguments are too long.');
  if (info.argv.length > 1 || !/\s/.test(first) || first === info.executable) return info.argv;
  const words = first.trim().split(/\s+/);
  // A title has lost which words were quoted: with a quote or a masked word in it, it is not what was typed.
  if (titledRunners.test(words[0] ?? '') && !/["'*]/.test(first)) return words;
  throw unreadable(info, 'It shows a title in place of its arguments.');
}

function isFound(program: string, cwd: string, env: Readonly<Record<string, string>>): boolean {
  if (program.includes('/') || isAbsolute(program)) return isProgram(resolve(cwd, program));
  return (env.PATH ?? '').split(delimiter).some((folder) => folder !== '' && isProgram(resolve(cwd, folder, program)));
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function unreadable({ name, pid }: ProcessInfo, reason: string): ClosError {
  return new ClosError('PROCESS_UNREADABLE', `${name} (process ${pid}) cannot be started again as it was. ${reason}`);
}
