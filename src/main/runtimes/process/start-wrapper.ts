import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { ClosError } from '#shared/contract/clos-error.ts';
import type { Host } from '../../host/platform.ts';
import { writeRecord } from './records.ts';
import type { ProcessSpec } from './types.ts';
import type { WrapperAnswer, WrapperOrder } from './wrapper-order.ts';

export interface WrapperStart {
  host: Host;
  node: string;
  /** The wrapper's file. */
  wrapper: string;
  spec: ProcessSpec;
  order: Omit<WrapperOrder, 'wrapper'>;
}

/** A machine under heavy load needs seconds to start a Node. */
const answerWithinMs = 20_000;
const maxAnswerBytes = 64 * 1024;

/** Refuses, before anything is started, what the system would refuse in words that help nobody. */
export async function checkSpec({ command, cwd, env }: ProcessSpec): Promise<void> {
  if (command[0] === undefined || command[0] === '') throw failed('There is no command to run.');
  if (!isAbsolute(cwd)) throw failed(`The folder ${cwd} is not an absolute path.`);
  if (command.some((word) => word.includes('\0'))) throw failed('The command contains a zero byte.');
  const wrong = Object.entries(env).find(([name, value]) => /[=\0]/.test(name) || name === '' || value.includes('\0'));
  // The value may be a secret.
  if (wrong !== undefined)
    throw failed(`The variable ${JSON.stringify(wrong[0])} cannot be set: it has a zero byte or no name.`);
  const folder = await stat(cwd).catch(() => null);
  if (folder === null) throw failed(`The folder ${cwd} does not exist.`);
  if (!folder.isDirectory()) throw failed(`${cwd} is not a folder.`);
}

/**
 * Starts a wrapper, tells it what to run, and resolves when the program was started and the run is on disk.
 *
 * The wrapper is detached and not waited for: nothing of it keeps us, and nothing of us keeps it.
 */
export async function startWrapper({ host, node, wrapper, spec, order }: WrapperStart): Promise<void> {
  const child = spawn(node, ['--no-warnings', wrapper, spec.serviceId], {
    cwd: order.files.folder,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: wrapperEnvironment(),
    windowsHide: true,
  });
  child.stdin.on('error', () => undefined);
  const said = gather(child.stderr);
  // Its end closes its output, which is the answer of one that does not answer.
  const patience = setTimeout(() => child.kill('SIGKILL'), answerWithinMs);
  try {
    const answer = await askWrapper(child, async (pid) => {
      const info = await host.describeProcess(pid);
      // It has ended at once, or the platform cannot see processes.
      if (info === null && host.limitation !== null) throw failed(host.limitation);
      if (info === null) return void child.stdin.end();
      const identity = { pid, startTicks: info.startTicks, bootId: info.bootId };
      await writeRecord(order.files.starting, { runId: order.runId, wrapper: identity });
      child.stdin.end(JSON.stringify({ ...order, wrapper: identity } satisfies WrapperOrder));
    });
    if (answer === null) {
      throw failed(`The part of CLOS that watches over it did not start. ${said().trim().slice(0, 500)}`.trim());
    }
    if (!answer.started) throw await explain(answer, spec);
  } finally {
    clearTimeout(patience);
    child.stdin.destroy();
    child.stdout.destroy();
    child.stderr.destroy();
    child.unref();
  }
}

/** What Node itself needs; the environment of the process comes with the order. */
function wrapperEnvironment(): NodeJS.ProcessEnv {
  const names = ['PATH', 'SystemRoot', 'NODE_COMPILE_CACHE'];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

/** Null when it ended, or could not be started, without an answer. */
async function askWrapper(
  child: ChildProcess & { stdout: Readable },
  order: (pid: number) => Promise<void>,
): Promise<WrapperAnswer | null> {
  const failure = once(child, 'error').then(([error]: unknown[]) => {
    throw failed(`Node could not be started at ${child.spawnfile}.`, error);
  });
  if (child.pid === undefined) return await failure;
  failure.catch(() => undefined);
  await order(child.pid);
  let text = '';
  for await (const chunk of child.stdout) {
    text += String(chunk);
    if (text.includes('\n') || text.length > maxAnswerBytes) break;
  }
  return text.endsWith('\n') ? JSON.parse(text) : null;
}

function gather(stream: Readable): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    if (text.length < maxAnswerBytes) text += chunk;
  });
  stream.on('error', () => undefined);
  return () => text;
}

/** The system's refusal as a sentence that says what to mend. */
async function explain(answer: WrapperAnswer & { started: false }, { command, cwd }: ProcessSpec): Promise<ClosError> {
  const [program = ''] = command;
  const path = /[/\\]/.test(program) ? resolve(cwd, program) : null;
  switch (answer.code) {
    case 'ENOENT':
      if (path === null) {
        return failed(`The command ${program} was not found on the PATH of the service. Is it installed?`);
      }
      // The system says the same of a script whose first line names a program that is not there.
      return (await access(path).then(
        () => true,
        () => false,
      ))
        ? failed(`The program that the first line of ${path} names was not found.`)
        : failed(`The command ${program} was not found: ${path} does not exist.`);
    case 'EACCES':
      return failed(
        `The command ${program} may not be run: it is not marked as executable, or its folder is closed to you.`,
      );
    case 'E2BIG':
      return failed('The arguments and the environment are longer than the system allows.');
    default:
      return failed(`The command ${program} could not be started: ${answer.message}`);
  }
}

export function failed(detail: string, cause?: unknown): ClosError {
  return new ClosError('PROCESS_FAILED', detail, { cause });
}
