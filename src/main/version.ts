import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const packageSchema = z.object({ name: z.literal('clos'), version: z.string() });

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
