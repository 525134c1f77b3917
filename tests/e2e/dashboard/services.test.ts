import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinWords } from '#renderer/lib/words.ts';
import { freePort } from '#tests/support/ports.ts';
import { removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';
import { type Dashboard, goTo, launchBrowser, noteOf, openDashboard, picture, rowOf, statusOf } from './dashboard.ts';
import {
  answering,
  answeringService,
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
let webPort: number;
let strangersPort: number;
let stranger: Stranger;

beforeAll(async () => {
  folder = newFolder('shop');
  [system, browser] = await Promise.all([startSystem(), launchBrowser()]);
  webPort = await freePort();
  strangersPort = await freePort();
  stranger = await startStranger(strangersPort);
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
const field = (label: string) => dialog().getByLabel(label, { exact: true });
const inspector = (name: string) => page.getByRole('complementary', { name: `Service ${name}` });

describe('The first page of a new home', () => {
  it('lists what runs here already, and takes over what is asked for', async () => {
    const found = page.getByRole('region', { name: 'Found on this machine' });
    await found.getByText(/dev servers? found on this machine\. Adopt them\?/).waitFor();
    const row = found
      .getByRole('listitem')
      .filter({ has: page.getByRole('button', { name: `Port ${strangersPort}, in use` }) });
    await picture(page, 'overview-new');
    await row.getByRole('button', { name: 'Adopt' }).click();
    await noteOf(page, 'blog is a service now').waitFor();
    await page.getByText('1 service', { exact: true }).waitFor();
    const [adopted] = (await system.client.services.list()).items;
    expect(adopted?.runtime).toMatchObject({ type: 'process', observed: { pid: stranger.pid, adopted: true } });
    await system.client.operations.undo({ id: (await system.client.operations.list({ limit: 1 })).items[0]?.id ?? '' });
  });
});

describe('A process as a service', () => {
  it('is registered in the form, with templates for its port', async () => {
    await goTo(page, 'Services');
    await page.getByRole('button', { name: 'New', exact: true }).click();
    await dialog().getByText('Process', { exact: true }).click();
    await field('Name').first().fill('web');
    await field('Port').fill(String(webPort));
    await field('Command').fill(`node -e "unfinished`);
    await field('Folder').fill('src/shop');
    await dialog().getByRole('button', { name: 'Register' }).click();
    await dialog().getByText('has a " that is never closed').waitFor();
    await dialog().getByText('must be an absolute path').waitFor();

    await field('Command').fill(joinWords(['node', '-e', answering]));
    await field('Folder').fill(folder);
    await field('Environment').fill(`PORT=$` + '{endpoints.http.port}\nSAYS=web');
    await dialog()
      .getByTitle(`Copy $` + '{endpoints.http.port}', { exact: true })
      .waitFor();
    await dialog()
      .getByText(new RegExp(`^\\$ clos create web --port ${webPort} --cwd ${folder} -e `))
      .waitFor();
    await dialog().getByRole('button', { name: 'Register' }).click();
    await inspector('web').waitFor();
    await inspector('web').getByText('It has no process yet.').waitFor();
  });

  it('starts, answers on its port, and says how it runs', async () => {
    await inspector('web').getByRole('button', { name: 'Start', exact: true }).click();
    await expect.poll(() => statusOf(page, 'web').textContent(), { timeout: 20_000 }).toBe('running');
    expect(await (await fetch(`http://127.0.0.1:${webPort}/`)).text()).toBe('web');
    const { runtime } = await system.client.services.get({ id: 'web' });
    const pid = runtime.type === 'process' ? runtime.observed?.pid : undefined;
    await inspector('web').getByText(`pid ${pid} · running`).waitFor();
    await inspector('web').getByText(folder).waitFor();
    await page
      .getByRole('button', { name: `Port ${webPort}, leased, in use` })
      .first()
      .waitFor();
    await picture(page, 'process');
  });

  it('shows what it wrote', async () => {
    await inspector('web').getByRole('link', { name: 'Logs' }).click();
    await page.getByRole('log', { name: 'Output of web' }).getByText('it listens').waitFor();
  });

  it('says how it ended', async () => {
    const { runtime } = await system.client.services.get({ id: 'web' });
    const pid = runtime.type === 'process' ? runtime.observed?.pid : undefined;
    process.kill(pid ?? 0, 'SIGKILL');
    await inspector('web').getByRole('link', { name: 'Details' }).click();
    await inspector('web').getByText('ended by SIGKILL').first().waitFor({ timeout: 20_000 });
    await expect.poll(() => statusOf(page, 'web').textContent(), { timeout: 10_000 }).toMatch(/^failed just now/);
  });
});

describe('What CLOS only watches', () => {
  it('has ports, and nothing that starts or stops it', async () => {
    await page.getByRole('button', { name: 'New', exact: true }).click();
    await dialog().getByText('External', { exact: true }).click();
    await field('Name').first().fill('legacy');
    await dialog().getByRole('button', { name: 'Register' }).click();
    await dialog().getByText('a port, 1 to 65535: CLOS does not choose it').waitFor();
    await field('Port').fill(String(await freePort()));
    await dialog().getByRole('button', { name: 'Register' }).click();
    await inspector('legacy').waitFor();
    expect(await inspector('legacy').getByRole('button', { name: 'Start', exact: true }).count()).toBe(0);
    expect(await page.getByLabel('Select legacy').count()).toBe(0);
    await page.keyboard.press('Escape');
  });
});

describe('Several services', () => {
  it('start by one plan that is shown first', async () => {
    const [api, docs] = [await freePort(), await freePort()];
    await system.client.services.create(answeringService('api', folder, api));
    await system.client.services.create(answeringService('docs', folder, docs));
    await rowOf(page, 'api').hover();
    await page.getByLabel('Select api').check();
    await page.getByLabel('Select docs').check();
    const bar = page.getByRole('region', { name: 'Selection' });
    await bar.getByText('$ clos start api docs').waitFor();
    await bar.getByRole('button', { name: 'Start all' }).click();
    const plan = dialog().getByRole('status', { name: 'Plan' });
    await plan.getByText(`Lease :${api} to api/http`).waitFor();
    await plan.getByText(`Lease :${docs} to docs/http`).waitFor();
    await picture(page, 'start-several');
    await dialog().getByRole('button', { name: 'Start all' }).click();
    await dialog().waitFor({ state: 'detached', timeout: 20_000 });
    await noteOf(page, '2 services started').waitFor();
    await expect.poll(() => statusOf(page, 'api').textContent(), { timeout: 10_000 }).toBe('running');
    await expect.poll(() => statusOf(page, 'docs').textContent(), { timeout: 10_000 }).toBe('running');
    expect(await bar.count()).toBe(0);
  });

  it('have broken no rule of the page on the way', () => {
    expect(dashboard.complaints).toEqual([]);
  });
});
