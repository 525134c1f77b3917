import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright';
import { launchBrowser, openDashboard } from '#tests/e2e/dashboard/dashboard.ts';
import { type Desktop, startDesktop } from '#tests/support/electron/desktop.ts';
import { eventually } from '#tests/support/eventually.ts';
import { freePort, holdPort } from '#tests/support/ports.ts';
import { newHome, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';
import { buildIfNeeded } from '../../tools/lib/build.ts';
import type { BenchRow } from './frame/bench-row.ts';
import { median } from './frame/statistics.ts';

const appearancesPerRound = 5;
const rounds = 5;
/** Each port is taken once, so that no row of an earlier conflict is mistaken for it; the first round does not count. */
const services = appearancesPerRound * (rounds + 1);
/** Nothing happens for so long, and what the watch takes meanwhile is counted. */
const idleMs = 20_000;
/** What the last conflict left to do is done by then. */
const settleMs = 3000;
const pollMs = 5;

interface Stage {
  system: TestSystem;
  desktop: Desktop;
  page: Page;
  ports: number[];
}
let stage: Stage | undefined;

function onStage(): Stage {
  if (stage === undefined) throw new Error('The system of this row has not been started');
  return stage;
}

/** The time in ms that a process has had a processor, by the scheduler's own account of each of its threads (`proc(5)`). */
function processorTime(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = threads.map((id) =>
    Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]),
  );
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e6;
}

/** The share of a core in percent that the module with the watch takes while nothing happens. */
async function idleShare(): Promise<number> {
  const { modules } = await onStage().system.client.system.status();
  const pid = modules.find(({ name }) => name === 'resolver')?.pid;
  if (pid == null) throw new Error('The resolver does not run');
  await delay(settleMs);
  const before = processorTime(pid);
  const began = performance.now();
  await delay(idleMs);
  return ((processorTime(pid) - before) / (performance.now() - began)) * 100;
}

async function trayHas(desktop: Desktop, text: string): Promise<void> {
  while (!((await desktop.record()).tooltip ?? '').includes(text)) await delay(pollMs);
}

/** Resolves with the frame in which a row with the text is painted. */
async function rowIsPainted(page: Page, text: string): Promise<void> {
  await page.evaluate(async (wanted) => {
    const isThere = () => [...document.querySelectorAll('[role=row]')].some((row) => row.textContent?.includes(wanted));
    await new Promise<void>((resolve) => {
      const observer = new MutationObserver(() => {
        if (!isThere()) return;
        observer.disconnect();
        requestAnimationFrame(() => requestAnimationFrame(() => resolve()));
      });
      observer.observe(document.body, { subtree: true, childList: true, characterData: true });
    });
  }, text);
}

/** One listener comes: the time until the row is painted on the Conflicts page, and until the tray says so. */
async function appearance(port: number): Promise<{ screen: number; tray: number }> {
  const { page, desktop, system } = onStage();
  const painted = rowIsPainted(page, `:${port}`);
  const stranger = await holdPort(port);
  const began = performance.now();
  const since = () => performance.now() - began;
  try {
    const [screen, tray] = await Promise.all([painted.then(since), trayHas(desktop, '1 port conflict').then(since)]);
    return { screen, tray };
  } finally {
    await stranger.release();
    await eventually(
      () => system.client.conflicts.list({ state: 'open' }),
      ({ items }) => items.length === 0,
    );
    await trayHas(desktop, 'CLOS: 0 running');
  }
}

/**
 * How long after a program has begun to listen on a port that a service claims everybody sees the conflict, and what it costs to
 * find that out while nothing happens.
 *
 * A headless system of real processes with the profile that users have, thirty services that claim a port each, the Conflicts page
 * open in a browser, and the desktop attached, whose tray is asked what it says. The clock starts when the program has said
 * that it listens, which takes about a millisecond to reach us. The share of a core is that of the whole process with the watch
 * in it, its heartbeat and all, over twenty seconds.
 */
const row: BenchRow = {
  row: 14,
  title: 'a listener appears → the conflict is on the screen and in the tray',
  goal: '≤ 1 s at ≤ 0.1 % of a core',
  goals: [
    { measure: 'on the screen', atMost: 1000 },
    { measure: 'in the tray', atMost: 1000 },
    { measure: 'the slowest', atMost: 1000 },
    { measure: 'idle', atMost: 0.1 },
  ],
  rounds,
  measures: {
    'on the screen': { unit: 'ms', better: 'less' },
    'in the tray': { unit: 'ms', better: 'less' },
    'the slowest': { unit: 'ms', better: 'less' },
    idle: { unit: '% of a core', better: 'less' },
  },
  async prepare() {
    if (!(await buildIfNeeded())) throw new Error('The desktop and the dashboard could not be built');
    const home = newHome();
    const ends: Array<() => Promise<unknown> | unknown> = [() => removeHome(home)];
    const end = async (): Promise<void> => {
      stage = undefined;
      for (const each of ends.reverse()) await each();
    };
    const env = { CLOS_PROFILE: 'production', CLOS_LOG_LEVEL: 'info' };
    try {
      const system = await startSystem({ home, env });
      ends.push(system.stop);
      const ports: number[] = [];
      for (let index = 0; index < services; index += 1) {
        const port = await freePort();
        ports.push(port);
        await system.client.services.create({
          name: `web-${index}`,
          runtime: { type: 'process', command: ['node', 'server.js'], cwd: home.root },
          endpoints: [{ name: 'http', hostPort: port }],
        });
      }
      const desktop = await startDesktop(home, { env });
      ends.push(desktop.kill);
      const browser = await launchBrowser();
      ends.push(() => browser.close());
      const { page } = await openDashboard(browser, system);
      await page.goto(new URL('/conflicts', system.discovery.dashboard.url).href);
      await trayHas(desktop, 'CLOS: 0 running');
      stage = { system, desktop, page, ports };
      return end;
    } catch (error) {
      await end();
      throw error;
    }
  },
  async run() {
    const { ports } = onStage();
    const seen: Array<{ screen: number; tray: number }> = [];
    for (const port of ports.splice(0, appearancesPerRound)) seen.push(await appearance(port));
    const idle = await idleShare();
    return {
      'on the screen': median(seen.map(({ screen }) => screen)),
      'in the tray': median(seen.map(({ tray }) => tray)),
      'the slowest': Math.max(...seen.flatMap(({ screen, tray }) => [screen, tray])),
      idle,
    };
  },
  peers: [],
};

export default row;
