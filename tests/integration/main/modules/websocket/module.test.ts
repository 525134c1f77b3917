import { afterAll, beforeAll, expect, it } from 'vitest';
import { openCoreDb } from '#main/database/core-db.ts';
import { websocket } from '#main/modules/websocket/websocket.ts';
import type { RunningModule } from '#main/supervisor/module.ts';
import { connectLive } from '#tests/support/live-client.ts';
import { subscribe } from '#tests/support/live-server.ts';
import { createModuleWorld, type ModuleWorld } from '#tests/support/module-context.ts';

let world: ModuleWorld;
let running: RunningModule;
let url: string;

beforeAll(async () => {
  world = createModuleWorld();
  const { coreDb, backupsDir } = world.home;
  await openCoreDb({ path: coreDb, migrationsDir: 'migrations', backupsDir }).close();
  running = await websocket.start(world.contextOf('websocket'));
  url = `ws://127.0.0.1:${running.ports.websocket}/ws`;
});
afterAll(async () => {
  await running.stop();
  world.dispose();
});

it('passes on the values that a sibling publishes, and lets a sibling list and close connections', async () => {
  const monitor = world.contextOf('monitor').sibling('websocket').internal;
  const client = await connectLive(url, { authorization: `Bearer ${world.serviceKeys.supervisor}` });
  client.send(subscribe(1, ['metric'], { subjects: ['monitor'] }));
  await client.until((all) => all.length === 1);
  const metric = { subject: 'monitor', time: '2026-01-02T03:04:05.000Z', values: { residentBytes: 5, cpu: null } };
  await monitor.publishMetrics({ metrics: [metric, { ...metric, subject: 'worker' }] });
  const messages = await client.until((all) => all.length === 2);

  const { items } = await monitor.listConnections({});
  const [{ id } = { id: '' }] = items;
  expect(messages[1]).toEqual({ type: 'metric', ...metric });
  expect(items).toMatchObject([{ client: { who: { type: 'module', id: 'supervisor' } }, subjects: ['monitor'] }]);
  expect([await monitor.closeConnection({ id }), (await client.closed).code]).toEqual([{ closed: true }, 4410]);
  expect(await monitor.closeConnection({ id: 'con_none' })).toEqual({ closed: false });
});
