import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { listBackups } from '#main/database/backups.ts';
import { eventually } from '#tests/support/eventually.ts';
import { newHome, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

const home = newHome();
let system: TestSystem;

beforeAll(async () => {
  system = await startSystem({ home, env: { CLOS_BACKUP_INTERVAL_MS: '1000', CLOS_BACKUP_KEEP: '2' } });
});
afterAll(async () => {
  await system.stop();
  removeHome(home);
});

const eventsOf = async (type: string) => (await system.client.events.list({ type, limit: 500 })).items;

it('a backup is made at each interval, and as many are kept as are asked for', async () => {
  const made = await eventually(
    () => eventsOf('backup.made'),
    (events) => events.length >= 4,
  );
  const { backup } = (await system.client.system.status()).storage;
  // The oldest goes right after the newest has come.
  await eventually(
    () => system.client.backups.list(),
    ({ items }) => items.length === 2,
  );

  expect(listBackups(home.backupsDir).length).toBeLessThanOrEqual(3);
  expect(made.map(({ actor, subject }) => [actor.name, subject.id])).toEqual(made.map(() => ['api', 'backups']));
  expect((backup?.seq ?? 0) >= (made[3]?.seq ?? 0) - 1).toBe(true);
});

it('one that fails is told, and the next one is made all the same', async () => {
  const aside = `${home.backupsDir}-aside`;
  renameSync(home.backupsDir, aside);
  writeFileSync(home.backupsDir, 'in the way');
  const [failed] = await eventually(
    () => eventsOf('backup.failed'),
    (events) => events.length > 0,
  );
  rmSync(home.backupsDir);
  renameSync(aside, home.backupsDir);
  const made = await eventually(
    () => eventsOf('backup.made'),
    (events) => events.some(({ seq }) => seq > (failed?.seq ?? 0)),
  );

  expect(failed?.data).toEqual({ reason: expect.any(String) });
  expect(made.length).toBeGreaterThan(4);
});
