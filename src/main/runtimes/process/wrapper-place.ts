import { accessSync, constants } from 'node:fs';
import { delimiter, join, sep } from 'node:path';
import { ClosError } from '#shared/contract/clos-error.ts';
import { findOwnFile } from '../../own-file.ts';

/** The process that we are, as far as the choice of a Node depends on it. */
export interface NodeSurroundings {
  execPath: string;
  isElectron: boolean;
  env: Readonly<NodeJS.ProcessEnv>;
}

const here: NodeSurroundings = {
  execPath: process.execPath,
  isElectron: process.versions.electron !== undefined,
  env: process.env,
};

/**
 * The Node that wrappers run on: our own, or under Electron (whose program refuses to be a plain Node when packaged) the one that
 * `CLOS_NODE` names, else the first on PATH. Throws PROCESS_FAILED with what to do when there is none.
 */
export function findWrapperNode({ execPath, isElectron, env }: NodeSurroundings = here): string {
  if (!isElectron) return execPath;
  if (env.CLOS_NODE !== undefined && env.CLOS_NODE !== '') {
    if (isProgram(env.CLOS_NODE)) return env.CLOS_NODE;
    throw new ClosError('PROCESS_FAILED', `CLOS_NODE names ${env.CLOS_NODE}, which is no program that can be run.`);
  }
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const found = folders.map((folder) => join(folder, name)).find(isProgram);
  if (found !== undefined) return found;
  throw new ClosError(
    'PROCESS_FAILED',
    'The desktop app runs processes with Node, and there is none on the PATH. Install Node 22.12 or newer, or set CLOS_NODE to its path.',
  );
}

/** The wrapper's file. A packaged app has it outside of its archive too, because another program cannot look inside. */
export function findWrapper(from?: string): string {
  return findOwnFile('runtimes/process/wrapper.entry.ts', from).replace(`app.asar${sep}`, `app.asar.unpacked${sep}`);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
