import { delimiter, dirname, join } from 'node:path';

/** Where the person is, and which programs they have. */
export interface Caller {
  cwd: string;
  env: NodeJS.ProcessEnv;
}

/**
 * The folder and the environment as the person has them.
 *
 * `npm run clos` changes into the folder of CLOS and puts the programs of CLOS first on the PATH, its own Node among them. What is
 * run for the person shall see neither. `root` is the folder of CLOS.
 */
export function findCaller({ cwd, env }: Caller, root: string): Caller {
  const isOurScript = env.npm_lifecycle_event === 'clos' && env.npm_package_json === join(root, 'package.json');
  if (!isOurScript) return { cwd, env };
  const { PATH = '' } = env;
  const added = new Set(ancestors(root).map((folder) => join(folder, 'node_modules', '.bin')));
  const own = PATH.split(delimiter).filter((folder) => !added.has(folder) && !folder.endsWith('node-gyp-bin'));
  return { cwd: env.INIT_CWD ?? cwd, env: { ...env, PATH: own.join(delimiter) } };
}

function ancestors(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...ancestors(parent)];
}
