import { expect, it, onTestFinished } from 'vitest';
import { openForReading } from '#main/database/handle.ts';
import { findWorkplace } from '#main/host/checkout.ts';
import { createOwnPortsReader } from '#main/modules/resolver/own-ports.ts';
import { createWorldReader } from '#main/modules/resolver/world-reader.ts';
import { newHome, removeHome } from '#tests/support/system.ts';
import { addLease, addRange, addService, openKnownSystem } from './known-system.ts';

it('keeps the world until something is committed, and no longer', async () => {
  const home = newHome();
  const core = openKnownSystem(home);
  const db = openForReading(home.coreDb);
  onTestFinished(async () => {
    db.close();
    await core.close();
    removeHome(home);
  });
  const world = createWorldReader({ db, ownPorts: createOwnPortsReader(home), findWorkplace });
  await addRange(core, 'test', 20_000);
  const web = await addService(core, 'web');

  const before = await world.read();
  expect(before.leases).toEqual([]);
  expect(before.services).toEqual([
    {
      id: web.id,
      name: 'web',
      runtime: 'container',
      status: 'created',
      active: false,
      references: [],
      cwd: null,
      waits: false,
      openConflicts: [],
    },
  ]);
  expect((await world.read()).leases).toBe(before.leases);

  await addLease(core, web, 20_001);
  const after = await world.read();
  expect(after.leases.map(({ port, service }) => [port, service?.name])).toEqual([[20_001, 'web']]);
  expect((await world.read()).leases).toBe(after.leases);
});
