import { existsSync, globSync, statSync, writeFileSync } from 'node:fs';
import { packageProgram, run } from './run.ts';

/** Its time is that of the last build that succeeded. */
const mark = 'out/.built';

/** Builds out/ for production. True when that succeeded. */
export async function build(): Promise<boolean> {
  const started = new Date();
  process.stdout.write('Building CLOS (out/). ');
  const { code } = await run([...packageProgram('electron-vite'), 'build', '--logLevel', 'warn']);
  process.stdout.write(code === 0 ? `Done in ${Math.round((Date.now() - started.getTime()) / 100) / 10} s.\n` : '\n');
  if (code === 0) writeFileSync(mark, `${started.toISOString()}\n`);
  return code === 0;
}

/** Builds only where a source, or a folder of sources, is younger than the last build. */
export async function buildIfNeeded(): Promise<boolean> {
  return isBuilt() || (await build());
}

function isBuilt(): boolean {
  if (!existsSync(mark)) return false;
  const built = statSync(mark).mtimeMs;
  const sources = [...globSync('src/**'), 'package.json', 'package-lock.json', 'electron.vite.config.ts'];
  return sources.every((file) => statSync(file).mtimeMs <= built);
}
