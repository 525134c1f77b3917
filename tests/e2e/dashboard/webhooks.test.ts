import { writeFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCoreDb } from '#main/database/core-db.ts';
import { insertSession } from '#main/database/keys.ts';
import { hashToken } from '#main/http/authenticate.ts';
import { newHome, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';
import { startReceiver, type WebhookReceiver } from '#tests/support/webhook-receiver.ts';
import { type Dashboard, goTo, launchBrowser, noteOf, openDashboard, picture, rowOf } from './dashboard.ts';

const home = newHome();
let system: TestSystem;
let browser: Browser;
let dashboard: Dashboard;
let page: Page;
let receiver: WebhookReceiver;
let answer = 204;

beforeAll(async () => {
  // So long that nothing is tried again while somebody looks.
  writeFileSync(home.configFile, JSON.stringify({ webhooks: { firstDelayMs: 3_600_000 } }));
  [system, browser, receiver] = await Promise.all([
    startSystem({ home }),
    launchBrowser(),
    startReceiver(() => answer),
  ]);
  dashboard = await openDashboard(browser, system);
  page = dashboard.page;
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await receiver?.close();
  await system?.stop();
  removeHome(home);
});

const inspector = () => page.getByRole('complementary', { name: 'Webhook' });
const dialog = () => page.getByRole('dialog');
const deliveries = () => inspector().getByRole('list', { name: 'Deliveries' }).getByRole('listitem');
const reserve = () => system.client.ports.lease({ port: 'auto', note: 'a note' });

async function onlyWebhook() {
  const [webhook] = (await system.client.webhooks.list()).items;
  if (webhook === undefined) throw new Error('There is no webhook');
  return webhook;
}

describe('The webhooks in the settings', () => {
  it('say what one is while there is none', async () => {
    await goTo(page, 'Settings');
    await page
      .getByRole('navigation', { name: 'Parts of the settings' })
      .getByRole('link', { name: 'Webhooks' })
      .click();
    await page.getByText('Nobody is told of events').waitFor();
    await picture(page, 'webhooks-empty');
  });

  it('are added with the events that they get, and the command that does the same', async () => {
    await page.getByRole('button', { name: 'Add a webhook' }).click();
    await dialog().getByLabel('Where events are posted to').fill(receiver.url);
    await dialog().getByText('Only some').click();
    expect(await dialog().getByRole('button', { name: 'Add', exact: true }).isDisabled()).toBe(true);
    await dialog().getByLabel('port.reserved').check();
    await dialog().getByText(`$ clos webhooks add ${receiver.url} --type port.reserved`).waitFor();
    await picture(page, 'webhooks-add');
    await dialog().getByRole('button', { name: 'Add', exact: true }).click();
    await inspector().waitFor();

    const { id, url, types } = await onlyWebhook();
    expect([new URL(page.url()).pathname, url, types]).toEqual([
      `/settings/webhooks/${id}`,
      receiver.url,
      ['port.reserved'],
    ]);
  });

  it('tell the secret once, to be copied', async () => {
    const secret = inspector().getByRole('region', { name: 'Secret' });
    await secret.getByText(/^whsec_[A-Za-z0-9+/]{43}=$/).waitFor();
    expect(await secret.getByRole('button', { name: 'Copy the secret' }).count()).toBe(1);
    await picture(page, 'webhooks-secret');
    await secret.getByRole('button', { name: 'I have it' }).click();
    await secret.waitFor({ state: 'detached' });
    await page.reload();
    await inspector().getByText('Nothing was sent yet.').waitFor();
    expect(await page.getByText('whsec_').count()).toBe(0);
  });

  it('are tested, and say what came of it', async () => {
    await inspector().getByRole('button', { name: 'Send a test' }).click();
    await inspector().getByText('The test was taken: HTTP 204.').waitFor();
    answer = 500;
    await inspector().getByRole('button', { name: 'Send a test' }).click();
    await inspector().getByText('The test was not taken. The answer was HTTP 500.').waitFor();
    answer = 204;
    expect(receiver.received.map(({ event }) => event.type)).toEqual(['webhook.test', 'webhook.test']);
  });

  it('show what was sent, what came of it and why', async () => {
    await reserve();
    await expect
      .poll(() => deliveries().allTextContents(), { timeout: 10_000 })
      .toEqual([expect.stringMatching(/^port\.reserved \d+just nowHTTP 204$/)]);
    answer = 503;
    await reserve();
    await expect
      .poll(() => deliveries().allTextContents(), { timeout: 10_000 })
      .toEqual([
        expect.stringMatching(/^port\.reserved \d+just nowattempt 1, again at .*\d\d:\d\dThe answer was HTTP 503\.$/),
        expect.stringMatching(/^port\.reserved \d+just nowHTTP 204$/),
      ]);
    await rowOf(page, receiver.url).getByText('retries').waitFor();
    await picture(page, 'webhooks');
    await inspector().getByRole('group', { name: 'Which deliveries' }).getByText('Failed').click();
    await inspector().getByText('None is like that.').waitFor();
  });

  it('are disabled and enabled, and that can be undone', async () => {
    const { id } = await onlyWebhook();
    await inspector().getByRole('button', { name: 'Disable' }).click();
    const note = noteOf(page, 'gets no more events');
    await note.getByText(`$ clos webhooks disable ${id}`).waitFor();
    await rowOf(page, receiver.url).getByText('off').waitFor();
    expect((await onlyWebhook()).enabled).toBe(false);
    await note.getByRole('button', { name: 'Undo' }).click();
    await noteOf(page, 'Undone').waitFor();
    await inspector().getByRole('button', { name: 'Disable' }).waitFor();
    expect((await onlyWebhook()).enabled).toBe(true);
  });

  it('are removed once that was confirmed', async () => {
    const { id } = await onlyWebhook();
    await inspector().getByRole('button', { name: 'Remove' }).click();
    await dialog().getByText('its secret and the record of its deliveries go').waitFor();
    await dialog().getByText(`$ clos webhooks rm ${id}`).waitFor();
    await dialog().getByRole('button', { name: 'Remove', exact: true }).click();
    await noteOf(page, 'was removed').waitFor();
    await page.getByText('Nobody is told of events').waitFor();
    expect((await system.client.webhooks.list()).items).toEqual([]);
  });

  it('have broken no rule of the page on the way', () => {
    expect(dashboard.complaints).toEqual([]);
  });

  it('are not offered to who may not read them', async () => {
    await system.stop();
    const token = `clos_s_${'a'.repeat(43)}`;
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const db = openCoreDb({ path: home.coreDb, migrationsDir: 'migrations', backupsDir: home.backupsDir });
    await db.commit((write) =>
      insertSession(write, { name: 'browser', role: 'viewer', hash: hashToken(token), expiresAt }),
    );
    await db.close();
    system = await startSystem({ home });
    const context = await browser.newContext();
    await context.addInitScript((word) => sessionStorage.setItem('clos.token', word), token);
    const theirs = await context.newPage();
    await theirs.goto(new URL('/settings', system.discovery.dashboard.url).href);
    await theirs.getByRole('link', { name: 'Conflicts', exact: true }).last().waitFor();
    await theirs.getByText('When a port is taken').first().waitFor();
    expect(await theirs.getByRole('link', { name: 'Webhooks' }).count()).toBe(0);
    await theirs.goto(new URL('/settings/webhooks', system.discovery.dashboard.url).href);
    await theirs.getByRole('alert').getByText('Sign in with a key that may do this.').waitFor();
    expect(await theirs.getByRole('button', { name: 'New' }).count()).toBe(0);
    await context.close();
  });
});
