import type { CoreDb } from '#main/database/core-db.ts';
import { ensureMainInstance } from '#main/database/instances.ts';
import { insertService } from '#main/database/services.ts';
import { newId } from '#shared/base/ids.ts';
import { serviceSpecSchema } from '#shared/contract/service-spec.ts';

const services = 100;

/** Adds so many services that were never started. Returns their ids. */
export async function addServices(db: CoreDb, count: number): Promise<string[]> {
  const instanceId = await db.commit(ensureMainInstance);
  return await db.commit((write) =>
    Array.from({ length: count }, (_value, number) => {
      const id = newId('svc');
      const spec = serviceSpecSchema.parse({
        name: `web-${number}`,
        runtime: { type: 'process', command: ['node', 'server.js'], cwd: '/srv' },
        endpoints: [{ name: 'http' }],
      });
      insertService(write, spec, { id, instanceId });
      return id;
    }),
  );
}

/** A hundred services, and so many events of their lives: each a change of status that carries what it changed. */
export async function fillHistory(db: CoreDb, events: number): Promise<void> {
  const ids = await addServices(db, services);
  const actor = JSON.stringify({ type: 'module', id: 'api', name: 'api' });
  const began = Date.parse('2026-01-01T00:00:00.000Z');
  for (let done = 0; done < events; done += 10_000) {
    await db.commit((write) => {
      for (let number = done; number < Math.min(events, done + 10_000); number += 1) {
        const to = number % 2 === 0 ? 'running' : 'unhealthy';
        write.run(
          `INSERT INTO system_events (type, version, subject_type, subject_id, subject_name, actor, time, data, changes, state_version)
           VALUES ('service.status-changed', 1, 'service', @id, @name, @actor, @time, @data, @changes, 1)`,
          {
            id: ids[number % services] ?? '',
            name: `web-${number % services}`,
            actor,
            time: new Date(began + number * 1000).toISOString(),
            data: JSON.stringify({ from: 'starting', to, reason: null, exitCode: null }),
            changes: JSON.stringify({ status: to, statusReason: null }),
          },
        );
      }
    });
  }
}
