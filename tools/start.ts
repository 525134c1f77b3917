/**
 * `npm start`: builds what has changed and opens the desktop app; where that cannot be, says why and runs headless.
 *
 * `npm run serve` (`--headless`) runs headless on purpose. Further arguments go to the program.
 */
import { buildIfNeeded } from './lib/build.ts';
import { downloadElectron, findElectron, whyNoDisplay } from './lib/electron.ts';
import { runInForeground } from './lib/foreground.ts';

const args = process.argv.slice(2).filter((arg) => arg !== '--headless');
const headless = process.argv.includes('--headless');

process.exitCode = (await buildIfNeeded()) ? await start() : 1;

async function start(): Promise<number> {
  const electron = headless ? undefined : await desktopProgram();
  if (electron === undefined) {
    return await runInForeground([process.execPath, 'out/main/serve.js', '--sign-in-link', ...args]);
  }
  // Chromium's sandbox refuses to run as root.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return await runInForeground([electron, '.', ...sandbox, ...args]);
}

/** Electron's program where a window can be opened; otherwise says why not. */
async function desktopProgram(): Promise<string | undefined> {
  const reason = whyNoDisplay(process);
  if (reason !== undefined) {
    process.stdout.write(`${reason}, so CLOS runs headless.\n`);
    return undefined;
  }
  const program = findElectron(process) ?? ((await downloadElectron()) ? findElectron(process) : undefined);
  if (program === undefined) process.stdout.write('Electron is not installed, so CLOS runs headless.\n');
  return program;
}
