import { execFile } from 'node:child_process';

export interface ProgramCall {
  /** A full path: never what happens to be found first on the PATH. */
  program: string;
  args: readonly string[];
  /** Over our own environment. */
  env?: Readonly<Record<string, string>>;
  /** Ten seconds unless said otherwise. */
  timeoutMs?: number;
}

/** What a program printed, whatever its exit code; null when it could not be started, took too long, or said too much. */
export type RunProgram = (call: ProgramCall) => Promise<string | null>;

const usualTimeoutMs = 10_000;
const maxBytes = 16 * 1024 * 1024;

/**
 * Runs a tool of the system, without a shell, for a limited time and at most 16 MiB of output. Never rejects. The exit code does not
 * count: `lsof` and `ps` fail when one of several things they were asked about is not there.
 */
export const runProgram: RunProgram = ({ program, args, env = {}, timeoutMs = usualTimeoutMs }) =>
  new Promise((resolve) => {
    const options = {
      env: { ...process.env, ...env },
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: maxBytes,
      windowsHide: true,
    } as const;
    const child = execFile(program, [...args], options, (error, stdout) => {
      // A code that is a text is no exit code: the program is missing, or printed too much.
      const failed =
        error !== null && (error.killed === true || error.signal != null || typeof error.code === 'string');
      resolve(failed ? null : stdout);
    });
    child.stdin?.on('error', () => undefined).end();
  });
