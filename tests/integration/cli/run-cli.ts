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
export function runCli(env: NodeJS.ProcessEnv, args: readonly string[], input = ''): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, [entry, ...args], { env, timeout: 30_000 }, (error, out, err) => {
      if (error?.killed === true) reject(new Error(`clos ${args.join(' ')} did not end:\n${out}${err}`));
      else resolve({ code: child.exitCode, out, err });
    });
    child.stdin?.end(input);
  });
}

/** A command that stays. Hands over each line; `until` resolves with the first that fits. */
export function followCli(env: NodeJS.ProcessEnv, args: readonly string[]) {
  const child = spawn(process.execPath, [entry, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  return {
    until(pattern: RegExp): Promise<string> {
      return new Promise((resolve, reject) => {
        const look = () => {
          const line = text.split('\n').find((each) => pattern.test(each));
          if (line === undefined) return;
          listeners.delete(look);
          resolve(line);
        };
        listeners.add(look);
        void ended.then((code) =>
          reject(new Error(`clos ${args.join(' ')} ended (${code}) before ${pattern}:\n${text}`)),
        );
        look();
      });
    },
    end(signal: NodeJS.Signals): Promise<number | null> {
      child.kill(signal);
      return ended;
    },
  };
}
