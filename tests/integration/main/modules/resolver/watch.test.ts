import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { deleteObserved } from '#main/database/observed.ts';
import { createHost } from '#main/host/host.ts';
import { createChecker } from '#main/modules/resolver/check.ts';
import { createOwnPortsReader } from '#main/modules/resolver/own-ports.ts';
import { createWatch } from '#main/modules/resolver/watch.ts';
import { createWorldReader } from '#main/modules/resolver/world-reader.ts';
import type { Sighting } from '#shared/contract/internal.ts';
import { holdPort } from '#tests/support/ports.ts';
import { newHome, removeHome } from '#tests/support/system.ts';
import { freePort } from '../../host/sockets.ts';
import { addContainer, addLease, addRange, addService, openKnownSystem } from './known-system.ts';

describe.runIf(process.platform === 'linux')('the watch of the claimed ports', () => {
  it('notices that a port became free although its holder went between the first look at it and the next', async () => {
    const home = newHome();
    const db = openKnownSystem(home);
    const port = await freePort();
    await addRange(db, 'test', port);
    await addLease(db, await addService(db, 'web'), port);
    const held = await holdPort(port);

    const host = createHost();
    const checker = createChecker({ host });
    const { look } = checker;
    let looks = 0;
    checker.look = async (wanted, world) => {
      const found = await look(wanted, world);
      looks += 1;
      if (looks === 1) await held.release();
      return found;
    };
    const reports: Sighting[] = [];
    const isFree = Promise.withResolvers<void>();
    const watch = createWatch({
      proposer: { host, checker },
      world: createWorldReader({
        db: db.read,
        ownPorts: createOwnPortsReader(home),
        findWorkplace: (path) => host.findWorkplace(path),
      }),
      log: pino({ level: 'silent' }),
      report: async (sightings) => {
        reports.push(...sightings);
        if (sightings.some(({ conflicts }) => conflicts.length === 0)) isFree.resolve();
        return { stale: [] };
      },
    });
    onTestFinished(async () => {
      await watch.stop();
      await db.close();
      removeHome(home);
    });
    watch.start();
    await isFree.promise;
    expect(reports.map(({ conflicts }) => conflicts.map(({ holder }) => holder.pid))).toEqual([[held.pid], []]);
  });

  it('notices that a container has gone from a port when the engine says so, although its socket went before', async () => {
    const home = newHome();
    const db = openKnownSystem(home);
    const port = await freePort();
    await addRange(db, 'test', port);
    await addLease(db, await addService(db, 'web'), port);
    const ports = [{ protocol: 'tcp', address: '127.0.0.1', port, containerPort: 80 }];
    await addContainer(db, port, { containerId: 'stranger', name: 'stranger', state: 'running', facts: { ports } });
    const host = createHost();
    const reports: Sighting[] = [];
    const [isHeld, isFree] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const watch = createWatch({
      proposer: { host, checker: createChecker({ host }) },
      world: createWorldReader({
        db: db.read,
        ownPorts: createOwnPortsReader(home),
        findWorkplace: (path) => host.findWorkplace(path),
      }),
      log: pino({ level: 'silent' }),
      report: async (sightings) => {
        reports.push(...sightings);
        for (const { conflicts } of sightings) (conflicts.length > 0 ? isHeld : isFree).resolve();
        return { stale: [] };
      },
    });
    onTestFinished(async () => {
      await watch.stop();
      await db.close();
      removeHome(home);
    });
    watch.start();
    await isHeld.promise;
    await db.commit((write) => deleteObserved(write, 'stranger'));
    watch.ring();
    await isFree.promise;
    expect(reports.map(({ conflicts }) => conflicts.map(({ holder }) => holder.name))).toEqual([['stranger'], []]);
  });
});
