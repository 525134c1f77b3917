import { execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What the real command line printed, and how it ended. */
export interface CliResult {
  code: number | null;
  out: string;
  err: string;
}

const entry = fileURLToPath(new URL('../../../src/cli/cli.ts', import.meta.url));

/** Runs the command line as a process of its own, without a terminal, and waits for its end; at most 30 s. */
export function runCli(
  env: NodeJS.ProcessEnv,
  args: readonly string[],
  { input = '', cwd }: { input?: string; cwd?: string } = {},
): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const options = { env, timeout: 30_000, ...(cwd === undefined ? {} : { cwd }) };
    const child = execFile(process.execPath, [entry, ...args], options, (error, out, err) => {
      if (error?.killed === true) reject(new Error(`clos ${args.join(' ')} did not end:\n${out}${err}`));
      else resolve({ code: child.exitCode, out, err });
    });
    child.stdin?.end(input);
  });
}

/** A command that stays. `until` resolves with the first line that fits. */
export interface FollowedCli {
  until(pattern: RegExp): Promise<string>;
  signal(signal: NodeJS.Signals): void;
  /** Resolves when it has ended by itself. */
  ended: Promise<CliResult>;
  /** Has it end, and resolves with its exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export function followCli(
  env: NodeJS.ProcessEnv,
  args: readonly string[],
  options: { cwd?: string } = {},
): FollowedCli {
  const child = spawn(process.execPath, [entry, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'], ...options });
  const texts = { out: '', err: '' };
  const listeners = new Set<() => void>();
  for (const [name, stream] of [['out', child.stdout] as const, ['err', child.stderr] as const]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      texts[name] += part;
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<CliResult>((resolve) => child.once('close', (code) => resolve({ code, ...texts })));
  return {
    ended,
    until(pattern) {
      return new Promise((resolve, reject) => {
        const look = () => {
          const line = `${texts.out}\n${texts.err}`.split('\n').find((each) => pattern.test(each));
          if (line === undefined) return;
          listeners.delete(look);
          resolve(line);
        };
        listeners.add(look);
        void ended.then(({ code, out, err }) =>
          reject(new Error(`clos ${args.join(' ')} ended (${code}) before ${pattern}:\n${out}${err}`)),
        );
        look();
      });
    },
    signal: (signal) => void child.kill(signal),
    async end(signal) {
      child.kill(signal);
      return (await ended).code;
    },
  };
}
