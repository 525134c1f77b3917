import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '#tests/support/eventually.ts';
import { freePort } from '#tests/support/ports.ts';
import { removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';
import { type Dashboard, goTo, launchBrowser, noteOf, openDashboard, picture, rowOf, statusOf } from './dashboard.ts';
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
let port: number;
let folder: string;
let stranger: Stranger | null = null;

beforeAll(async () => {
  folder = newFolder('shop');
  [system, browser, port] = await Promise.all([startSystem(), launchBrowser(), freePort()]);
  await system.client.services.create(answeringService('web', folder, port));
  dashboard = await openDashboard(browser, system);
  page = dashboard.page;
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await strangerLeaves();
  if (system !== undefined) await removeServices(system);
  await system?.stop();
  removeFolder(folder);
  if (system !== undefined) removeHome(system.home);
});

const card = () => page.getByRole('dialog').getByRole('article', { name: `web wants :${port}` });
const answer = async (at = port) => (await fetch(`http://127.0.0.1:${at}/`)).text();

async function strangerLeaves(): Promise<void> {
  const leaving = stranger;
  stranger = null;
  await leaving?.leave();
}

/** Starts web while a stranger has its port, and waits for the card. */
async function meetConflict(): Promise<void> {
  stranger = await startStranger(port);
  await page.goto(new URL('/services/web', system.discovery.dashboard.url).href);
  await page.getByRole('complementary').getByRole('button', { name: 'Start', exact: true }).click();
  await card().waitFor();
}

async function choose(title: RegExp): Promise<void> {
  await card().getByRole('radio', { name: title }).check();
  await card().getByRole('button', { name: 'Do it' }).click();
}

describe('A conflict in the dashboard', () => {
  it('says who holds the port, and offers the ways out, the recommended one first', async () => {
    await meetConflict();
    const held = await card().getByText('held by').locator('..').textContent();
    expect(held).toMatch(/^held bynodenode server\.js \d+pid \d+ · .* · since \d\d:\d\d, just now/);
    expect(held).toContain(`pid ${stranger?.pid} `);
    expect(held).toMatch(/blog\/.*\/blogmain$/);
    const titles = await card()
      .getByRole('radio')
      .evaluateAll((inputs) => inputs.map((input) => (input as HTMLInputElement).labels?.[0]?.textContent ?? ''));
    expect(titles.map((title) => title.split(/ |recommended/)[0])).toEqual(['Run', 'Start', 'Make', 'End']);
    expect(titles[0]).toContain('recommended');
    expect(titles[3]).toContain('high risk · can be undone');
    await picture(page, 'conflict');
  });

  it('shows as a preview what would be done, and does nothing', async () => {
    await card().getByRole('radio', { name: /End/ }).check();
    await card().getByRole('button', { name: 'Preview' }).click();
    const plan = card().getByRole('status', { name: 'Plan' });
    await plan.getByRole('listitem').first().waitFor();
    expect(await plan.getByRole('listitem').allTextContents()).toEqual([
      expect.stringMatching(
        new RegExp(`^End .*node server\\.js ${port} \\(pid ${stranger?.pid}\\): TERM, KILL after 10 s$`),
      ),
      'Check the ports',
      expect.stringMatching(/^Start .*node -e /),
      `Wait until :${port} answers`,
    ]);
    expect(await listenerOf(system, port)).toBe(stranger?.pid);
    await card()
      .getByText(/^\$ clos resolve cfl_.* --option end-process$/)
      .waitFor();
  });

  it('asks once more, in place, before it ends a program, and takes a no', async () => {
    await card().getByRole('button', { name: 'Do it' }).click();
    const question = card().getByRole('alert');
    await question.getByText('Can be undone.').waitFor();
    await question.getByRole('button', { name: 'Leave it' }).click();
    await question.waitFor({ state: 'detached' });
    expect(await listenerOf(system, port)).toBe(stranger?.pid);
  });

  it('ends the program, starts the service, and takes all of it back', async () => {
    await card().getByRole('button', { name: 'Do it' }).click();
    await card().getByRole('button', { name: 'Yes, do it' }).click();
    await card().waitFor({ state: 'detached', timeout: 20_000 });
    await expect.poll(() => statusOf(page, 'web').textContent(), { timeout: 10_000 }).toBe('running');
    expect(await answer()).toBe('web');

    await noteOf(page, `web has :${port}`).getByRole('button', { name: 'Undo' }).click();
    await noteOf(page, 'Undone').waitFor({ timeout: 20_000 });
    const again = await eventually(
      () => listenerOf(system, port),
      (pid) => pid !== null,
    );
    expect(again).not.toBe(stranger?.pid);
    expect((await system.client.services.get({ id: 'web' })).status).not.toBe('running');
    if (again !== null) process.kill(again, 'SIGKILL');
    await strangerLeaves();
  });

  it('lets the service wait, says so, and starts it when the port frees', async () => {
    await meetConflict();
    await choose(/Start web when/);
    await card().waitFor({ state: 'detached' });
    await expect
      .poll(() => statusOf(page, 'web').textContent(), { timeout: 10_000 })
      .toBe(`starts by itself when :${port} frees`);
    await goTo(page, 'Conflicts');
    await page.getByRole('region', { name: 'Waiting' }).getByText(`starts by itself when :${port} frees`).waitFor();
    await goTo(page, 'Overview');
    await page.getByRole('region', { name: 'Wants you' }).getByText('starts by itself').waitFor();
    await picture(page, 'waiting');

    await strangerLeaves();
    await goTo(page, 'Services');
    await expect.poll(() => statusOf(page, 'web').textContent(), { timeout: 30_000 }).toBe('running');
    expect(await answer()).toBe('web');
    await system.client.services.stop({ id: 'web' }, { waitSeconds: 10 });
  });

  it('calls a wait off', async () => {
    await meetConflict();
    await choose(/Start web when/);
    await card().waitFor({ state: 'detached' });
    await goTo(page, 'Conflicts');
    await page.getByRole('region', { name: 'Waiting' }).getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('region', { name: 'Waiting' }).waitFor({ state: 'detached' });
    expect((await system.client.services.get({ id: 'web' })).waits).toBe(false);
    await strangerLeaves();
  });

  it('makes a service of whoever holds the port', async () => {
    await meetConflict();
    await choose(/Make .* a service here/);
    await card().waitFor({ state: 'detached', timeout: 20_000 });
    await noteOf(page, 'is a service now').waitFor();
    const adopted = rowOf(page, 'adopted');
    await adopted.waitFor();
    expect(await adopted.getByRole('gridcell').nth(1).textContent()).toBe('running');
    expect(await listenerOf(system, port)).toBe(stranger?.pid);
  });

  it('runs the service elsewhere when another service has the port, and brings it back from the history', async () => {
    await page.goto(new URL('/services/web', system.discovery.dashboard.url).href);
    await page.getByRole('complementary').getByRole('button', { name: 'Start', exact: true }).click();
    await card().waitFor();
    await choose(/Run web on/);
    await card().waitFor({ state: 'detached', timeout: 20_000 });
    await expect.poll(() => statusOf(page, 'web').textContent(), { timeout: 10_000 }).toBe('running');
    const moved = (await system.client.services.get({ id: 'web' })).endpoints[0]?.lease?.port ?? 0;
    expect(moved).not.toBe(port);
    expect(await answer(moved)).toBe('web');

    await goTo(page, 'Conflicts');
    await rowOf(page, 'web').first().click();
    const inspector = page.getByRole('complementary', { name: 'Conflict' });
    await inspector.getByText(/It is resolved/).waitFor();
    await picture(page, 'conflicts');
    await inspector.getByRole('button', { name: 'Undo' }).click();
    await noteOf(page, 'Undone').waitFor({ timeout: 20_000 });
    await inspector.getByRole('button', { name: 'Undo' }).waitFor({ state: 'detached' });
    const { status, endpoints } = await system.client.services.get({ id: 'web' });
    expect({ status, port: endpoints[0]?.lease?.port ?? null }).not.toEqual({ status: 'running', port: moved });
  });

  it('has no way to end a program that is protected by the settings', async () => {
    await goTo(page, 'Settings');
    const rules = page.getByRole('region', { name: 'Protected programs' });
    await rules.getByLabel('Program', { exact: true }).fill('node');
    await rules.getByText('$ clos protect node').waitFor();
    await rules.getByRole('button', { name: 'Add' }).click();
    await rules.getByRole('button', { name: 'Remove node' }).waitFor();

    const other = await freePort();
    await system.client.services.create(answeringService('docs', folder, other));
    const held = await startStranger(other);
    try {
      await page.goto(new URL('/services/docs', system.discovery.dashboard.url).href);
      await page.getByRole('complementary').getByRole('button', { name: 'Start', exact: true }).click();
      const docs = page.getByRole('dialog').getByRole('article', { name: `docs wants :${other}` });
      await docs.getByText('protected', { exact: true }).waitFor();
      expect(await docs.getByRole('radio', { name: /End/ }).count()).toBe(0);
    } finally {
      await held.leave();
    }
  });

  it('takes what the settings say for every service that says nothing else, and takes that back', async () => {
    await page.keyboard.press('Escape');
    await goTo(page, 'Settings');
    // The choice shows a moment after the click.
    await page.getByRole('radio', { name: /take another/ }).click();
    await page
      .getByRole('region', { name: 'When a port is taken' })
      .getByText('$ clos settings on-conflict reassign')
      .waitFor();
    const undo = noteOf(page, 'When a port is taken').getByRole('button', { name: 'Undo' });
    await undo.waitFor();
    expect((await system.client.settings.conflicts()).onConflict).toBe('reassign');
    await undo.click();
    await expect
      .poll(async () => (await system.client.settings.conflicts()).onConflict, { timeout: 10_000 })
      .toBe('ask');
    await expect.poll(() => page.getByRole('radio', { name: /^ask/ }).isChecked(), { timeout: 10_000 }).toBe(true);
  });

  it('has broken no rule of the page on the way', () => {
    expect(dashboard.complaints).toEqual([]);
  });
});
