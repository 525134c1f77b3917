import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '#tests/support/ports.ts';
import { removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';
import { type Dashboard, goTo, launchBrowser, noteOf, openDashboard, picture } from './dashboard.ts';
import { answeringService, newFolder, removeFolder, removeServices, type Stranger, startStranger } from './programs.ts';

let system: TestSystem;
let browser: Browser;
let dashboard: Dashboard;
let page: Page;
let folder: string;
let gatewayPort: number;
let stranger: Stranger;
let strangersPort: number;
const patient = { waitSeconds: 30 };
const patience = { timeout: 10_000 };

beforeAll(async () => {
  folder = newFolder('shop');
  mkdirSync(join(folder, '.git'));
  writeFileSync(join(folder, '.git', 'HEAD'), 'ref: refs/heads/checkout-page\n');
  [system, browser] = await Promise.all([startSystem(), launchBrowser()]);
  const { client } = system;
  const web = answeringService('web', folder, await freePort());
  await client.services.create({ ...web, endpoints: [...(web.endpoints ?? []), { name: 'admin' }] });
  await client.services.create(answeringService('api', folder, await freePort()));
  await client.services.start({ id: 'web' }, patient);
  strangersPort = await freePort();
  stranger = await startStranger(strangersPort);
  gatewayPort = Number(new URL(system.discovery.gateway.url).port);
  dashboard = await openDashboard(browser, system);
  page = dashboard.page;
}, 120_000);

afterAll(async () => {
  await browser?.close();
  if (system !== undefined) await removeServices(system);
  await stranger?.leave();
  await system?.stop();
  removeFolder(folder);
  if (system !== undefined) removeHome(system.home);
});

const dialog = () => page.getByRole('dialog');
const inspector = () => page.getByRole('complementary', { name: 'Route' });
const row = (name: string) => page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });
const urlOf = (name: string, path = '/') => `http://${name}.localhost:${gatewayPort}${path}`;

function visitOf(service: string, to: string): string {
  const url = new URL('/visit', system.discovery.dashboard.url);
  url.search = String(new URLSearchParams({ service, to }));
  return url.href;
}

async function show(name: string): Promise<void> {
  await row(name).getByRole('gridcell').nth(1).click();
  await inspector().getByRole('heading', { name }).waitFor();
}

/** What the page of a name says, in a tab of its own. */
async function pageAt(url: string): Promise<string> {
  const tab = await page.context().newPage();
  await tab.goto(url);
  const text = (await tab.textContent('body')) ?? '';
  await tab.close();
  return text;
}

describe('The routes', () => {
  it('are listed with where each leads, how that is and whose build answers', async () => {
    await goTo(page, 'Routes');
    await row('web.localhost').waitFor();
    const texts = await page.getByRole('row').allTextContents();
    expect(texts).toHaveLength(4);
    const cells = await row('web.localhost').getByRole('gridcell').allTextContents();
    expect(cells.slice(0, 4)).toEqual(['web.localhost', 'web/http', 'ready', 'checkout-page']);
    expect(await row('api.localhost').getByRole('gridcell').nth(2).textContent()).toBe(
      'down: it has not been started yet',
    );
    expect(await row('admin.web.localhost').getByRole('link').getAttribute('href')).toBe(urlOf('admin.web'));
    expect(await pageAt(urlOf('web'))).toBe('web');
    await expect
      .poll(() => row('web.localhost').getByRole('gridcell').nth(4).textContent(), patience)
      .toMatch(/^[1-9]/);
    await picture(page, 'routes-list');
  });

  it('are narrowed by any word of them', async () => {
    await page.keyboard.press('/');
    await page.keyboard.type('down api');
    await expect.poll(() => page.getByRole('row').count(), patience).toBe(2);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('row').count(), patience).toBe(4);
  });

  it('say in the inspector how each client reaches the same, and what went through', async () => {
    await show('web.localhost');
    const [web] = (await system.client.services.get({ id: 'web' })).endpoints;
    const port = web?.lease?.port;
    await inspector().getByText(`http://127.0.0.1:${port}/`, { exact: true }).waitFor();
    await inspector().getByText(`http://host.docker.internal:${port}/`, { exact: true }).waitFor();
    await inspector().getByText(folder, { exact: true }).waitFor();
    await inspector()
      .getByText(/^p50 .* · p95 .* · p99 /)
      .waitFor();
    await picture(page, 'routes');
    await inspector().getByRole('link', { name: 'Requests' }).click();
    await inspector().getByRole('listitem').filter({ hasText: 'GET' }).first().waitFor();
    await inspector().getByText('Failed', { exact: true }).click();
    await picture(page, 'routes-requests');
    await page.keyboard.press('Escape');
    await inspector().waitFor({ state: 'detached' });
  });
});

const field = (label: string) => dialog().getByLabel(label, { exact: true });

describe('A route of one’s own', () => {
  it('says at each field what is wrong with it', async () => {
    await page.getByRole('button', { name: 'New', exact: true }).click();
    await field('Name').fill('clos');
    await field('Path').fill('/a b');
    await field('Requests a second').fill('many');
    await dialog().getByRole('button', { name: 'Make' }).click();
    await dialog().getByText('must not be "clos"').waitFor();
    await dialog().getByText('must be / or segments').waitFor();
    await dialog().getByText('a number, 0.1 or more').waitFor();
    await dialog().getByText('a service, or service/endpoint').waitFor();
    await picture(page, 'route-errors');
    await field('Name').fill('web');
    await field('Path').fill('');
    await field('Requests a second').fill('');
    await field('Service').fill('nobody');
    await dialog().getByRole('button', { name: 'Make' }).click();
    await dialog().getByText('There is no service "nobody".').waitFor();
  });

  it('leads to several in turn, by the command that the form shows', async () => {
    await field('Name').fill('shop');
    await field('Path').fill('/');
    await field('Service').fill('web');
    await dialog().getByRole('button', { name: 'Add another' }).click();
    await field('Service 2').fill('api/http');
    await field('Requests a second').fill('500');
    await dialog().getByText('$ clos routes add shop --to web --to api/http --rate 500/500').waitFor();
    await picture(page, 'route-new');
    await dialog().getByRole('button', { name: 'Make' }).click();
    await noteOf(page, 'shop.localhost was made').waitFor();
    await inspector().getByText('500 a second, 500 at once').waitFor();
    expect(await row('shop.localhost').getByRole('gridcell').nth(1).textContent()).toBe('web/http, api/http');
    expect(await pageAt(urlOf('shop'))).toBe('web');
    await picture(page, 'route-made');
  });

  it('has one of its targets drained, and takes that back', async () => {
    await inspector().getByRole('button', { name: 'Drain' }).first().click();
    await inspector().getByText('draining', { exact: true }).waitFor();
    await noteOf(page, 'web/http gets nothing new').getByText('$ clos routes set shop --drain web').waitFor();
    await expect
      .poll(() => row('shop.localhost').getByRole('gridcell').nth(1).textContent(), patience)
      .toBe('web/http (draining), api/http');
    await noteOf(page, 'web/http gets nothing new').getByRole('button', { name: 'Undo' }).click();
    await inspector().getByText('draining', { exact: true }).waitFor({ state: 'detached' });
  });

  it('is changed, and only what was changed is in the command', async () => {
    await inspector().getByRole('link', { name: 'Edit' }).click();
    await inspector().getByLabel('At once').fill('5');
    await inspector().getByRole('button', { name: 'Do not lead to api' }).click();
    await inspector().getByText('$ clos routes set shop --to web --rate 500/5').waitFor();
    await picture(page, 'route-edit');
    await inspector().getByRole('button', { name: 'Save' }).click();
    await inspector().getByText('500 a second, 5 at once').waitFor();
    await expect
      .poll(() => row('shop.localhost').getByRole('gridcell').nth(1).textContent(), patience)
      .toBe('web/http');
  });

  it('is removed, and made again by Undo', async () => {
    await inspector().getByRole('button', { name: 'Remove' }).click();
    await inspector().waitFor({ state: 'detached' });
    await row('shop.localhost').waitFor({ state: 'detached' });
    await noteOf(page, 'shop.localhost was removed').getByRole('button', { name: 'Undo' }).click();
    await row('shop.localhost').waitFor();
    const shop = (await system.client.routes.list()).items.find(({ name }) => name === 'shop');
    expect(shop).toMatchObject({
      rateLimit: { requestsPerSecond: 500, burst: 5 },
      targets: [{ service: { name: 'web' }, endpoint: 'http', draining: false }],
    });
  });

  it('takes the name of an automatic one, which says so', async () => {
    await system.client.routes.create({ name: 'admin.web', targets: [{ service: 'web' }] });
    const shadowed = row('admin.web.localhost').filter({ hasText: 'another route has its name' });
    await shadowed.getByRole('gridcell').nth(1).click();
    await inspector().getByText('has this name, so the requests go there').waitFor();
    await picture(page, 'route-shadowed');
    await inspector().getByRole('link', { name: 'The route to web/http' }).click();
    await inspector().getByText('made', { exact: true }).waitFor();
    await page.keyboard.press('Escape');
  });

  it('has broken no rule of the page on the way', () => {
    expect(dashboard.complaints).toEqual([]);
  });
});

describe('A visit to a service that is down', () => {
  it('starts nothing by itself, and by one click starts it and goes on to where it was wanted', async () => {
    await page.goto(urlOf('api', '/orders?page=2'));
    await page.getByRole('heading', { name: 'api does not run' }).waitFor();
    await page.getByRole('link', { name: 'Start api' }).click();
    await page.getByRole('button', { name: 'Start and open' }).waitFor();
    await page.getByText('Not started yet').waitFor();
    await page.getByText(urlOf('api', '/orders?page=2'), { exact: true }).waitFor();
    await picture(page, 'visit');
    expect((await system.client.services.get({ id: 'api' })).status).toBe('created');

    await page.getByRole('button', { name: 'Start and open' }).click();
    await page.waitForURL(urlOf('api', '/orders?page=2'), { timeout: 20_000 });
    await expect.poll(() => page.textContent('body'), patience).toBe('api');
  });

  it('asks who has no token to sign in first, and leads nowhere but to names at the gateway', async () => {
    const { id } = await system.client.services.get({ id: 'web' });
    const visit = visitOf(id, `http://evil.example:${gatewayPort}/`);
    const context = await browser.newContext();
    const tab = await context.newPage();
    await tab.goto(visit);
    const { url } = await system.client.auth.createSignInLink();
    await tab.getByLabel('Or paste a key, or the link').fill(url);
    await tab.getByRole('button', { name: 'Sign in' }).click();
    await tab.getByRole('heading', { name: 'web runs' }).waitFor();
    expect(tab.url()).toBe(visit);
    await tab.getByText(urlOf('web'), { exact: true }).waitFor();
    await tab.getByRole('button', { name: 'Open' }).click();
    await tab.waitForURL(urlOf('web'));
    await context.close();
  });

  it('shows who is in the way, and goes on once a way out was taken', async () => {
    const { id } = await system.client.services.create(answeringService('docs', folder, strangersPort));
    await page.goto(visitOf(id, urlOf('docs')));
    await page.getByRole('button', { name: 'Start and open' }).click();
    const card = page.getByRole('article', { name: `docs wants :${strangersPort}` });
    await card.getByText('blog', { exact: true }).waitFor();
    await picture(page, 'visit-conflict');
    await card.getByRole('radio', { name: /Run docs on/ }).check();
    await card.getByRole('button', { name: 'Do it' }).click();
    await page.waitForURL(urlOf('docs'), { timeout: 20_000 });
    await expect.poll(() => page.textContent('body'), patience).toBe('docs');
  });
});
