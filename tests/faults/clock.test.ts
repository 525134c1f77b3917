import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Service } from '#shared/contract/services.ts';
import { eventually } from '#tests/support/eventually.ts';
import { processOf } from '#tests/support/observed.ts';
import { freePort, holdPort } from '#tests/support/ports.ts';
import { killAtOnce, newHome, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

const home = newHome();
const folder = mkdtempSync(join(tmpdir(), 'clos-clock-'));
const clock = join(folder, 'clock');
const movedClock = fileURLToPath(new URL('../support/clock/moved-clock.ts', import.meta.url));
const env = { CLOS_TEST_CLOCK: clock, NODE_OPTIONS: `--import=${movedClock}` };
const dayMs = 24 * 3_600_000;
let system: TestSystem;

/** Sets the wall clock of all processes of the system. Whole or not at all: they read it at any moment. */
function setClock(offsetMs: number): void {
  writeFileSync(`${clock}.new`, String(offsetMs));
  renameSync(`${clock}.new`, clock);
}

beforeAll(async () => {
  setClock(0);
  system = await startSystem({ home, env });
});
afterAll(async () => {
  const { items } = await system.client.services.list({ limit: 500 });
  for (const { id } of items) await system.client.services.delete({ id }, { waitSeconds: 60 });
  await system.stop();
  removeHome(home);
  rmSync(folder, { recursive: true });
});

const node = (script: string) => ({
  type: 'process' as const,
  command: [process.execPath, '-e', script],
  cwd: folder,
});
const stays = 'setInterval(() => undefined, 1000)';
const get = (id: string) => system.client.services.get({ id });
const until = (id: string, right: (service: Service) => boolean) => eventually(() => get(id), right);

/** The year that the api thinks it is. */
async function yearOf(service: string): Promise<number> {
  return new Date((await get(service)).createdAt).getFullYear();
}

/** Whose operations came after that one, the newest first. */
async function operationsAfter(id: string | undefined): Promise<string[]> {
  const { items } = await system.client.operations.list({ limit: 500 });
  const index = items.findIndex((operation) => operation.id === id);
  return items.slice(0, index < 0 ? items.length : index).map(({ subject }) => subject.name ?? '');
}

describe.each([
  ['a day ahead', 'day-on', dayMs],
  ['back', 'day-back', 0],
  ['a day behind', 'day-behind', -dayMs],
  ['ten years ahead', 'decade-on', 3650 * dayMs],
  ['ten years behind', 'decade-behind', -3650 * dayMs],
  ['back where it was', 'again', 0],
])('a clock that jumps %s', (_where, label, offset) => {
  it('does not keep a service from being started again, one that waits from starting, or commands from being done in order', {
    timeout: 60_000,
  }, async () => {
    const port = await freePort();
    const held = await holdPort(port);
    await system.client.services.create({
      name: `${label}-crashes`,
      runtime: node(stays),
      restart: { policy: 'always', maxRetries: 5 },
    });
    await system.client.services.create({
      name: `${label}-waits`,
      runtime: node(`require('node:http').createServer().listen(${port}, '127.0.0.1')`),
      endpoints: [{ name: 'http', hostPort: port }],
      onConflict: 'wait',
    });
    await system.client.services.start({ id: `${label}-crashes` }, { waitSeconds: 30 });
    await system.client.services.start({ id: `${label}-waits` }, { waitSeconds: 1 }).catch(() => undefined);
    const running = await until(`${label}-crashes`, ({ status }) => status === 'running');
    const [before] = (await system.client.operations.list({ limit: 1 })).items;
    const { seq } = await system.client.system.status();

    setClock(offset);
    await system.client.services.create({ name: `${label}-new`, runtime: node(stays) });
    process.kill(processOf(running)?.pid ?? 0, 'SIGKILL');
    await held.release();
    const [restarted, started] = await Promise.all([
      until(`${label}-crashes`, (now) => now.status === 'running' && processOf(now)?.pid !== processOf(running)?.pid),
      until(`${label}-waits`, ({ status }) => status === 'running'),
    ]);
    for (const verb of ['start', 'stop', 'start'] as const) {
      await system.client.services[verb]({ id: `${label}-new` }, { waitSeconds: 30 });
    }
    const { items } = await system.client.events.list({ after: seq, limit: 500 });
    const done = await operationsAfter(before?.id);

    expect([restarted.status, started.status, await yearOf(`${label}-new`)]).toEqual([
      'running',
      'running',
      new Date(Date.now() + offset).getFullYear(),
    ]);
    // Numbered without a gap, in the order in which it happened.
    expect(items.map((event) => event.seq)).toEqual(items.map((_event, index) => seq + 1 + index));
    // What was done last is the first of the list.
    expect(done.slice(0, 3)).toEqual([`${label}-new`, `${label}-new`, `${label}-new`]);
    expect(done).toContain(`${label}-crashes`);
    expect((await system.client.system.status()).modules.map(({ state, restarts }) => [state, restarts])).toEqual(
      Array.from({ length: 6 }, () => ['ready', 0]),
    );
  });
});

describe('a clock that was ahead, and is right when CLOS starts again', () => {
  it('does not bring order into disorder: what is new comes after what was there', async () => {
    setClock(3650 * dayMs);
    await system.client.services.create({ name: 'ahead', runtime: node(stays) });
    await system.client.services.start({ id: 'ahead' }, { waitSeconds: 30 });
    await killAtOnce(system);
    setClock(0);
    system = await startSystem({ home, env });
    const made = await system.client.services.create({ name: 'right', runtime: node(stays) });
    await system.client.services.start({ id: 'right' }, { waitSeconds: 30 });
    const ahead = await get('ahead');
    const [newest] = (await system.client.operations.list({ limit: 1 })).items;

    expect([made.id > ahead.id, newest?.subject.name, await yearOf('right')]).toEqual([
      true,
      'right',
      new Date().getFullYear(),
    ]);
  });
});
