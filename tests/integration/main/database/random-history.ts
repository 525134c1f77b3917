import { closeConflict, putConflict } from '#main/database/conflicts.ts';
import type { CoreDb } from '#main/database/core-db.ts';
import { appendEvent, lastSeq } from '#main/database/events.ts';
import type { ReadDb, WriteDb } from '#main/database/handle.ts';
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
import { serviceSubject, thisModule } from '#main/modules/api/access/actors.ts';
import { grantLease, releaseLease } from '#main/modules/api/ports/leases.ts';
import { changeHealth, changeStatus, changeWaits } from '#main/modules/api/state/life.ts';
import { newId } from '#shared/base/ids.ts';
import { serviceSpecSchema } from '#shared/contract/service-spec.ts';
import { serviceStatuses } from '#shared/contract/services.ts';
import { createRandom } from '#tests/support/random.ts';
import { detected } from './samples.ts';

const who = { actor: thisModule, cause: null };

const specOf = (name: string, env: Record<string, string> = {}) =>
  serviceSpecSchema.parse({
    name,
    runtime: { type: 'process', command: ['node', 'server.js'], cwd: '/srv' },
    endpoints: [{ name: 'http' }],
    env,
  });

export function createService(write: WriteDb, { name, instanceId }: { name: string; instanceId: string }): void {
  const id = newId('svc');
  insertService(write, specOf(name), { id, instanceId });
  appendEvent(write, {
    type: 'service.created',
    subject: { type: 'service', id, name },
    ...who,
    data: { revision: 1 },
  });
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
      scheme: 'auto',
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
export function everything(db: ReadDb): Map<string, State | null> {
  const services = listServices(db).map(({ id }): [string, State | null] => [id, readState.service(db, id)]);
  const conflicts = db
    .all<{ id: string }>('SELECT id FROM port_conflicts')
    .map(({ id }): [string, State | null] => [id, readState.conflict(db, id)]);
  return new Map([...services, ...conflicts]);
}

/** What there was after each of so many changes by chance, and the number of the event that was the newest then. */
export async function liveThrough(
  db: CoreDb,
  { seed, steps, instanceId }: { seed: number; steps: number; instanceId: string },
): Promise<Array<{ seq: number; all: Map<string, State | null> }>> {
  const random = createRandom(seed);
  const seen: Array<{ seq: number; all: Map<string, State | null> }> = [];
  await db.commit((write) => ['a', 'b', 'c'].map((name) => createService(write, { name, instanceId })));
  for (let step = 0; step < steps; step += 1) {
    const services = listServices(db.read);
    const service = services[Math.floor(random() * services.length)];
    await db.commit((write) => {
      const kind = random();
      if (service === undefined || (services.length < 5 && kind < 0.03))
        return createService(write, { name: `s${step}`, instanceId });
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
    seen.push({ seq: lastSeq(db.read), all: everything(db.read) });
  }
  return seen;
}
