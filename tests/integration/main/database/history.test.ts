import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeConflict, putConflict } from '#main/database/conflicts.ts';
import { type CoreDb, openCoreDb } from '#main/database/core-db.ts';
import { appendEvent, lastSeq, listEvents } from '#main/database/events.ts';
import type { WriteDb } from '#main/database/handle.ts';
import { seqAt, stateAt } from '#main/database/history.ts';
import { ensureMainInstance } from '#main/database/instances.ts';
import { putObservedProcess } from '#main/database/observed-processes.ts';
import {
  findService,
  insertService,
  listServices,
  markDeleted,
  replaceEndpoints,
  type StoredService,
  updateEndpointAddress,
  updateLife,
  updateService,
} from '#main/database/services.ts';
import { readState, type State } from '#main/database/states.ts';
import { serviceSubject, thisModule } from '#main/modules/api/actors.ts';
import { grantLease, releaseLease } from '#main/modules/api/leases.ts';
import { changeHealth, changeStatus, changeWaits } from '#main/modules/api/life.ts';
import { withTrace } from '#main/trace.ts';
import { newId } from '#shared/base/ids.ts';
import { serviceSpecSchema } from '#shared/contract/service-spec.ts';
import { serviceStatuses } from '#shared/contract/services.ts';
import { createRandom } from '#tests/support/random.ts';
import { detected } from './samples.ts';

let folder: string;
let db: CoreDb;
let instanceId: string;
const who = { actor: thisModule, cause: null };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'clos-history-'));
  db = openCoreDb({
    path: join(folder, 'core.db'),
    migrationsDir: 'migrations',
    backupsDir: folder,
    durability: 'normal',
  });
  instanceId = await db.commit(ensureMainInstance);
});
afterEach(async () => {
  await db.close();
  rmSync(folder, { recursive: true });
});

const specOf = (name: string, env: Record<string, string> = {}) =>
  serviceSpecSchema.parse({
    name,
    runtime: { type: 'process', command: ['node', 'server.js'], cwd: '/srv' },
    endpoints: [{ name: 'http' }],
    env,
  });

function create(write: WriteDb, name: string): void {
  const id = newId('svc');
  insertService(write, specOf(name), { id, instanceId });
  appendEvent(write, {
    type: 'service.created',
    subject: { type: 'service', id, name },
    ...who,
    data: { revision: 1 },
  });
}

/** The service with this name, which must be there. */
function named(name: string): StoredService {
  const service = findService(db.read, name);
  if (service === null) throw new Error(`There is no ${name}`);
  return service;
}

/** Changes of one service, as the api makes them: some with an event, some without. */
const changes: Array<(write: WriteDb, service: StoredService, random: () => number) => void> = [
  (write, service, random) => {
    const to = serviceStatuses[Math.floor(random() * serviceStatuses.length)] ?? 'failed';
    changeStatus(write, service, { to, reason: random() < 0.5 ? null : `reason ${random()}`, ...who });
  },
  (write, service, random) => changeHealth(write, service, { to: random() < 0.5 ? 'healthy' : 'unhealthy', ...who }),
  (write, service, random) => changeWaits(write, service, { to: random() < 0.5, reason: 'by chance', ...who }),
  (write, service, random) => updateLife(write, service.id, { desired: random() < 0.5 ? 'running' : 'stopped' }),
  (write, service, random) => updateLife(write, service.id, { applied: random() < 0.5 ? null : String(random()) }),
  (write, service, random) => updateService(write, service.id, specOf(service.name, { KEY: String(random()) })),
  (write, service, random) => {
    const endpoints = Array.from({ length: Math.floor(random() * 3) }, (_value, index) => ({
      name: `e${index}`,
      protocol: 'tcp' as const,
      address: '127.0.0.1',
      hostPort: 'auto' as const,
    }));
    replaceEndpoints(write, service, endpoints);
  },
  (write, service, random) => {
    for (const endpoint of service.endpoints) {
      if (random() < 0.5) releaseLease(write, service, { endpoint, ...who });
      else
        grantLease(write, service, { endpoint, port: 3000 + Math.floor(random() * 50), reason: 'by chance', ...who });
    }
  },
  (write, service, random) => {
    for (const { id } of service.endpoints) updateEndpointAddress(write, id, random() < 0.5 ? '127.0.0.1' : '0.0.0.0');
  },
  (write, service, random) =>
    putObservedProcess(write, service.id, {
      pid: 2 + Math.floor(random() * 3),
      state: random() < 0.5 ? 'running' : 'exited',
      startedAt: '2026-01-02T03:04:05.000Z',
      exit: null,
      adopted: false,
      observedAt: new Date().toISOString(),
    }),
];

/** All that is there now, by id. */
function everything(): Map<string, State | null> {
  const services = listServices(db.read).map(({ id }): [string, State | null] => [id, readState.service(db.read, id)]);
  const conflicts = db.read
    .all<{ id: string }>('SELECT id FROM port_conflicts')
    .map(({ id }): [string, State | null] => [id, readState.conflict(db.read, id)]);
  return new Map([...services, ...conflicts]);
}

describe('the state of a subject', () => {
  it.each([1, 2, 3])('is put together again as it was after each of 400 changes, seed %i', async (seed) => {
    const random = createRandom(seed);
    const seen: Array<{ seq: number; all: Map<string, State | null> }> = [];
    await db.commit((write) => ['a', 'b', 'c'].map((name) => create(write, name)));
    for (let step = 0; step < 400; step += 1) {
      const services = listServices(db.read);
      const service = services[Math.floor(random() * services.length)];
      await db.commit((write) => {
        const kind = random();
        if (service === undefined || (services.length < 5 && kind < 0.03)) return create(write, `s${step}`);
        if (kind < 0.05) {
          appendEvent(write, { type: 'service.deleted', subject: serviceSubject(service), ...who, data: {} });
          return markDeleted(write, service.id);
        }
        if (kind < 0.15) {
          const conflict = putConflict(write, detected({ serviceId: service.id, service: service.name }), null);
          const subject = { type: 'conflict' as const, id: conflict.id, name: service.name };
          appendEvent(write, { type: 'conflict.detected', subject, ...who, data: { conflict } });
          if (random() < 0.5) return;
          closeConflict(write, conflict.id, 'cleared');
          return appendEvent(write, { type: 'conflict.cleared', subject, ...who, data: { reason: 'by chance' } });
        }
        for (let count = Math.floor(random() * 3); count >= 0; count -= 1) {
          const latest = findService(write, service.id);
          const change = changes[Math.floor(random() * changes.length)];
          if (latest !== null) change?.(write, latest, random);
        }
      });
      seen.push({ seq: lastSeq(db.read), all: everything() });
    }

    const ids = new Set(seen.flatMap(({ all }) => [...all.keys()]));
    expect(db.read.get<{ n: number }>('SELECT count(*) AS n FROM snapshots')?.n).toBeGreaterThan(0);
    for (const { seq, all } of seen) {
      for (const id of ids) {
        expect({ seq, id, state: stateAt(db.read, id, seq)?.state ?? null }).toEqual({
          seq,
          id,
          state: all.get(id) ?? null,
        });
      }
    }
    // What the log says is what the tables say, on an open and on a new connection.
    const stored = db.read.all<{ id: string; state: string }>('SELECT subject_id AS id, state FROM states');
    expect(new Map(stored.map(({ id, state }) => [id, JSON.parse(state)]))).toEqual(everything());
  });

  it('is not touched by a call that failed', async () => {
    await db.commit((write) => create(write, 'web'));
    const before = [lastSeq(db.read), everything()];
    await expect(
      db.commit((write) => {
        changeStatus(write, named('web'), { to: 'failed', ...who });
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect([lastSeq(db.read), everything()]).toEqual(before);
  });

  it('is not another one because it was looked at', async () => {
    await db.commit((write) => create(write, 'web'));
    const seen = {
      pid: 7,
      state: 'running' as const,
      startedAt: '2026-01-02T03:04:05.000Z',
      exit: null,
      adopted: false,
    };
    const look = (observedAt: string) =>
      db.commit((write) => putObservedProcess(write, named('web').id, { ...seen, observedAt }));
    await look('2026-01-02T03:04:06.000Z');
    const seq = lastSeq(db.read);
    await look('2026-01-02T03:04:07.000Z');
    expect([lastSeq(db.read), listEvents(db.read, { after: seq - 1, limit: 9 }).map(({ data }) => data)]).toEqual([
      seq,
      [{ changed: ['observed'] }],
    ]);
  });
});

describe('an event', () => {
  it('names the request that it followed from, also where that goes on later', async () => {
    await withTrace('req_1', async () => {
      await db.commit((write) => create(write, 'web'));
      await new Promise(setImmediate);
      await db.commit((write) => updateLife(write, named('web').id, { desired: 'running' }));
    });
    await db.commit((write) => changeStatus(write, named('web'), { to: 'failed', ...who }));
    expect(listEvents(db.read, { after: 0, limit: 9 }).map(({ type, trace }) => [type, trace])).toEqual([
      ['service.created', 'req_1'],
      ['service.changed', 'req_1'],
      ['service.status-changed', null],
    ]);
  });

  it('is found by the time at which it had happened', async () => {
    await db.commit((write) => create(write, 'web'));
    await db.commit((write) => changeStatus(write, named('web'), { to: 'failed', ...who }));
    const [first, second] = listEvents(db.read, { after: 0, limit: 9 }).map(({ time }) => time);
    expect(seqAt(db.read, '2020-01-01T00:00:00.000Z')).toBe(0);
    expect(seqAt(db.read, '2120-01-01T00:00:00.000Z')).toBe(2);
    expect([1, 2]).toContain(seqAt(db.read, first ?? ''));
    expect(seqAt(db.read, second ?? '')).toBe(2);
  });
});
