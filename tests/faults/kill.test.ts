import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type ModuleName, moduleNames } from '#shared/contract/access.ts';
import { eventually } from '#tests/support/eventually.ts';
import { containerOf } from '#tests/support/observed.ts';
import { freePort } from '#tests/support/ports.ts';
import { newHome, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

const home = newHome();
let system: TestSystem;
/** The modules with a TCP port. */
const portOwners = ['api', 'resolver', 'monitor', 'websocket', 'gateway'] as const;
const start = () => startSystem({ home, dockerHost: inject('engine').dockerHost });

beforeAll(async () => {
  system = await start();
});
afterAll(async () => {
  await system.client.services.delete({ id: 'web' }, { waitSeconds: 30 });
  await system.stop();
  removeHome(home);
});

async function pidOf(name: ModuleName): Promise<number> {
  const { modules } = await system.client.system.status();
  const pid = modules.find((module) => module.name === name)?.pid;
  if (pid == null) throw new Error(`${name} has no pid`);
  return pid;
}

/** The processes whose parent was the killed supervisor: still there if they did not notice. */
function processesOf(marker: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(marker);
      } catch {
        return false;
      }
    });
}

describe('kill -9 of a module', () => {
  it.each(moduleNames.map((name) => [name]))('%s: the others answer, it is back, and nothing is lost', async (name) => {
    const before = await pidOf(name);
    const made = await system.client.services.list();
    process.kill(before, 'SIGKILL');
    const others = await Promise.all(
      portOwners
        .filter((other) => other !== name)
        .map(async (other) => (await fetch(`${system.discovery[other].url}/livez`)).status),
    );
    const after = await eventually(
      () => system.client.system.status(),
      ({ modules }) =>
        modules.some((module) => module.name === name && module.state === 'ready' && module.pid !== before),
    );

    expect(others).toEqual(others.map(() => 200));
    expect(after.modules.find((module) => module.name === name)?.state).toBe('ready');
    expect(await system.client.services.list()).toEqual(made);
  });
});

describe('kill -9 of the supervisor', () => {
  it('leaves no module behind, containers go on, and the next start knows them', async () => {
    const port = await freePort();
    await system.client.services.create({
      name: 'web',
      runtime: { type: 'container', image: 'clos-test/web:1' },
      endpoints: [{ containerPort: 80, hostPort: port }],
    });
    await system.client.services.start({ id: 'web' }, { waitSeconds: 30 });
    const before = await system.client.services.get({ id: 'web' });

    await system.kill();
    await eventually(
      async () => processesOf(`CLOS_HOME=${home.root}`),
      (left) => left.length === 0,
    );
    const page = await fetch(`http://127.0.0.1:${port}/`);
    system = await start();
    const after = await system.client.services.get({ id: 'web' });

    expect(page.status).toBe(200);
    expect([after.status, after.endpoints[0]?.lease, containerOf(after)?.containerId]).toEqual([
      'running',
      before.endpoints[0]?.lease,
      containerOf(before)?.containerId,
    ]);
  });

  it('refuses a second supervisor for the same home', async () => {
    await expect(startSystem({ home })).rejects.toThrow(/CLOS already runs for/);
  });
});
