import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ServiceSpecInput } from '#shared/contract/service-spec.ts';
import { removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';
import { launchBrowser, picture } from '../dashboard/dashboard.ts';

const app = fileURLToPath(new URL('./app.mjs', import.meta.url));
const cwd = fileURLToPath(new URL('.', import.meta.url));

let browser: Browser;
let system: TestSystem;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  [browser, system] = await Promise.all([launchBrowser(), startSystem()]);
});

afterAll(async () => {
  await browser?.close();
  await system?.stop();
  removeHome(system.home);
});

beforeEach(async () => {
  context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
  page = await context.newPage();
  page.setDefaultTimeout(15_000);
});

afterEach(async () => {
  await context.close();
  const { items } = await system.client.services.list({});
  for (const { id } of items) await system.client.services.delete({ id }, { waitSeconds: 20 });
});

const gatewayPort = () => new URL(system.discovery.gateway.url).port;
const at = (name: string, path = '/') => `http://${name}.localhost:${gatewayPort()}${path}`;

async function create(name: string, spec: Partial<ServiceSpecInput> = {}): Promise<void> {
  await system.client.services.create({
    name,
    runtime: { type: 'process', command: [process.execPath, app], cwd },
    endpoints: [{ name: 'http' }],
    ...spec,
  });
}

const start = (name: string) => system.client.services.start({ id: name }, { waitSeconds: 20 });
const text = (selector: string) => page.locator(selector).textContent();

describe('in a browser', () => {
  it('two services have a name each, with their own cookies, event streams and WebSockets', async () => {
    for (const name of ['shop', 'blog']) {
      await create(name, { env: { SAYS: `the ${name}` } });
      await start(name);
    }
    for (const name of ['shop', 'blog']) {
      await page.goto(at(name));
      await page.reload();
      await page.getByText(`the ${name} heard hello`).waitFor();
      expect([await text('h1'), await text('#cookie'), await text('#stream')]).toEqual([
        `the ${name}`,
        `who=the-${name}; second=2`,
        `the ${name} `,
      ]);
      expect(await page.evaluate(async () => (await fetch('/api/tell')).text())).toBe('1');
      await page.locator('#stream', { hasText: `the ${name} more` }).waitFor();
    }
    const cookies = await context.cookies();
    expect(cookies.map(({ name, value, domain }) => `${domain} ${name}=${value}`).sort()).toEqual([
      'blog.localhost second=2',
      'blog.localhost who=the-blog',
      'shop.localhost second=2',
      'shop.localhost who=the-shop',
    ]);
  });

  it('a service that is starting says so, and its page opens by itself', async () => {
    await create('slow', { env: { SAYS: 'worth the wait', DELAY: '2500' } });
    await start('slow');
    const answer = await page.goto(at('slow', '/deep/place?q=1'));
    expect([answer?.status(), await text('h1')]).toEqual([503, '◐slow is starting']);
    await picture(page, 'name-starting');
    await page.getByRole('heading', { name: 'worth the wait' }).waitFor();
    expect(page.url()).toBe(at('slow', '/deep/place?q=1'));
  });

  it('one that is down says why and how to start it, and the page opens when somebody has started it', async () => {
    await create('shop', { env: { SAYS: 'the shop' } });
    const answer = await page.goto(at('shop'));
    expect([answer?.status(), await text('h1'), await text('pre')]).toEqual([
      503,
      '○shop does not run',
      'clos start shop',
    ]);
    expect(await page.getByRole('link', { name: 'Start shop' }).getAttribute('href')).toContain(
      `${system.discovery.dashboard.url}/visit?service=svc_`,
    );
    await picture(page, 'name-down');
    await start('shop');
    await page.getByRole('heading', { name: 'the shop' }).waitFor();
  });

  it('a visit starts a service that asked for it; a picture, a script and a frame of another page do not', async () => {
    await create('lazy', { env: { SAYS: 'up now' }, startOnVisit: true });
    await create('shop', { env: { SAYS: 'the shop' } });
    await start('shop');
    await page.goto(at('shop'));
    await page.evaluate(async (url) => {
      const frame = Object.assign(document.createElement('iframe'), { src: url });
      const image = Object.assign(document.createElement('img'), { src: url });
      const loaded = [frame, image].map(
        (element) =>
          new Promise((resolve) => {
            element.onload = resolve;
            element.onerror = resolve;
          }),
      );
      document.body.append(frame, image);
      await Promise.all([...loaded, fetch(url, { mode: 'no-cors' }).catch(() => undefined)]);
    }, at('lazy'));
    expect((await system.client.services.get({ id: 'lazy' })).status).toBe('created');
    await page.goto(at('lazy'));
    await page.getByRole('heading', { name: 'up now' }).waitFor();
    expect((await system.client.services.get({ id: 'lazy' })).status).toBe('running');
  });

  it('a name that nobody has lists those that somebody has, and leads there', async () => {
    await create('shop', { env: { SAYS: 'the shop' } });
    await start('shop');
    const answer = await page.goto(at('shpo'));
    expect([answer?.status(), await text('h1')]).toEqual([404, 'Nothing is called shpo.localhost']);
    await picture(page, 'name-unknown');
    await page.getByRole('link', { name: 'shop.localhost' }).click();
    await page.getByRole('heading', { name: 'the shop' }).waitFor();
  });

  it('a name that somebody gets while its page is open opens', async () => {
    await page.goto(at('later'));
    await page.getByRole('heading', { name: 'Nothing is called later.localhost' }).waitFor();
    await create('later', { env: { SAYS: 'here at last' } });
    await page.getByRole('heading', { name: 'later does not run' }).waitFor();
    await start('later');
    await page.getByRole('heading', { name: 'here at last' }).waitFor();
  });

  it('the dashboard is at clos.localhost too, on an origin of its own, under the same fence', async () => {
    const { url } = await system.client.auth.createSignInLink();
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    const answer = await page.goto(url.replace(/^http:\/\/[^/]+/, at('clos').replace(/\/$/, '')));
    await page.getByRole('navigation', { name: 'Pages' }).waitFor();
    expect(answer?.headers()['content-security-policy']).toContain(
      `connect-src 'self' ws://clos.localhost:${gatewayPort()}`,
    );
    expect(complaints).toEqual([]);
  });
});
