import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { app, dialog, Menu, protocol, session } from 'electron';
import { LiveClient } from '#shared/client/live-client.ts';
import type { ModuleName } from '#shared/contract/access.ts';
import { findHome } from '#shared/node/home.ts';
import { loadConfig } from './config/config.ts';
import { appHandler } from './desktop/app-protocol.ts';
import { openLiveSocket, startBackend, websocketAddress } from './desktop/backend.ts';
import { createDesktopLog } from './desktop/desktop-log.ts';
import { initialState, reduce, stateOfSnapshot, withConnection } from './desktop/desktop-state.ts';
import { installIpc } from './desktop/ipc.ts';
import { noticeOf } from './desktop/notices.ts';
import { createNotifications } from './desktop/notifications.ts';
import { confineSession } from './desktop/session.ts';
import { createTray } from './desktop/tray.ts';
import { trayView } from './desktop/tray-view.ts';
import { utilityStarter } from './desktop/utility-starter.ts';
import { createMainWindow } from './desktop/window.ts';
import { createLog } from './log.ts';
import { findPackageRoot } from './own-file.ts';
import { readVersion } from './version.ts';

/** CLOS with a window: puts the parts of the desktop together and ends them in order. One per home. */

const home = findHome();
const packageRoot = findPackageRoot(import.meta.url);
const version = readVersion(packageRoot);
const log = createDesktopLog(home);

/** From sources the entries lie beside this file as .ts, in a build as .js. */
function entryOf(name: ModuleName): URL {
  const nested = new URL(`./modules/${name}/${name}.entry.ts`, import.meta.url);
  return existsSync(nested) ? nested : new URL(`./modules/${name}.entry.js`, import.meta.url);
}

async function run(): Promise<void> {
  await app.whenReady();
  if (process.platform !== 'darwin') Menu.setApplicationMenu(null);

  const config = loadConfig(home.configFile);
  const supervisorLog = createLog({ home, name: 'supervisor', level: config.logLevel });
  let state = initialState;
  let websocketOrigin: string | null = null;

  const rendererDir = join(packageRoot, 'out', 'renderer');
  const connectSources = () => (websocketOrigin === null ? [] : [websocketOrigin]);
  confineSession(session.defaultSession, appHandler({ root: rendererDir, connectSources }));

  const window = createMainWindow({
    preload: join(packageRoot, 'out', 'preload', 'index.cjs'),
    version,
    session: session.defaultSession,
    stateFile: join(home.root, 'desktop', 'window.json'),
    log,
  });
  const quit = () => app.quit();
  const iconsDir = join(packageRoot, 'resources', 'tray');
  const tray = createTray({ iconsDir, open: window.open, quit }, trayView(state));
  const notifications = createNotifications(window.open);

  const starter = utilityStarter(entryOf);
  const backendOptions = { home, packageRoot, config, version, starter, log: supervisorLog };
  const started = startBackend(backendOptions);

  // Quit is asked once, does its work while the window still stands, and asks again when everything has ended.
  let ended: Promise<void> | null = null;
  let ready = false;
  const end = async () => {
    live.stop();
    notifications.dispose();
    await (await started).stop();
    tray.destroy();
    window.destroy();
    ready = true;
    app.quit();
  };
  app.on('before-quit', (event) => {
    if (ready) return;
    event.preventDefault();
    ended ??= end().catch((error: unknown) => {
      log.error('Not everything ended cleanly.', error);
      app.exit(1);
    });
  });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, quit);
  app.on('window-all-closed', quit);
  app.on('second-instance', () => window.open());
  app.on('activate', () => window.open());

  const change = (next: typeof state) => {
    state = next;
    tray.show(trayView(state));
  };
  const live = new LiveClient({
    connect: () => openLiveSocket(home),
    topics: ['service', 'conflict'],
    onSnapshot: (snapshot) => change(stateOfSnapshot(snapshot)),
    onEvent(event) {
      change(reduce(state, event));
      const notice = noticeOf(event);
      if (notice !== null) notifications.add(notice);
    },
    onState: (liveState) => change(withConnection(state, liveState === 'live')),
    onProblem: ({ code, detail }) => log.warn(`${code}: ${detail}`),
  });

  const backend = await started;
  if (ended !== null) return;
  log.info(backend.kind === 'own' ? 'The modules are ready.' : 'Attached to the CLOS that runs for this home.');
  installIpc({ window: window.current, backend, websocketAddress: () => websocketAddress(home), log });
  websocketOrigin = await websocketAddress(home);
  live.start();
  window.open();
}

// Before Electron is ready: the lock is one per folder of user data, so it is one per home.
const userData = join(home.root, 'desktop');
mkdirSync(userData, { recursive: true, mode: 0o700 });
app.setPath('userData', userData);
app.enableSandbox();
protocol.registerSchemesAsPrivileged([
  { scheme: 'clos', privileges: { standard: true, secure: true, supportFetchAPI: true } },
]);

if (app.requestSingleInstanceLock()) {
  run().catch((error: unknown) => {
    log.error('CLOS could not be started.', error);
    dialog.showErrorBox('CLOS could not be started', error instanceof Error ? error.message : String(error));
    app.exit(1);
  });
} else {
  app.exit(0);
}
