import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '#tests/support/ports.ts';
import { removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';
import { type Dashboard, goTo, launchBrowser, openDashboard, picture } from './dashboard.ts';
import { answeringService, newFolder, removeFolder, removeServices } from './programs.ts';

let system: TestSystem;
let browser: Browser;
let dashboard: Dashboard;
let page: Page;
let folder: string;
let port: number;
const patient = { waitSeconds: 30 };

beforeAll(async () => {
  folder = newFolder('shop');
  [system, browser, port] = await Promise.all([startSystem(), launchBrowser(), freePort()]);
  const { client } = system;
  await client.services.create(answeringService('web', folder, port));
  await client.services.start({ id: 'web' }, patient);
  await client.services.stop({ id: 'web' }, patient);
  const { revision } = await client.services.get({ id: 'web' });
  await client.services.update({ id: 'web', env: { COLOUR: 'red' } }, { ifMatch: revision });
  dashboard = await openDashboard(browser, system);
  page = dashboard.page;
}, 120_000);

afterAll(async () => {
  await browser?.close();
  if (system !== undefined) await removeServices(system);
  await system?.stop();
  removeFolder(folder);
  if (system !== undefined) removeHome(system.home);
});

const events = () => page.getByRole('region', { name: 'Events' });
const rows = () => events().getByRole('listitem');
const inspector = () => page.getByRole('complementary', { name: 'Event' });

async function choose(group: string, label: string): Promise<void> {
  await page.getByRole('group', { name: group }).getByText(label, { exact: true }).click();
}

describe('The timeline', () => {
  it('says what happened, newest first, and by whom', async () => {
    await goTo(page, 'Timeline');
    await rows().first().waitFor();
    const texts = await rows().allTextContents();
    expect(texts[0]).toMatch(/web was changed: env\.COLOUR.*by owner$/);
    expect(texts.some((text) => /web is running/.test(text))).toBe(true);
    expect(texts.some((text) => /web is starting/.test(text))).toBe(false);
    await picture(page, 'timeline');
  });

  it('shows every step when asked for, and narrows to what it is about and who did it', async () => {
    await page.getByLabel('Every step').check();
    await events().getByText('web is starting').waitFor();
    await choose('About', 'Ports');
    await events().getByText(`:${port} was leased to web`).waitFor();
    expect(await events().getByText('web is running').count()).toBe(0);
    await choose('Done by', 'From outside');
    await page.getByText('No event here is like that').waitFor();
    await choose('Done by', 'Anyone');
    await choose('About', 'Everything');
    await page.getByLabel('Filter events').fill('is running');
    await expect.poll(() => rows().count(), { timeout: 10_000 }).toBe(1);
    await page.getByLabel('Filter events').fill('');
  });

  it('opens an event: why it was, what else followed, and how the service was right after', async () => {
    await events()
      .getByRole('button', { name: /web is running/ })
      .click();
    await inspector().getByText('Who and when').waitFor();
    await inspector().getByText('What else followed from this request').waitFor();
    await inspector()
      .getByText(/^:\d+ · wanted$/)
      .waitFor();
    expect(
      await inspector()
        .getByText(/^pid \d+, running$/)
        .count(),
    ).toBe(1);
    await inspector().getByText('Done', { exact: true }).waitFor();
    const seq = Number(new URL(page.url()).pathname.split('/').at(-1));
    await inspector().getByText(`$ clos ps --at ${seq}`).waitFor();
    expect((await system.client.services.get({ id: 'web', at: seq })).status).toBe('running');
    await picture(page, 'timeline-event');
    await page.keyboard.press('Escape');
    await inspector().waitFor({ state: 'detached' });
  });

  it('tells what happens as it happens, above what was', async () => {
    await page.getByLabel('Every step').uncheck();
    await system.client.services.start({ id: 'web' }, patient);
    await expect.poll(async () => (await rows().allTextContents())[0], { timeout: 10_000 }).toMatch(/web is running/);
  });

  it('goes back to the beginning', async () => {
    await events().getByText('The history begins here.').waitFor();
    expect((await rows().allTextContents()).at(-1)).toMatch(/./);
  });

  it('has broken no rule of the page on the way', () => {
    expect(dashboard.complaints).toEqual([]);
  });
});

describe('What is being done', () => {
  it('shows in the overview and at its service, step by step, and ends when it is cancelled', async () => {
    const slow = `setTimeout(() => {}, 60_000)`;
    await system.client.services.create({
      name: 'slow',
      runtime: { type: 'process', command: ['node', '-e', slow], cwd: folder },
      endpoints: [{ name: 'http', hostPort: 'auto' }],
    });
    const begun = await system.client.services.start({ id: 'slow' }, { waitSeconds: 0 });
    await goTo(page, 'Overview');
    const progress = page.getByRole('region', { name: 'In progress' });
    await progress.getByText('Start of slow · by owner').waitFor();
    await picture(page, 'in-progress');
    await page.goto(new URL('/services/slow', system.discovery.dashboard.url).href);
    await progress.getByRole('button', { name: 'Cancel' }).click();
    await progress.waitFor({ state: 'detached', timeout: 30_000 });
    expect((await system.client.operations.get({ id: begun.id })).status).not.toBe('running');
  });
});
