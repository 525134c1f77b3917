import { join } from 'node:path';
import { type BrowserContext, chromium, type Route } from 'playwright';
import { WebSocket } from 'ws';
import { app, atEnd } from './app.ts';

/** Where the pages of our scheme are for Chromium, which knows no `clos://`. Nothing there is ever asked of a network. */
export const shownOrigin = 'https://app.clos.test';
const realOrigin = 'clos://app';

export function toShown(url: string): string {
  return url.startsWith(realOrigin) ? shownOrigin + url.slice(realOrigin.length) : url;
}

export function toReal(url: string): string {
  return url.startsWith(shownOrigin) ? realOrigin + url.slice(shownOrigin.length) : url;
}

export type SchemeHandler = (request: Request) => Response | Promise<Response>;

let handler: SchemeHandler | null = null;

export function handleScheme(scheme: string, next: SchemeHandler): void {
  if (scheme !== 'clos') throw new Error(`The stand-in serves clos: only, not ${scheme}:`);
  handler = next;
}

/** Answers a request of a page from the handler of our scheme. */
export async function fulfil(route: Route): Promise<void> {
  const request = route.request();
  if (handler === null || !request.url().startsWith(`${shownOrigin}/`)) return route.abort('blockedbyclient');
  const response = await handler(new Request(toReal(request.url()), { method: request.method() }));
  await route.fulfill({
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: Buffer.from(await response.arrayBuffer()),
  });
}

let context: Promise<BrowserContext> | null = null;

/** The one Chromium of the application; a test attaches to it over the port that its profile names. */
export function openBrowser(): Promise<BrowserContext> {
  context ??= launch();
  return context;
}

async function launch(): Promise<BrowserContext> {
  const opened = await chromium.launchPersistentContext(join(app.getPath('userData'), 'chromium'), {
    executablePath: process.env.CLOS_TEST_CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    viewport: null,
    args: [
      '--no-sandbox',
      '--remote-debugging-port=0',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  atEnd(() => opened.close());
  // A page's sockets are opened from here, because their origin must be that of our scheme.
  await opened.routeWebSocket(/.*/, (page) => {
    const protocols = page.protocols();
    const server = new WebSocket(page.url(), protocols, { origin: realOrigin });
    const early: Array<string | Buffer> = [];
    page.onMessage((data) => (server.readyState === WebSocket.OPEN ? server.send(data) : void early.push(data)));
    page.onClose(() => server.close());
    server.on('open', () => {
      for (const data of early.splice(0)) server.send(data);
    });
    server.on('message', (data, binary) => page.send(binary ? (data as Buffer) : String(data)));
    server.on('close', (code) => void page.close({ code: code === 1006 ? 4000 : code }));
    server.on('error', () => undefined);
  });
  return opened;
}
