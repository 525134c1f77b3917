import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEngine } from '#tests/support/engine.ts';
import { removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';
import type { TestEngine } from '#tests/support/test-engine.ts';
import { webImage } from '#tests/support/web-image.ts';
import { type Dashboard, goTo, launchBrowser, openDashboard, picture, rowOf, statusOf } from './dashboard.ts';

let engine: TestEngine;
let system: TestSystem;
let browser: Browser;
let dashboard: Dashboard;
let page: Page;
let port: number;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: found } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return found;
}

beforeAll(async () => {
  engine = await startEngine();
  [system, browser, port] = await Promise.all([
    startSystem({ dockerHost: engine.dockerHost }),
    launchBrowser(),
    freePort(),
  ]);
  dashboard = await openDashboard(browser, system);
  page = dashboard.page;
}, 120_000);

afterAll(async () => {
  await browser?.close();
  const { items } = (await system?.client.services.list()) ?? { items: [] };
  for (const { id } of items) await system.client.services.delete({ id }, { waitSeconds: 10 });
  await system?.stop();
  await engine?.stop();
  if (system !== undefined) removeHome(system.home);
});

const row = (name: string) => rowOf(page, name);
const status = (name: string) => statusOf(page, name);
const dialog = () => page.getByRole('dialog');
const field = (label: string) => dialog().getByLabel(label, { exact: true });

async function register(name: string): Promise<void> {
  await page.getByRole('button', { name: 'New', exact: true }).click();
  await field('Name').first().fill(name);
  await field('Image').fill(webImage);
  await field('Container port').fill('80');
  await field('Host port').fill(String(port));
  await dialog().getByRole('button', { name: 'Register' }).click();
  await page.getByRole('complementary', { name: `Service ${name}` }).waitFor();
}

describe('The tour of the dashboard', () => {
  it('takes the code of the sign-in link out of the address', () => {
    expect(new URL(page.url()).hash).toBe('');
  });

  it('teaches on the first page how to begin', async () => {
    await page.getByRole('link', { name: 'Go to the services' }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await goTo(page, 'Services');
    await page.getByText('No services yet').waitFor();
  });

  it('says at each field what is wrong with it', async () => {
    await page.getByRole('button', { name: 'New', exact: true }).click();
    await field('Name').first().fill('Web Shop');
    await field('Image').fill(webImage);
    await field('Container port').fill('99999');
    await dialog().getByRole('button', { name: 'Register' }).click();
    const invalid = dialog().locator('[aria-invalid=true]');
    expect(await invalid.evaluateAll((inputs) => inputs.map((input) => (input as HTMLInputElement).value))).toEqual([
      'Web Shop',
      '99999',
    ]);
    await dialog().getByText('must start with a letter and hold at most 63 of a-z, 0-9 and -').waitFor();
    await dialog().getByText('a port, 1 to 65535').waitFor();
    await page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });
  });

  it('registers two services that want the same port', async () => {
    await register('shop');
    await register('blog');
    await expect.poll(() => page.getByRole('row').count()).toBe(3);
    expect(await status('shop').textContent()).toBe('not started yet');
  });

  it('says at the name that it is taken', async () => {
    await page.getByRole('button', { name: 'New', exact: true }).click();
    await field('Name').first().fill('shop');
    await field('Image').fill(webImage);
    await field('Container port').fill('80');
    await dialog().getByRole('button', { name: 'Register' }).click();
    await expect.poll(() => dialog().locator('[aria-invalid=true]').count()).toBe(1);
    expect(await field('Name').first().getAttribute('aria-invalid')).toBe('true');
    await page.keyboard.press('Escape');
  });

  it('starts the first, which answers on its port', async () => {
    await row('shop').click();
    await page
      .getByRole('complementary', { name: 'Service shop' })
      .getByRole('button', { name: 'Start', exact: true })
      .click();
    await expect.poll(() => status('shop').textContent(), { timeout: 20_000 }).toBe('running');
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toContain('It works.');
  });

  it('names the first when the second wants its port, and shows the ways out', async () => {
    await row('blog').click();
    await page
      .getByRole('complementary', { name: 'Service blog' })
      .getByRole('button', { name: 'Start', exact: true })
      .click();
    const card = dialog().getByRole('article', { name: `blog wants :${port}` });
    await card.waitFor();
    expect(await card.getByText('held by').locator('..').textContent()).toContain('shop');
    expect(await card.getByRole('radio', { name: /Run blog on/ }).isChecked()).toBe(true);
    expect(await card.locator('code', { hasText: 'clos resolve cfl_' }).count()).toBe(1);
  });

  it('moves the second to another port in one click, and it runs there', async () => {
    const card = dialog().getByRole('article');
    await card.getByRole('radio', { name: /Run blog on/ }).check();
    await card.getByRole('button', { name: 'Do it' }).click();
    await card.waitFor({ state: 'detached', timeout: 20_000 });
    await expect.poll(() => status('blog').textContent(), { timeout: 20_000 }).toBe('running');

    const blog = await system.client.services.get({ id: 'blog' });
    const moved = blog.endpoints[0]?.lease?.port;
    expect(moved).not.toBe(port);
    await row('blog')
      .getByRole('button', { name: `Port ${moved}, leased, in use` })
      .waitFor();
    expect(await (await fetch(`http://127.0.0.1:${moved}/`)).text()).toContain('It works.');
    await picture(page, 'services');
  });

  it('keeps the list when a service is shown at its own address', async () => {
    await page.reload();
    await page.getByRole('complementary', { name: 'Service blog' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/services/blog');
    await expect.poll(() => page.getByRole('row').count()).toBe(3);
  });

  it('is worked by keyboard alone', async () => {
    await page.keyboard.press('Escape');
    await page.getByRole('complementary').waitFor({ state: 'detached' });
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await expect.poll(() => status('shop').textContent(), { timeout: 20_000 }).toBe('stopped');
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'Service shop' }).waitFor();
    await page.keyboard.press('s');
    await expect.poll(() => status('shop').textContent(), { timeout: 20_000 }).toBe('running');
  });

  it('filters as one types, and clears with Escape', async () => {
    await page.keyboard.press('/');
    await page.keyboard.type(`blo`);
    await expect.poll(() => page.getByRole('row').count()).toBe(2);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('row').count()).toBe(3);
    await page.keyboard.press('Escape');
  });

  it('goes and acts from the palette', async () => {
    await page.keyboard.press('Control+k');
    await page.keyboard.type('stop blog');
    await page.keyboard.press('Enter');
    await expect.poll(() => status('blog').textContent(), { timeout: 20_000 }).toBe('stopped');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('timeline');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Timeline' }).waitFor();
    await page.getByText('blog is stopped').first().waitFor();
    await picture(page, 'timeline');
  });

  it('shows at once what somebody else does', async () => {
    await goTo(page, 'Services');
    await system.client.services.start({ id: 'blog' }, { waitSeconds: 20 });
    await expect.poll(() => status('blog').textContent(), { timeout: 5000 }).toBe('running');
  });

  it('shows what a service wrote', async () => {
    await page.goto(new URL('/services/shop/logs', system.discovery.dashboard.url).href);
    await page.getByRole('log', { name: 'Output of shop' }).waitFor();
  });

  it('says who holds a port', async () => {
    await goTo(page, 'Ports');
    await page.getByLabel('Search ports').fill(String(port));
    await page.keyboard.press('Enter');
    const inspector = page.getByRole('complementary', { name: `Port ${port}` });
    await inspector.getByRole('link', { name: 'shop/http' }).waitFor();
    await inspector.getByText('leased, in use').waitFor();
    await page.getByLabel('Search ports').fill('');
    await picture(page, 'ports');
  });

  it('keeps the closed conflict and what became of it', async () => {
    await goTo(page, 'Conflicts');
    await row('blog').click();
    await page
      .getByRole('article', { name: `blog wants :${port}` })
      .getByText(/It is resolved/)
      .waitFor();
  });

  it('follows the theme of the system, and the choice of its user', async () => {
    await goTo(page, 'Overview');
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(await background()).toBe('rgb(255, 255, 255)');
    await picture(page, 'overview');
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await background()).toBe('rgb(18, 18, 18)');
    await picture(page, 'overview-dark');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('light theme');
    await page.keyboard.press('Enter');
    expect(await background()).toBe('rgb(255, 255, 255)');
  });

  it('previews the removal of a service, then removes it', async () => {
    await page.goto(new URL('/services/blog', system.discovery.dashboard.url).href);
    await page.getByRole('complementary').getByRole('button', { name: 'Delete', exact: true }).click();
    await dialog().getByText('its history stays').waitFor();
    await dialog().getByRole('button', { name: 'Delete', exact: true }).click();
    await expect.poll(() => page.getByRole('row').count(), { timeout: 20_000 }).toBe(2);
  });

  it('shows the way in to whoever has no token, and refuses a wrong key calmly', async () => {
    await page.keyboard.press('Control+k');
    await page.keyboard.type('sign out');
    await page.keyboard.press('Enter');
    await page.getByText('clos open').waitFor();
    await page.getByLabel('Or paste a key').fill('clos_not-a-key-at-all');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('CLOS does not know this key.').waitFor();
    await page.getByLabel('Or paste a key').fill(system.apiKey);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('navigation', { name: 'Pages' }).waitFor();
  });

  it('has broken no rule of the page on the way', () => {
    expect(dashboard.complaints).toEqual([]);
  });
});
