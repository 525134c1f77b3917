import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import type { CDPSession, Page, Frame as PageFrame, Route } from 'playwright';
import { preventable, windowClosed, windowOpened } from './app.ts';
import { fulfil, openBrowser, toReal, toShown } from './browser.ts';
import { ipcMain } from './ipc-main.ts';
import { pageWorldSource, preloadWorldSource } from './page-worlds.ts';
import type { Part } from './part.ts';
import { type Frame, type MessagePortMain, PortLink } from './ports.ts';

const preloadWorldName = 'clos-preload';

function withoutHash(url: string): string {
  return url.replace(/#.*/, '');
}

export class WebFrameMain {
  #frame: () => PageFrame | null;

  constructor(frame: () => PageFrame | null) {
    this.#frame = frame;
  }

  get url(): string {
    return toReal(this.#frame()?.url() ?? '');
  }
}

type FrameFromPage =
  | Frame
  | { kind: 'send'; channel: string; args: unknown[] }
  | { kind: 'invoke'; id: number; channel: string; args: unknown[] };

export class WebContents extends EventEmitter {
  readonly #mainFrame = new WebFrameMain(() => this.page?.mainFrame() ?? null);
  readonly #options: Electron.WebPreferences;
  readonly #ready: Promise<Page>;
  #openHandler: (details: { url: string }) => { action: string } = () => ({ action: 'allow' });
  #cdp: CDPSession | null = null;
  #link = new PortLink(() => undefined, 1);
  #world: number | null = null;
  /** The address that the application itself asked for: going there is no navigation by the page. */
  #asked: string | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  page: Page | null = null;

  constructor(options: Electron.WebPreferences) {
    super();
    this.#options = options;
    this.#ready = this.#create();
  }

  get mainFrame(): WebFrameMain {
    return this.#mainFrame;
  }

  isDestroyed(): boolean {
    return this.page?.isClosed() ?? false;
  }

  send(channel: string, ...args: unknown[]): void {
    this.#link.post([channel, ...args]);
  }

  postMessage(channel: string, message: unknown, transfer: MessagePortMain[] = []): void {
    this.#link.post([channel, message], transfer);
  }

  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void {
    this.#openHandler = handler;
  }

  async load(url: string): Promise<void> {
    const page = await this.#ready;
    this.#asked = withoutHash(toShown(url));
    await page.goto(toShown(url), { waitUntil: 'domcontentloaded' });
  }

  async close(): Promise<void> {
    await (await this.#ready).close();
  }

  async #create(): Promise<Page> {
    const context = await openBrowser();
    const unused = context.pages().find((page) => page.url() === 'about:blank');
    const page = unused ?? (await context.newPage());
    this.page = page;
    await context.route('**/*', (route) => this.#route(page, route));
    context.on('page', (other) => {
      if (other !== page) void other.close();
    });

    const cdp = await context.newCDPSession(page);
    this.#cdp = cdp;
    let topFrame = '';
    cdp.on('Runtime.executionContextCreated', ({ context: created }) => {
      if (created.name === preloadWorldName && created.auxData?.frameId === topFrame) this.#enter(created.id);
    });
    cdp.on('Runtime.bindingCalled', ({ name, payload, executionContextId }) => {
      if (name === 'closSend' && executionContextId === this.#world) this.#receive(JSON.parse(payload));
    });
    await cdp.send('Page.enable');
    topFrame = (await cdp.send('Page.getFrameTree')).frameTree.frame.id;
    await cdp.send('Runtime.enable');
    await cdp.send('Runtime.addBinding', { name: 'closSend', executionContextName: preloadWorldName });
    const token = randomUUID();
    const argv = ['electron', ...(this.#options.additionalArguments ?? [])];
    const preload = readFileSync(this.#options.preload ?? '', 'utf8');
    await cdp.send('Page.addScriptToEvaluateOnNewDocument', { source: pageWorldSource(token) });
    await cdp.send('Page.addScriptToEvaluateOnNewDocument', {
      source: preloadWorldSource({ token, argv }, preload),
      worldName: preloadWorldName,
    });
    return page;
  }

  /** A new document: what the last one held is gone. */
  #enter(world: number): void {
    this.#link.end();
    this.#world = world;
    this.#link = new PortLink((frame) => this.#deliver(world, frame), 1);
  }

  /** One after the other, so that nothing overtakes. */
  #deliver(world: number, frame: unknown): void {
    const text = JSON.stringify(JSON.stringify(frame));
    this.#queue = this.#queue
      .then(() => this.#cdp?.send('Runtime.evaluate', { contextId: world, expression: `closReceive(${text})` }))
      .catch(() => undefined);
  }

  #receive(frame: FrameFromPage): void {
    const event = { senderFrame: this.mainFrame, sender: this, ports: [] };
    const world = this.#world ?? 0;
    if (frame.kind === 'send') ipcMain.emit(frame.channel, event, ...frame.args);
    else if (frame.kind !== 'invoke') this.#link.receive(frame);
    else {
      ipcMain.answer(frame.channel, event, frame.args).then(
        (value) => this.#deliver(world, { kind: 'answer', id: frame.id, value }),
        (error: Error) => this.#deliver(world, { kind: 'answer', id: frame.id, error: error.message }),
      );
    }
  }

  async #route(page: Page, route: Route): Promise<void> {
    const request = route.request();
    if (!request.isNavigationRequest()) return fulfil(route);
    let frame: PageFrame | null;
    try {
      frame = request.frame();
    } catch {
      // The frame of a page that is only being made: a window that our page opens.
      frame = null;
    }
    if (frame === null || frame.page() !== page) {
      this.#openHandler({ url: toReal(request.url()) });
      return route.abort('aborted');
    }
    const inMainFrame = frame === page.mainFrame();
    if (inMainFrame && withoutHash(request.url()) === this.#asked) {
      this.#asked = null;
      return fulfil(route);
    }
    const reload = inMainFrame && withoutHash(request.url()) === withoutHash(page.url());
    const event = preventable();
    this.emit('will-frame-navigate', event);
    if (inMainFrame) this.emit('will-navigate', event);
    return event.defaultPrevented && !reload ? route.abort('aborted') : fulfil(route);
  }
}
WebContents.prototype satisfies Part<Electron.WebContents, 'isDestroyed' | 'send'>;

export class BrowserWindow extends EventEmitter {
  readonly #webContents: WebContents;
  #bounds: Electron.Rectangle;
  #visible: boolean;
  #focused = false;
  #minimized = false;
  #maximized = false;

  constructor(options: Electron.BrowserWindowConstructorOptions = {}) {
    super();
    const { x = 0, y = 0, width = 800, height = 600 } = options;
    this.#bounds = { x, y, width, height };
    this.#visible = options.show ?? true;
    this.#webContents = new WebContents(options.webPreferences ?? {});
    windowOpened(this);
    all.add(this);
  }

  static getAllWindows(): BrowserWindow[] {
    return [...all];
  }

  get webContents(): WebContents {
    return this.#webContents;
  }

  async loadURL(url: string): Promise<void> {
    await this.webContents.load(url);
    this.emit('ready-to-show');
  }

  show(): void {
    this.#visible = true;
    this.focus();
  }

  hide(): void {
    this.#visible = false;
    this.#focused = false;
  }

  focus(): void {
    this.#focused = true;
    this.emit('focus');
  }

  isVisible(): boolean {
    return this.#visible;
  }

  isFocused(): boolean {
    return this.#focused;
  }

  isMinimized(): boolean {
    return this.#minimized;
  }

  minimize(): void {
    this.#minimized = true;
    this.#focused = false;
  }

  restore(): void {
    this.#minimized = false;
  }

  isMaximized(): boolean {
    return this.#maximized;
  }

  maximize(): void {
    this.#maximized = true;
  }

  getNormalBounds(): Electron.Rectangle {
    return this.#bounds;
  }

  close(): void {
    this.tryClose();
  }

  tryClose(): boolean {
    const event = preventable();
    this.emit('close', event);
    if (event.defaultPrevented) return false;
    this.destroy();
    return true;
  }

  destroy(): void {
    all.delete(this);
    void this.webContents.close();
    this.emit('closed');
    windowClosed(this);
  }
}
const all = new Set<BrowserWindow>();
BrowserWindow.prototype satisfies Part<
  Electron.BrowserWindow,
  | 'loadURL'
  | 'show'
  | 'hide'
  | 'focus'
  | 'isVisible'
  | 'isFocused'
  | 'isMinimized'
  | 'minimize'
  | 'restore'
  | 'isMaximized'
  | 'maximize'
  | 'getNormalBounds'
  | 'close'
  | 'destroy'
>;
