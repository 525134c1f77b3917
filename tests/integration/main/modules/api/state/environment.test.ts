import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CoreDb } from '#main/database/core-db.ts';
import { ensureMainInstance } from '#main/database/instances.ts';
import { putLease } from '#main/database/leases.ts';
import { findService, insertService, type StoredService } from '#main/database/services.ts';
import {
  inheritedEnvironment,
  portVariables,
  reachesHost,
  referencedServices,
  renderService,
} from '#main/modules/api/state/environment.ts';
import { newId } from '#shared/base/ids.ts';
import { type ServiceSpecInput, serviceSpecSchema } from '#shared/contract/service-spec.ts';
import type { Home } from '#shared/node/home.ts';
import { newHome, removeHome } from '#tests/support/system.ts';
import { openKnownSystem } from '../../resolver/known-system.ts';

let home: Home;
let db: CoreDb;

beforeEach(() => {
  home = newHome();
  db = openKnownSystem(home);
});
afterEach(async () => {
  await db.close();
  removeHome(home);
});

/** Stores a service and leases ports to its endpoints, in order. */
async function add(spec: ServiceSpecInput, ...ports: number[]): Promise<StoredService> {
  await db.commit((write) => {
    const seat = { id: newId('svc'), instanceId: ensureMainInstance(write) };
    insertService(write, serviceSpecSchema.parse(spec), seat);
    for (const [index, port] of ports.entries()) {
      const endpoint = findService(write, seat.id)?.endpoints[index];
      if (endpoint === undefined) throw new Error('There are more ports than endpoints');
      const { id: endpointId, protocol, address } = endpoint;
      putLease(write, { endpointId, instanceId: seat.instanceId, protocol, address, port, reason: 'wanted' });
    }
  });
  const service = findService(db.read, spec.name);
  if (service === null) throw new Error(`${spec.name} was not stored`);
  return service;
}

const container = { type: 'container' as const, image: 'shop/web:1' };
const program = { type: 'process' as const, command: ['node', 'server.js'], cwd: '/srv' };
const asked = {
  URL: '${services.db.url}',
  PORT_ONLY: '${services.db.endpoints.admin.port}',
  HOST: '${services.db.host}',
};

describe('the environment of a service', () => {
  it('is filled in with its own leased ports, in its command too', async () => {
    const web = await add(
      {
        name: 'web',
        runtime: { ...program, command: ['vite', '--port', '${endpoints.http.port}'] },
        endpoints: [{ hostPort: 3000 }, { name: 'admin', address: '::1' }],
        env: { SELF: '${endpoints.admin.url}', PLAIN: 'a ${HOME}' },
      },
      3001,
      4000,
    );

    expect(renderService(db.read, web)).toEqual({
      env: { SELF: 'http://[::1]:4000', PLAIN: 'a ${HOME}' },
      command: ['vite', '--port', '3001'],
    });
    expect(portVariables(web)).toEqual({ PORT: '3001', PORT_HTTP: '3001', PORT_ADMIN: '4000' });
  });

  it('tells a program where another service is on this host, and a container where it is in its network', async () => {
    const endpoints = [{ containerPort: 5432 }, { name: 'admin', containerPort: 8080 }];
    await add({ name: 'db', runtime: container, endpoints }, 5001, 5002);
    const outside = await add({ name: 'outside', runtime: program, env: asked });
    const inside = await add({ name: 'inside', runtime: container, env: asked });

    expect(renderService(db.read, outside).env).toEqual({
      URL: 'postgres://127.0.0.1:5001',
      PORT_ONLY: '5002',
      HOST: '127.0.0.1',
    });
    const told = renderService(db.read, inside);
    expect(told.env).toEqual({ URL: 'postgres://db:5432', PORT_ONLY: '8080', HOST: 'db' });
    expect([reachesHost(told), [...referencedServices(inside)]]).toEqual([false, ['db']]);
  });

  it('leads a container to its host where the other service is a program', async () => {
    await add({ name: 'db', runtime: program, endpoints: [{}, { name: 'admin' }] }, 5001, 5002);
    const inside = await add({ name: 'inside', runtime: container, env: asked });

    const told = renderService(db.read, inside);
    expect(told.env.URL).toBe('http://host.docker.internal:5001');
    expect(reachesHost(told)).toBe(true);
  });

  it('tells the wanted port of a service that has not been started yet', async () => {
    await add({ name: 'db', runtime: program, endpoints: [{ hostPort: 5432 }] });
    const web = await add({ name: 'web', runtime: program, env: { URL: '${services.db.url}' } });

    expect(renderService(db.read, web).env).toEqual({ URL: 'postgres://127.0.0.1:5432' });
  });

  it.each([
    ['a service that does not exist', '${services.none.url}', 'env.URL: there is no service "none"'],
    ['an endpoint that does not exist', '${services.db.endpoints.x.url}', 'env.URL: db has no endpoint "x"'],
    ['a port that nobody has chosen yet', '${services.db.url}', 'env.URL: db has no port yet; start it first'],
  ])('names the path of %s', async (_, text, message) => {
    await add({ name: 'db', runtime: program, endpoints: [{}] });
    const web = await add({ name: 'web', runtime: program, env: { URL: text } });

    expect(() => renderService(db.read, web)).toThrow(expect.objectContaining({ code: 'ENV_UNRESOLVED', message }));
  });
});

it('what a program inherits has nothing of CLOS, of Electron or of the package manager that started it', () => {
  const env = {
    PATH: '/bin',
    HOME: '/h',
    CLOS_HOME: '/x',
    ELECTRON_RUN_AS_NODE: '1',
    npm_command: 'run',
    NODE_OPTIONS: '--x',
  };

  expect(inheritedEnvironment(env)).toEqual({ PATH: '/bin', HOME: '/h' });
});
