import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Plugin } from 'vite';

const brotli = promisify(brotliCompress);
const gz = promisify(gzip);

/** Fonts and pictures are compressed already; what is smaller than a packet gains nothing. */
const compressible = '**/*.{html,js,css,svg,json,txt}';
const smallestBytes = 1400;

/** Writes `<file>.br` and `<file>.gz` beside each file of a build that gains by it, as small as they get: nobody waits for them. */
export function precompress(): Plugin {
  return {
    name: 'precompress',
    apply: 'build',
    async writeBundle({ dir }) {
      if (dir === undefined) return;
      const files = globSync(compressible, { cwd: dir }).map((file) => join(dir, file));
      await Promise.all(files.map(compressFile));
    },
  };
}

async function compressFile(path: string): Promise<void> {
  const body = readFileSync(path);
  if (body.length < smallestBytes) return;
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: body.length };
  const [br, zipped] = await Promise.all([brotli(body, { params }), gz(body, { level: 9 })]);
  writeFileSync(`${path}.br`, br);
  writeFileSync(`${path}.gz`, zipped);
}
