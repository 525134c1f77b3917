import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import type { ConsoleMessage, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Client, createClient } from '#shared/client/client.ts';
import { readApiKey } from '#shared/node/discovery.ts';
import { socketTransport } from '#shared/node/socket-transport.ts';
import { type Desktop, electronProgram, startDesktop } from '#tests/support/electron/desktop.ts';
import { newHome, removeHome } from '#tests/support/system.ts';
import { importWebImage, webImage } from '#tests/support/web-image.ts';

const home = newHome();
const withinSeconds = { timeout: 20_000 };
let desktop: Desktop;
let page: Page;
let client: Client;
let closeClient = () => {};
/** What the page asked for over HTTP, with the headers. */
const asked: Array<{ url: string; headers: Record<string, string> }> = [];

function describeRuntime(): string {
  const found = electronProgram();
  return 'program' in found ? 'on Electron' : `on the stand-in, because ${found.reason}`;
}
process.stdout.write(`The desktop is tested ${describeRuntime()}.\n`);

/** A port that somebody holds until `release`. */
async function heldPort(): Promise<{ port: number; server: Server }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port');
  return { port: address.port, server };
}

function clickMenu(label: string): Promise<void> {
  return desktop.evaluate((_electron, wanted) => {
    const { closDesktop } = globalThis as unknown as { closDesktop: { menu: Array<{ label: string; click(): void }> } };
    const item = closDesktop.menu.find((candidate) => candidate.label === wanted);
    if (item === undefined) throw new Error(`The tray has no item ${wanted}`);
    // Quitting ends the process before it could answer.
    setTimeout(() => item.click(), 0);
  }, label);
}

function clickNotification(title: string): Promise<void> {
  return desktop.evaluate((_electron, wanted) => {
    const { closDesktop } = globalThis as unknown as {
      closDesktop: { notifications: Array<{ title: string; emit(event: string): void }> };
    };
    closDesktop.notifications.find((notification) => notification.title === wanted)?.emit('click');
  }, title);
}

function windowState(): Promise<{ windows: number; visible: boolean; focused: boolean }> {
  return desktop.evaluate((electron) => {
    const [window, ...others] = electron.BrowserWindow.getAllWindows();
    return {
      windows: others.length + (window === undefined ? 0 : 1),
      visible: window?.isVisible() ?? false,
      focused: window?.isFocused() ?? false,
    };
  }, null);
}

function bridgeRequest(method: string, path: string, headers: Record<string, string> = {}): Promise<number | string> {
  return page.evaluate(
    ([asMethod, toPath, withHeaders]) =>
      (window as unknown as { clos: { request(r: object): Promise<{ status: number }> } }).clos
        .request({ method: asMethod, path: toPath, headers: withHeaders })
        .then(({ status }) => status)
        .catch((error: Error) => error.message),
    [method, path, headers] as const,
  );
}

beforeAll(async () => {
  const { present, socketPath, dockerHost } = inject('engine');
  if (present) await importWebImage(socketPath);
  desktop = await startDesktop(home, { dockerHost });
  page = desktop.page;
  page.on('request', (request) => asked.push({ url: request.url(), headers: request.headers() }));
  const apiKey = await readApiKey(home);
  const transport = socketTransport({ socketPath: home.socketOf('api'), token: () => apiKey });
  closeClient = transport.close;
  client = createClient(transport);
});

afterAll(async () => {
  closeClient();
  await desktop?.kill();
  removeHome(home);
});

describe('the window', () => {
  it('shows the services over its channel, and learns of new ones, without any token or network', async () => {
    await clickMenu('No services running');
    await client.services.create({ name: 'reading-room', runtime: { type: 'container', image: webImage } });
    await page.getByText('reading-room').first().waitFor(withinSeconds);
    const origin = await page.evaluate(() => location.origin);
    const kept = await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
    );
    expect({
      foreign: asked.filter(({ url }) => new URL(url).origin !== origin),
      signed: asked.filter(({ headers }) => headers.authorization !== undefined),
      kept: kept.includes('clos_'),
    }).toEqual({ foreign: [], signed: [], kept: false });
  });

  it('goes nowhere else, and opens only pages of this machine in the browser', async () => {
    const before = page.url();
    await page.evaluate(() => {
      location.href = 'https://example.com/';
    });
    await page.evaluate(() => {
      for (const url of ['http://localhost:3000/docs', 'https://example.com/', 'file:///etc/passwd']) {
        (window as unknown as { clos: { openExternal(url: string): void } }).clos.openExternal(url);
      }
    });
    await page.evaluate(() => void window.open('http://web.localhost:8080/', '_blank', 'noopener'));
    await page.evaluate(() => void window.open('https://example.org/', '_blank', 'noopener'));
    await expect
      .poll(async () => (await desktop.record()).opened, withinSeconds)
      .toEqual(['http://localhost:3000/docs', 'http://web.localhost:8080/']);
    expect(page.url()).toBe(before);
    expect(await windowState()).toMatchObject({ windows: 1 });
  });

  it('gives a script that got in nothing but the bridge', async () => {
    const found = await page.evaluate(async () => {
      const scope = window as unknown as Record<string, unknown> & { clos: Record<string, unknown> };
      const frame = document.createElement('iframe');
      document.body.append(frame);
      const usual = new Set(Object.getOwnPropertyNames(frame.contentWindow ?? window));
      const inFrame = (frame.contentWindow as unknown as Record<string, unknown>)?.clos;
      frame.remove();
      // Frames are counted on the window, and a test runner leaves names of its own.
      const ours = (name: string) => !usual.has(name) && !/^\d+$|playwright|^__/.test(name);
      const inline = document.createElement('script');
      inline.textContent = 'window.canary = "ran"';
      document.body.append(inline);
      const image = document.createElement('img');
      image.setAttribute('onerror', 'window.canary = "ran"');
      image.src = 'data:,';
      document.body.append(image);
      await new Promise((resolve) => setTimeout(resolve, 100));
      const sent = await fetch('https://example.com/steal').then(
        () => 'sent',
        () => 'blocked',
      );
      inline.remove();
      image.remove();
      const { request } = scope.clos;
      try {
        scope.clos.request = () => 'mine';
      } catch {
        // Refused loudly or silently, as the runtime does it.
      }
      return {
        added: Object.getOwnPropertyNames(window).filter(ours),
        bridge: Object.keys(scope.clos).sort(),
        inFrame: inFrame ?? null,
        node: ['require', 'process', 'module', 'Buffer', 'ipcRenderer', 'electron', 'closSend', 'closReceive'].filter(
          (name) => name in scope,
        ),
        canary: scope.canary ?? null,
        sent,
        overwritten: scope.clos.request !== request,
      };
    });
    expect(found).toEqual({
      added: ['clos'],
      bridge: ['openExternal', 'request', 'version', 'websocketUrl'],
      inFrame: null,
      node: [],
      canary: null,
      sent: 'blocked',
      overwritten: false,
    });
    // Nor does the bridge reach what is for modules only, become somebody else by a header, or leave for another host.
    expect(await bridgeRequest('GET', '/internal/claims')).toBe(404);
    expect(await bridgeRequest('GET', '/api/v2/me', { authorization: 'Bearer clos_other' })).toBe(400);
    expect(await bridgeRequest('GET', '//example.com/')).toBe(400);
    expect(await bridgeRequest('GET', '/api/v2/me')).toBe(200);
  });

  it('keeps to its own policy, and is connected again after it was loaded anew', async () => {
    const complaints: string[] = [];
    const listen = (message: ConsoleMessage) => {
      if (message.type() === 'error') complaints.push(message.text());
    };
    page.on('console', listen);
    await page.reload();
    await page.getByText('reading-room').first().waitFor(withinSeconds);
    page.off('console', listen);
    expect(complaints).toEqual([]);
  });

  it('is the only one whose messages count', async () => {
    const { opened } = await desktop.record();
    await desktop.evaluate((electron) => {
      const [window] = electron.BrowserWindow.getAllWindows();
      const frames = [
        null,
        { url: 'clos://app/' },
        { url: 'https://example.com/' },
        { url: window?.webContents.mainFrame.url },
      ];
      for (const senderFrame of frames) electron.ipcMain.emit('clos:open', { senderFrame }, 'http://localhost:4000/');
      const senderFrame = window?.webContents.mainFrame;
      electron.ipcMain.emit('clos:open', { senderFrame }, 'http://localhost:5000/');
    }, null);
    expect((await desktop.record()).opened).toEqual([...opened, 'http://localhost:5000/']);
  });

  it('is told at once when the api is killed under a request, and is answered again by the next one', async () => {
    const { modules } = await client.system.status();
    const pid = modules.find(({ name }) => name === 'api')?.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    const underway = bridgeRequest('GET', '/api/v2/services');
    // The page's messages keep their order: when this has run, the request is on its way.
    await page.evaluate(() => true);
    process.kill(pid, 'SIGKILL');
    const waiting = bridgeRequest('GET', '/api/v2/services');
    expect(await underway).toBe('The connection to CLOS broke off.');
    await waiting;
    await expect.poll(() => bridgeRequest('GET', '/api/v2/services'), withinSeconds).toBe(200);
    const after = await client.system.status();
    expect(after.modules.find(({ name }) => name === 'api')?.pid).not.toBe(pid);
  });

  it('hides when it is closed, and comes back in front when the program is started a second time', async () => {
    await desktop.evaluate((electron) => electron.BrowserWindow.getAllWindows()[0]?.close(), null);
    expect(await windowState()).toEqual({ windows: 1, visible: false, focused: false });
    expect(await desktop.startAgain()).toBe(0);
    await expect.poll(windowState, withinSeconds).toEqual({ windows: 1, visible: true, focused: true });
    expect((await desktop.record()).secondInstances).toBe(1);
  });
});

describe('the tray and the notifications', () => {
  it('tell of a conflict with its number, and a click opens it', async () => {
    const { port, server } = await heldPort();
    try {
      await client.services.create({
        name: 'web',
        runtime: { type: 'container', image: webImage },
        endpoints: [{ containerPort: 80, hostPort: port }],
      });
      await client.services.start({ id: 'web' }).catch(() => undefined);
      await expect
        .poll(async () => (await desktop.record()).notifications.map(({ title }) => title), withinSeconds)
        .toEqual([`web wants :${port}`]);
      const { tooltip, icon, menu, notifications } = await desktop.record();
      expect(tooltip).toMatch(/^CLOS: 1 port conflict/);
      expect(icon).toEqual({ file: expect.stringMatching(/conflict(-1)?-(dark|light)\.png$/), empty: false });
      expect(menu).toEqual(['Open CLOS', '1 port conflict', 'No services running', 'Quit CLOS']);
      expect(notifications[0]?.body).toMatch(/^It is held by .+\. Suggested: Run web on \d+\.$/);

      await clickNotification(`web wants :${port}`);
      const [conflict] = (await client.conflicts.list({ state: 'open' })).items;
      await page.waitForURL(new RegExp(`#/conflicts/${conflict?.id}$`), withinSeconds);
    } finally {
      server.close();
    }
  });

  it('tell of a service that crashed, and not of one that was stopped', async ({ skip }) => {
    skip(!inject('engine').present, 'it runs containers, and there is no container engine here');
    const run = (name: string, script: string) =>
      client.services.create({ name, runtime: { type: 'container', image: webImage, command: ['sh', '-c', script] } });
    await run('steady', 'sleep 60');
    await run('shaky', 'sleep 2; exit 3');
    await client.services.start({ id: 'steady' }, { waitSeconds: 10 });
    await client.services.stop({ id: 'steady' }, { waitSeconds: 20 });
    await client.services.start({ id: 'shaky' }, { waitSeconds: 10 });
    const told = async () => (await desktop.record()).notifications.slice(1);
    await expect.poll(async () => (await told()).length, withinSeconds).toBe(1);
    expect(await told()).toEqual([{ title: 'shaky crashed', body: expect.stringContaining('3') }]);
    expect((await desktop.record()).tooltip).toContain('1 failed');
  });
});

it('stops the modules in reverse order when it is quit, and its window last', async () => {
  await clickMenu('Quit CLOS');
  expect(await desktop.ended).toBe(0);
  const [first, ...rest] = desktop.timeline();
  const together = rest.splice(0, 4).sort();
  expect([first, together, ...rest]).toEqual([
    'gateway',
    ['monitor', 'resolver', 'websocket', 'worker'],
    'api',
    'tray',
    'window',
    'quit',
  ]);
  expect(existsSync(home.discoveryFile)).toBe(false);
});
