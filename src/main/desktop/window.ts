import { BrowserWindow, nativeTheme, type Session, screen, shell } from 'electron';
import { ipcChannels } from './ipc-channels.ts';
import { appOrigin, mayOpenExternally } from './links.ts';
import { minimumSize, type Rectangle, readWindowState, visibleBounds, writeWindowState } from './window-state.ts';

export interface MainWindow {
  /** The window, or null before `open` and after `destroy`. */
  current(): BrowserWindow | null;
  /** Makes the window or brings the one that is there to the front, and shows a page of it. */
  open(path?: string): void;
  /** Ends the window for good; until then closing hides it. */
  destroy(): void;
}

export interface WindowOptions {
  preload: string;
  version: string;
  session: Session;
  /** Where bounds are kept. */
  stateFile: string;
  log: { warn(message: string): void };
}

function workAreas(): [Rectangle, ...Rectangle[]] {
  const primary = screen.getPrimaryDisplay();
  const others = screen.getAllDisplays().filter((display) => display.id !== primary.id);
  return [primary.workArea, ...others.map((display) => display.workArea)];
}

/** The colour behind the page until it is drawn: the page's own, so that nothing flashes. */
function backgroundColor(): string {
  return nativeTheme.shouldUseDarkColors ? '#141414' : '#ffffff';
}

/** Navigation, new windows, embedded pages and permissions: none of them is for our page, except links to the browser. */
function confine(window: BrowserWindow): void {
  const { webContents } = window;
  webContents.on('will-navigate', (event) => event.preventDefault());
  webContents.on('will-redirect', (event) => event.preventDefault());
  webContents.on('will-frame-navigate', (event) => event.preventDefault());
  webContents.on('will-attach-webview', (event) => event.preventDefault());
  webContents.setWindowOpenHandler(({ url }) => {
    if (mayOpenExternally(url)) void shell.openExternal(url);
    return { action: 'deny' };
  });
}

/**
 * The one window of the desktop: sandboxed, confined to `clos://app`, where it was the last time, and hidden when it is closed,
 * because the tray brings it back.
 */
export function createMainWindow(options: WindowOptions): MainWindow {
  const { stateFile, log } = options;
  let window: BrowserWindow | null = null;

  function save(target: BrowserWindow): void {
    try {
      writeWindowState(stateFile, { bounds: target.getNormalBounds(), maximized: target.isMaximized() });
    } catch (error) {
      log.warn(`Where the window stands could not be saved: ${String(error)}`);
    }
  }

  function create(path: string): BrowserWindow {
    const saved = readWindowState(stateFile);
    const created = new BrowserWindow({
      ...visibleBounds(saved?.bounds ?? null, workAreas()),
      minWidth: minimumSize.width,
      minHeight: minimumSize.height,
      title: 'CLOS',
      show: false,
      autoHideMenuBar: true,
      backgroundColor: backgroundColor(),
      webPreferences: {
        preload: options.preload,
        session: options.session,
        additionalArguments: [`--clos-version=${options.version}`],
        contextIsolation: true,
        sandbox: true,
        nodeIntegration: false,
        nodeIntegrationInWorker: false,
        nodeIntegrationInSubFrames: false,
        webSecurity: true,
        webviewTag: false,
        spellcheck: false,
      },
    });
    confine(created);
    if (saved?.maximized) created.maximize();
    created.once('ready-to-show', () => created.show());
    created.on('close', (event) => {
      save(created);
      event.preventDefault();
      created.hide();
    });
    created.on('closed', () => {
      window = null;
    });
    created
      .loadURL(`${appOrigin}/#${path}`)
      .catch((error: unknown) => log.warn(`The page could not be loaded: ${String(error)}`));
    return created;
  }

  return {
    current: () => window,
    open(path) {
      if (window === null) {
        window = create(path ?? '/');
        return;
      }
      if (window.isMinimized()) window.restore();
      window.show();
      window.focus();
      if (path !== undefined) window.webContents.send(ipcChannels.show, path);
    },
    destroy() {
      if (window === null) return;
      save(window);
      window.destroy();
    },
  };
}
