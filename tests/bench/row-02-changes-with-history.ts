import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CoreDb, openCoreDb } from '#main/database/core-db.ts';
import { appendEvent } from '#main/database/events.ts';
import type { WriteDb } from '#main/database/handle.ts';
import { updateLife } from '#main/database/services.ts';
import type { BenchRow } from './frame/bench-row.ts';
import { acknowledgedWrites } from './support/acknowledged-writes.ts';
import { addServices } from './support/large-history.ts';

const services = 100;

interface Place {
  db: CoreDb;
  ids: string[];
  count: number;
}

/** A database of its own, with a hundred services. */
async function open(): Promise<{ place: Place; end(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'clos-b-'));
  const db = openCoreDb({ path: join(folder, 'core.db'), migrationsDir: 'migrations', backupsDir: folder });
  const ids = await addServices(db, services);
  return {
    place: { db, ids, count: 0 },
    async end() {
      await db.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** One service after the other is running, then unhealthy, and so on. */
function changeOne(write: WriteDb, place: Place): void {
  const { ids, count } = place;
  place.count += 1;
  const id = ids[count % services] ?? '';
  const to = Math.floor(count / services) % 2 === 0 ? 'running' : 'unhealthy';
  updateLife(write, id, { status: { to, reason: null } });
  appendEvent(write, {
    type: 'service.status-changed',
    subject: { type: 'service', id, name: 'web' },
    actor: { type: 'module', id: 'api', name: 'api' },
    cause: null,
    data: { from: 'starting', to, reason: null, exitCode: null },
  });
}

/** A contender with a database of its own. */
function contender(change: (write: WriteDb, place: Place) => void) {
  let place: Place | undefined;
  return {
    async prepare() {
      const opened = await open();
      place = opened.place;
      return opened.end;
    },
    run: () =>
      acknowledgedWrites(async () => {
        if (place === undefined) throw new Error('This contender was not prepared');
        const here = place;
        await here.db.commit((write) => change(write, here));
      }),
  };
}

/**
 * What it costs that each change is part of the history: a service's new status with its event, 64 callers, durable.
 *
 * - us: as the api does it. What the event changed is found out and stored with it, the service's state beside it, a snapshot after
 *   each fifty changes.
 * - without history: the same statements, of a subject whose state the history does not keep.
 */
const row: BenchRow = {
  row: 2,
  title: 'durable changes of a service with their history, 64 clients',
  goal: 'none: what the history costs',
  measures: { writes: { unit: 'writes/s', better: 'more' } },
  ...contender(changeOne),
  peers: [
    {
      name: 'without history',
      install: 'npm ci',
      isThere: () => true,
      ...contender((write, place) => {
        changeOne(write, place);
        write.pending.touched.clear();
        for (const event of write.pending.events) event.subject = { ...event.subject, type: 'system' };
      }),
    },
  ],
};

export default row;
