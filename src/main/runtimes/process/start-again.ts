import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ClosError } from '#shared/contract/clos-error.ts';

/** A process as it was before it was ended. */
export interface FormerProcess {
  command: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
}

/**
 * Starts a process that somebody else had started again, in a session of its own: it is theirs, and nothing of it is kept. Its
 * terminal is gone, so it reads nothing and what it writes is lost. Rejects with PROCESS_FAILED when it cannot be started.
 */
export async function startAgain({ command, cwd, env }: FormerProcess): Promise<void> {
  const [program = '', ...rest] = command;
  const child = spawn(program, rest, { cwd, env, detached: true, stdio: 'ignore' });
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw new ClosError('PROCESS_FAILED', `${program} could not be started again in ${cwd}.`, { cause: error });
  }
  child.unref();
}
