import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '#tests/support/ports.ts';
import { removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';
import { type Dashboard, goTo, launchBrowser, noteOf, openDashboard, picture, rowOf } from './dashboard.ts';
import {
  answeringService,
  listenerOf,
  newFolder,
  removeFolder,
  removeServices,
  type Stranger,
  startStranger,
} from './programs.ts';

let system: TestSystem;
let browser: Browser;
let dashboard: Dashboard;
let page: Page;
let folder: string;
let strangersPort: number;
let webPort: number;
let stranger: Stranger;

beforeAll(async () => {
  folder = newFolder('shop');
  [system, browser] = await Promise.all([startSystem(), launchBrowser()]);
  strangersPort = await freePort();
  webPort = await freePort();
  dashboard = await openDashboard(browser, system);
  page = dashboard.page;
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await stranger?.leave();
  if (system !== undefined) await removeServices(system);
  await system?.stop();
  removeFolder(folder);
  if (system !== undefined) removeHome(system.home);
});

const chip = (port: number, words: string) =>
  page.getByRole('region', { name: 'Map of the ports' }).getByRole('button', { name: `Port ${port}, ${words}` });
const inspector = (port: number) => page.getByRole('complementary', { name: `Port ${port}` });
const search = () => page.getByLabel('Search ports');

async function show(port: number): Promise<void> {
  await page.goto(new URL(`/ports/${port}`, system.discovery.dashboard.url).href);
  await inspector(port).getByText('Free near here').waitFor();
}

describe('The map of the ports', () => {
  it('shows a stranger as soon as it listens', async () => {
    await goTo(page, 'Ports');
    await page.getByRole('region', { name: 'Range apis' }).waitFor();
    stranger = await startStranger(strangersPort);
    await chip(strangersPort, 'in use, nobody leased it').waitFor();
  });

  it('says on focus who that is, since when and from where', async () => {
    await chip(strangersPort, 'in use').focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowLeft');
    const bubble = page.getByRole('tooltip');
    await bubble.getByText(`pid ${stranger.pid}`).waitFor();
    expect(await bubble.textContent()).toMatch(
      /tcp 127\.0\.0\.1 · pid \d+ · .* · since \d\d:\d\d · blog {2}\/.*\/blog \(main\)/,
    );
    await page.keyboard.press('Escape');
    await bubble.waitFor({ state: 'detached' });
  });

  it('opens a port by keyboard at an address of its own, and closes it', async () => {
    await page.keyboard.press('Enter');
    await inspector(strangersPort).getByText('127.0.0.1').first().waitFor();
    expect(new URL(page.url()).pathname).toBe(`/ports/${strangersPort}`);
    await inspector(strangersPort).getByText(`$ clos who ${strangersPort}`).waitFor();
    await page.keyboard.press('Escape');
    await inspector(strangersPort).waitFor({ state: 'detached' });
    expect(await chip(strangersPort, 'in use').evaluate((element) => element === document.activeElement)).toBe(true);
  });

  it('is one stop for the Tab key, wherever the arrows went', async () => {
    const stops = page.getByRole('region', { name: 'Map of the ports' }).locator('[data-cell][tabindex="0"]');
    expect(await stops.count()).toBe(1);
    await page.keyboard.press('Home');
    expect(await stops.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.keyboard.press('ArrowDown');
    expect(await stops.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await stops.count()).toBe(1);
  });

  it('is searched by port, and by program', async () => {
    await page.keyboard.press('/');
    await page.keyboard.type(`blog :${strangersPort}`);
    await expect.poll(() => page.locator('[data-cell]').count(), { timeout: 10_000 }).toBe(1);
    await search().fill('no such program');
    await page.getByText('No port is like that').waitFor();
    await search().fill(`:${webPort}`);
    await page.getByText(`Nobody has anything to do with :${webPort}`).waitFor();
    await page.keyboard.press('Enter');
    await inspector(webPort).getByText('Nobody listens on it, leases it or claims it.').waitFor();
    await search().fill('');
  });

  it('narrows to one state, and says so', async () => {
    const reserved = page.getByRole('button', { name: /^reserved/ });
    await reserved.click();
    await page.getByText('No port is like that').waitFor();
    await page.getByRole('button', { name: 'Show all ports' }).click();
    await chip(strangersPort, 'in use').waitFor();
    expect(await reserved.getAttribute('aria-pressed')).toBe('false');
  });
});

describe('A port in the inspector', () => {
  it('is reserved with a note, given back, and reserved again by Undo', async () => {
    await show(webPort);
    await inspector(webPort).getByLabel('What it is for').fill('the demo');
    await inspector(webPort).getByText(`$ clos ports reserve ${webPort} --note 'the demo'`).waitFor();
    await inspector(webPort).getByRole('button', { name: 'Reserve', exact: true }).click();
    await chip(webPort, 'reserved, the demo').waitFor();
    await inspector(webPort).getByRole('button', { name: 'Release', exact: true }).click();
    await noteOf(page, 'no longer reserved').getByRole('button', { name: 'Undo' }).click();
    await inspector(webPort).getByText('· the demo').waitFor();
    const { leases } = await system.client.ports.who({ port: webPort });
    expect(leases.map(({ note, service }) => ({ note, service }))).toEqual([{ note: 'the demo', service: null }]);
    await inspector(webPort).getByRole('button', { name: 'Release', exact: true }).click();
    await inspector(webPort).getByText('Nobody listens on it').waitFor();
  });

  it('is moved to another port, and back', async () => {
    await system.client.services.create(answeringService('web', folder, webPort));
    await system.client.services.start({ id: 'web' }, { waitSeconds: 20 });
    await show(webPort);
    await inspector(webPort).getByRole('link', { name: 'web/http' }).waitFor();
    const other = await freePort();
    await inspector(webPort).getByRole('button', { name: 'Move', exact: true }).click();
    const form = page.getByRole('form', { name: 'Move web/http' });
    await form.getByLabel('To', { exact: true }).fill(String(other));
    await form.getByText(`$ clos ports move web/http ${other}`).waitFor();
    await form.getByRole('button', { name: 'Move', exact: true }).click();
    await inspector(other).getByRole('link', { name: 'web/http' }).waitFor();
    await noteOf(page, `web/http has :${other} now`).getByRole('button', { name: 'Undo' }).click();
    await expect
      .poll(async () => (await system.client.services.get({ id: 'web' })).endpoints[0]?.lease?.port, {
        timeout: 10_000,
      })
      .toBe(webPort);
    await chip(webPort, 'leased, in use').waitFor();
  });

  it('makes a service of whoever listens, under a name of choice, after a preview', async () => {
    await show(strangersPort);
    const form = page.getByRole('form', { name: `Make a service of what listens on ${strangersPort}` });
    await form.getByLabel('Name of the service').fill('mine');
    await form.getByText(`$ clos adopt ${strangersPort} --name mine`).waitFor();
    await form.getByRole('button', { name: 'Preview' }).click();
    await form.getByRole('status', { name: 'Plan' }).waitFor();
    expect((await system.client.services.list()).items.map(({ name }) => name)).toEqual(['web']);
    await form.getByRole('button', { name: 'Make it a service' }).click();
    await noteOf(page, 'mine is a service now').waitFor();
    await chip(strangersPort, 'leased, in use').waitFor();
    await picture(page, 'ports');
    await goTo(page, 'Services');
    await rowOf(page, 'mine').getByText('adopted').waitFor();
    expect(await listenerOf(system, strangersPort)).toBe(stranger.pid);
  });
});

describe('The ranges', () => {
  it('say at each field what is wrong with it', async () => {
    await goTo(page, 'Ports');
    await page.getByRole('button', { name: 'Ranges' }).click();
    const dialog = page.getByRole('dialog', { name: 'Ranges' });
    await dialog.getByLabel('Last').first().fill('3150');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('shares ports with "candlefish" (3000-3150)').waitFor();
    expect(await dialog.locator('[aria-invalid=true]').count()).toBe(1);
    await dialog.getByText('$ clos ports set-range candlefish 3000-3150').waitFor();
  });

  it('are changed, and put back', async () => {
    const dialog = page.getByRole('dialog', { name: 'Ranges' });
    await dialog.getByLabel('Last').first().fill('3089');
    await dialog.getByRole('button', { name: 'Add a range' }).click();
    await dialog.getByLabel('Name').last().fill('demos');
    await dialog.getByLabel('First').last().fill('6000');
    await dialog.getByLabel('Last').last().fill('6099');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('region', { name: 'Range demos' }).getByText('6000–6099').first().waitFor();
    await page.getByRole('region', { name: 'Range candlefish' }).getByText('3000–3089').first().waitFor();
    await noteOf(page, 'The ranges were changed').getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('region', { name: 'Range demos' }).waitFor({ state: 'detached' });
    await page.getByRole('region', { name: 'Range candlefish' }).getByText('3000–3099').first().waitFor();
  });

  it('have broken no rule of the page on the way', () => {
    expect(dashboard.complaints).toEqual([]);
  });
});
