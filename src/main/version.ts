import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const packageSchema = z.object({ name: z.literal('clos'), version: z.string() });

/** The folder of our package.json, upwards from a module's URL: the same from sources, from `out/` and from a packaged app. */
export function findPackageRoot(from: string): string {
  for (let folder = dirname(fileURLToPath(from)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) throw new Error(`No package.json above ${from}`);
  }
}

export function readVersion(packageRoot: string): string {
  return packageSchema.parse(JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'))).version;
}

/**
 * Why this Node cannot run CLOS, as a sentence; null when it can. Older ones do not fail, they crash when the database opens.
 */
export function whyNodeIsTooOld(version: string = process.versions.node): string | null {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 12)) return null;
  return `CLOS needs Node 22.12 or newer, this is ${version}. In the repository, npm run serve brings its own.`;
}
