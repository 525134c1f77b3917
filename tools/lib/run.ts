import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

export interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** Gather what the program prints instead of letting it through. */
  capture?: boolean;
  /** Ends the program, which then counts as failed. */
  timeoutMs?: number;
}

export interface RunResult {
  /** The exit code; 1 where a signal ended the program or it could not be started. */
  code: number;
  /** What it printed, both streams in the order of arrival; empty without `capture`. */
  output: string;
  milliseconds: number;
}

const manifest = z.object({ bin: z.union([z.string(), z.record(z.string(), z.string())]) });

/**
 * The command that runs a program of an installed package with our own Node: `[node, node_modules/knip/bin/knip.js]`.
 *
 * The links in node_modules/.bin are batch files on Windows, which cannot be started without a shell.
 */
export function packageProgram(packageName: string, program: string = packageName): string[] {
  const folder = join('node_modules', packageName);
  const { bin } = manifest.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
  const file = typeof bin === 'string' ? bin : bin[program];
  if (file === undefined) throw new Error(`The package ${packageName} has no program ${program}`);
  return [process.execPath, join(folder, file)];
}

/** Runs a program with an array of arguments, never through a shell, and waits for its end. Never rejects. */
export function run([program = '', ...args]: string[], options: RunOptions = {}): Promise<RunResult> {
  const started = performance.now();
  const output: Buffer[] = [];
  return new Promise((resolve) => {
    const end = (code: number): void =>
      resolve({ code, output: Buffer.concat(output).toString(), milliseconds: performance.now() - started });
    const child = spawn(program, args, {
      stdio: options.capture === true ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
    });
    child.stdout?.on('data', (data: Buffer) => output.push(data));
    child.stderr?.on('data', (data: Buffer) => output.push(data));
    child.once('error', (error) => {
      output.push(Buffer.from(`${program} could not be started: ${error.message}\n`));
      end(1);
    });
    child.once('close', (code) => end(code ?? 1));
  });
}

/** `0.4 s`, `2 m 5 s`. */
export function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  return seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} m ${Math.round(seconds % 60)} s`;
}
