import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { duration, run } from './run.ts';

const packageFolder = 'node_modules/electron';
const downloadTimeoutMs = 10 * 60_000;

/** The parts of the world that decide whether a window can be opened. */
export interface Surroundings {
  platform: NodeJS.Platform;
  env: NodeJS.ProcessEnv;
}

/** The sentence that says why no window can be opened here, or nothing. Only Linux can be without a display. */
export function whyNoDisplay({ platform, env }: Surroundings): string | undefined {
  if (platform !== 'linux' || env.DISPLAY || env.WAYLAND_DISPLAY) return undefined;
  return 'There is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)';
}

/** Electron's program: that of `ELECTRON_OVERRIDE_DIST_PATH`, else the one that the package downloaded; nothing without either. */
export function findElectron({ platform, env }: Surroundings): string | undefined {
  const folder = env.ELECTRON_OVERRIDE_DIST_PATH ?? join(packageFolder, 'dist');
  const program = join(folder, programNames[platform] ?? 'electron');
  return existsSync(program) ? program : undefined;
}

const programNames: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'Electron.app/Contents/MacOS/Electron',
  win32: 'electron.exe',
};

/** Downloads Electron's program, which its package leaves to its first use, and says so. False when that fails. */
export async function downloadElectron(): Promise<boolean> {
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
  process.stdout.write(`Electron ${version} is not there yet. Downloading it once, about 120 MB.\n`);
  const command = [process.execPath, join(packageFolder, 'install.js')];
  const { code, output, milliseconds } = await run(command, { capture: true, timeoutMs: downloadTimeoutMs });
  const lastLine = output.trimEnd().split('\n').at(-1) ?? '';
  process.stdout.write(code === 0 ? `Done in ${duration(milliseconds)}.\n` : `That failed: ${lastLine}\n`);
  return code === 0;
}
