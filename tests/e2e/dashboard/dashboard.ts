import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Locator, type Page } from 'playwright';
import type { TestSystem } from '#tests/support/system.ts';

/** Set it to a folder name below docs/ (`CLOS_SCREENSHOTS=images`) to keep pictures of the pages. */
const pictures = process.env.CLOS_SCREENSHOTS;

export interface PageOptions {
  colorScheme?: 'light' | 'dark';
}

/** A dashboard in a real browser, and what the page complained about. */
export interface Dashboard {
  page: Page;
  complaints: string[];
  close(): Promise<void>;
}

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CLOS_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

/** Opens the dashboard by a sign-in link, as `clos open` does. */
export async function openDashboard(
  browser: Browser,
  system: TestSystem,
  { colorScheme = 'light' }: PageOptions = {},
): Promise<Dashboard> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    colorScheme,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // Chromium itself reports every answer of 4xx; those are part of the tests.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text());
  });
  const { url } = await system.client.auth.createSignInLink();
  await page.goto(url);
  await page.getByRole('navigation', { name: 'Pages' }).waitFor();
  return { page, complaints, close: () => context.close() };
}

/** Goes to a page by the rail. */
export async function goTo(page: Page, label: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: label }).click();
  await page.getByRole('heading', { level: 1, name: label }).waitFor();
}

/** The row of a list that holds a text. */
export function rowOf(page: Page, text: string): Locator {
  return page.getByRole('row').filter({ hasText: text });
}

/** What the list of the services says of the status of one. */
export function statusOf(page: Page, service: string): Locator {
  return rowOf(page, service).getByRole('gridcell').nth(1);
}

/** The note at the edge that holds a text. */
export function noteOf(page: Page, text: string | RegExp): Locator {
  return page.getByRole('region', { name: 'Notes' }).locator('> div').filter({ hasText: text });
}

/** Keeps a picture for the README, only when pictures were asked for. */
export async function picture(page: Page, name: string): Promise<void> {
  if (pictures === undefined) return;
  const folder = fileURLToPath(new URL(`../../../docs/${pictures}/`, import.meta.url));
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: `${folder}${name}.png` });
}
