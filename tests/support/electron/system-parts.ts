import { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import { handleScheme, type SchemeHandler } from './browser.ts';
import type { Part } from './part.ts';

/** What the desktop shows outside its window, as data that a test can read. */

export class NativeImage {
  readonly path: string;
  constructor(path: string) {
    this.path = path;
  }
  isEmpty(): boolean {
    return !existsSync(this.path);
  }
  setTemplateImage(_template: boolean): void {
    // Only macOS colours images.
  }
}
NativeImage.prototype satisfies Part<Electron.NativeImage, 'isEmpty' | 'setTemplateImage'>;

export const nativeImage = {
  createFromPath: (path: string) => new NativeImage(path),
};

export class Tray extends EventEmitter {
  image: NativeImage;
  constructor(image: NativeImage) {
    super();
    this.image = image;
  }
  setImage(image: NativeImage): void {
    this.image = image;
  }
  setToolTip(_text: string): void {
    // The recorder of the tests keeps it.
  }
  setTitle(_title: string): void {
    // As above.
  }
  setContextMenu(_menu: unknown): void {
    // As above.
  }
  destroy(): void {
    this.removeAllListeners();
  }
}
Tray.prototype satisfies Part<Electron.Tray, 'setToolTip' | 'setTitle' | 'destroy'>;

export class Menu {
  readonly items: Electron.MenuItemConstructorOptions[];
  constructor(items: Electron.MenuItemConstructorOptions[] = []) {
    this.items = items;
  }
  static buildFromTemplate(template: Electron.MenuItemConstructorOptions[]): Menu {
    return new Menu(template);
  }
  static setApplicationMenu(_menu: Menu | null): void {
    // There is no menu bar.
  }
}

export class Notification extends EventEmitter {
  readonly title: string;
  readonly body: string;
  constructor({ title = '', body = '' }: Electron.NotificationConstructorOptions = {}) {
    super();
    this.title = title;
    this.body = body;
  }
  static isSupported(): boolean {
    return true;
  }
  show(): void {
    queueMicrotask(() => this.emit('show'));
  }
  close(): void {
    queueMicrotask(() => this.emit('close'));
  }
}
Notification.prototype satisfies Part<Electron.Notification, 'title' | 'body' | 'show' | 'close'>;

class NativeTheme extends EventEmitter {
  readonly shouldUseDarkColors = false;
}
NativeTheme.prototype satisfies Part<Electron.NativeTheme, 'shouldUseDarkColors'>;
export const nativeTheme = new NativeTheme();

const display = { id: 1, workArea: { x: 0, y: 0, width: 1920, height: 1080 } } satisfies Part<
  Electron.Display,
  'id' | 'workArea'
>;
export const screen = {
  getPrimaryDisplay: () => display,
  getAllDisplays: () => [display],
};

export const shell = {
  openExternal: async (_url: string): Promise<void> => undefined,
} satisfies Part<Electron.Shell, 'openExternal'>;

export const dialog = {
  showErrorBox(title: string, content: string): void {
    process.stderr.write(`${title}: ${content}\n`);
  },
} satisfies Part<Electron.Dialog, 'showErrorBox'>;

/** Of the answers to requests for permissions, only that there is one. */
const defaultSession = {
  protocol: { handle: handleScheme },
  setPermissionRequestHandler(_handler: unknown): void {},
  setPermissionCheckHandler(_handler: unknown): void {},
  setDevicePermissionHandler(_handler: unknown): void {},
};
export const session = { defaultSession };

export const protocol = {
  handle: (scheme: string, handler: SchemeHandler) => handleScheme(scheme, handler),
  registerSchemesAsPrivileged(_schemes: Electron.CustomScheme[]): void {},
} satisfies Part<Electron.Protocol, 'handle' | 'registerSchemesAsPrivileged'>;
