import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { devNull } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { _electron, chromium, type Page } from 'playwright';
import type { Home } from '#shared/node/home.ts';
import { findElectron, whyNoDisplay } from '../../../tools/lib/electron.ts';
import { environmentOf, type TestSystemOptions } from '../system.ts';
import { shownOrigin } from './browser.ts';

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const mainFile = resolve('out/main/index.js');

/** What the recorder keeps, see `recorder.cjs`, without what cannot be sent. */
export interface DesktopRecord {
  tooltip: string | null;
  icon: { file: string; empty: boolean } | null;
  menu: string[];
  notifications: Array<{ title: string; body: string }>;
  opened: string[];
  secondInstances: number;
}

/** The built desktop in a process of its own, on Electron or on the stand-in. */
export interface Desktop {
  page: Page;
  /** Calls a function in the main process with Electron's API. It must use nothing from around it. */
  evaluate<T, A>(
    call: (electron: typeof Electron.CrossProcessExports, argument: A) => T | Promise<T>,
    argument: A,
  ): Promise<T>;
  record(): Promise<DesktopRecord>;
  /** Who has ended, in order: modules by name, `tray`, `window`, `quit`. */
  timeline(): string[];
  /** Starts the program once more for the same home and waits for its end. */
  startAgain(): Promise<number | null>;
  /** Resolves with the exit code when the process has ended. */
  ended: Promise<number | null>;
  /** Ends it without asking, where a test has not. */
  kill(): Promise<void>;
}

/** Electron's program, or the sentence that says why these tests run on the stand-in. */
export function electronProgram(): { program: string } | { reason: string } {
  const display = whyNoDisplay(process);
  const program = findElectron(process);
  if (program === undefined) return { reason: "Electron's program is not installed" };
  return display === undefined ? { program } : { reason: display };
}

export function mustBeBuilt(): void {
  for (const file of [mainFile, 'out/preload/index.cjs', 'out/renderer/index.html']) {
    if (!existsSync(file)) throw new Error(`${file} is missing. Run: npm run build`);
  }
}

function readRecord(): DesktopRecord {
  // In the main process: the recorder's own object, whose menus and notifications hold functions.
  const { closDesktop } = globalThis as unknown as {
    closDesktop: Omit<DesktopRecord, 'menu'> & { menu: { label: string }[] };
  };
  const { tooltip, icon, opened, secondInstances } = closDesktop;
  const menu = closDesktop.menu.map((item) => item.label);
  const notifications = closDesktop.notifications.map(({ title, body }) => ({ title, body }));
  return { tooltip, icon, menu, notifications, opened, secondInstances };
}

/** Starts the desktop for a home and waits until its window is there. */
export async function startDesktop(home: Home, options: TestSystemOptions = {}): Promise<Desktop> {
  mustBeBuilt();
  const timelineFile = join(home.root, 'timeline.txt');
  const env = { ...environmentOf(home, options), CLOS_TEST_TIMELINE: timelineFile };
  const found = electronProgram();
  const started = await ('program' in found ? startElectron(found.program, env) : startStandIn(home, env));
  return {
    ...started,
    timeline: () => (existsSync(timelineFile) ? readFileSync(timelineFile, 'utf8').trim().split('\n') : []),
  };
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

async function startElectron(program: string, env: NodeJS.ProcessEnv): Promise<Omit<Desktop, 'timeline'>> {
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const args = ['-r', here('./recorder.cjs'), ...sandbox, '.'];
  const texts = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  const application = await _electron.launch({ executablePath: program, args, env: Object.fromEntries(texts) });
  const evaluate: Desktop['evaluate'] = (call, argument) =>
    // Playwright's own types of the argument's handles are not of interest here.
    application.evaluate(call as never, argument) as ReturnType<typeof call> as never;
  return {
    page: await application.firstWindow(),
    evaluate,
    record: () => evaluate(readRecord, null),
    startAgain: () => exitOf(spawn(program, [...sandbox, '.'], { env, stdio: 'ignore' })),
    ended: exitOf(application.process()),
    kill: async () => void application.process().kill('SIGKILL'),
  };
}

async function startStandIn(home: Home, env: NodeJS.ProcessEnv): Promise<Omit<Desktop, 'timeline'>> {
  const start = (timelineFile?: string) =>
    fork(mainFile, [], {
      env: timelineFile === undefined ? env : { ...env, CLOS_TEST_TIMELINE: timelineFile },
      execArgv: ['--import', here('./register.ts')],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  const child = start();
  const ended = exitOf(child);
  const calls = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  let last = 0;
  child.on('message', ({ id, value, error }: { id: number; value?: never; error?: string }) => {
    const call = calls.get(id);
    calls.delete(id);
    if (error === undefined) call?.resolve(value as never);
    else call?.reject(new Error(error));
  });
  const evaluate: Desktop['evaluate'] = (call, argument) =>
    new Promise((resolve, reject) => {
      last += 1;
      calls.set(last, { resolve, reject });
      child.send({ id: last, source: String(call), argument });
    });
  void ended.then(() => {
    for (const call of calls.values()) call.reject(new Error('The desktop has ended.'));
  });

  const browser = await chromium.connectOverCDP(await debuggingAddress(home, ended));
  const page = browser.contexts()[0]?.pages()[0];
  if (page === undefined) throw new Error('The stand-in has no window.');
  await page.waitForURL(`${shownOrigin}/**`, { waitUntil: 'domcontentloaded' });
  return {
    page,
    evaluate,
    record: () => evaluate(readRecord, null),
    startAgain: () => exitOf(start(devNull)),
    ended,
    async kill() {
      child.kill('SIGKILL');
      await ended;
      // The browser outlives a killed application.
      await browser.close().catch(() => undefined);
    },
  };
}

/** Where the stand-in's Chromium can be attached to; its profile says so once it runs. */
async function debuggingAddress(home: Home, ended: Promise<number | null>): Promise<string> {
  const file = join(home.root, 'desktop', 'chromium', 'DevToolsActivePort');
  let over = false;
  void ended.then(() => {
    over = true;
  });
  while (!existsSync(file) || !readFileSync(file, 'utf8').includes('\n')) {
    if (over) throw new Error(`The desktop ended before its window opened. See ${home.logsDir}.`);
    await new Promise((next) => setTimeout(next, 50));
  }
  return `http://127.0.0.1:${readFileSync(file, 'utf8').split('\n')[0]}`;
}
