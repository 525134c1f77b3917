import { type CoreDb, openCoreDb } from '#main/database/core-db.ts';
import { ensureMainInstance } from '#main/database/instances.ts';
import { putLease } from '#main/database/leases.ts';
import { type ObservedRow, putObserved } from '#main/database/observed.ts';
import { findService, insertService, type StoredService } from '#main/database/services.ts';
import { newId } from '#shared/base/ids.ts';
import { type ServiceSpecInput, serviceSpecSchema } from '#shared/contract/service-spec.ts';
import type { Home } from '#shared/node/home.ts';

/** A real `core.db`, filled as the api would fill it. */
export function openKnownSystem(home: Home): CoreDb {
  return openCoreDb({ path: home.coreDb, migrationsDir: 'migrations', backupsDir: home.backupsDir });
}

/** Ten ports from this one on, as a range of their own. */
export async function addRange(db: CoreDb, name: string, first: number): Promise<void> {
  await db.commit((write) =>
    write.run('INSERT INTO ranges (name, first, last) VALUES (@name, @first, @last)', { name, first, last: first + 9 }),
  );
}

/** A container service with one endpoint per name, on any port of the range `test`. */
export async function addService(db: CoreDb, name: string, endpoints: readonly string[] = ['http']) {
  const spec: ServiceSpecInput = {
    name,
    runtime: { type: 'container', image: 'shop/web:1' },
    endpoints: endpoints.map((endpoint) => ({ name: endpoint, containerPort: 80, range: 'test' })),
  };
  const service = await db.commit((write) => {
    const seat = { id: newId('svc'), instanceId: ensureMainInstance(write) };
    insertService(write, serviceSpecSchema.parse(spec), seat);
    return findService(write, name);
  });
  if (service === null) throw new Error(`The service ${name} was not stored.`);
  return service;
}

/** Leases a port to the first endpoint. Returns the lease's id. */
export async function addLease(db: CoreDb, service: StoredService, port: number): Promise<string> {
  const [endpoint] = service.endpoints;
  const id = await db.commit((write) =>
    putLease(write, {
      endpointId: endpoint?.id ?? '',
      instanceId: service.instanceId,
      protocol: 'tcp',
      address: '127.0.0.1',
      port,
      reason: 'wanted',
    }),
  );
  if (id === null) throw new Error(`${port} is leased to somebody else.`);
  return id;
}

/** A stopped container that would publish the port, unless the change says otherwise. */
export async function addContainer(
  db: CoreDb,
  port: number,
  { facts, ...change }: Partial<Omit<ObservedRow, 'facts'>> & { facts?: Partial<ObservedRow['facts']> } = {},
): Promise<void> {
  await db.commit((write) =>
    putObserved(write, {
      containerId: 'c0ffee',
      serviceId: null,
      name: 'shop-web-1',
      image: 'shop/web:1',
      state: 'exited',
      observedAt: '2026-01-02T00:00:00.000Z',
      ...change,
      facts: {
        pid: null,
        startedAt: null,
        finishedAt: null,
        exitCode: null,
        oomKilled: false,
        compose: { project: 'shop', service: 'web', workingDir: null },
        ports: [],
        claims: [{ protocol: 'tcp', address: '127.0.0.1', port, containerPort: 80 }],
        ...facts,
      },
    }),
  );
}
