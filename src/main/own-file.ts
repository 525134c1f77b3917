import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of our package.json, upwards from a module's URL: the same from sources, from `out/` and from a packaged app. */
export function findPackageRoot(from: string): string {
  for (let folder = dirname(fileURLToPath(from)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) throw new Error(`No package.json above ${from}`);
  }
}

/**
 * The file of ours that a process or thread is started from, by its path below `src/main`. From sources it is that one, in a build the
 * one at the same path below `out/main`, in whatever file the code that asks has ended up.
 */
export function findOwnFile(path: string, from: string = import.meta.url): string {
  const root = findPackageRoot(from);
  if (from.endsWith('.ts')) return join(root, 'src', 'main', path);
  return join(root, 'out', 'main', path.replace(/\.ts$/, '.js'));
}
