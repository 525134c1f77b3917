import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '#tests/support/eventually.ts';
import { environmentOf, newHome, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';
import { followCli, runCli } from './run-cli.ts';

let system: TestSystem;
let env: NodeJS.ProcessEnv;
/** A home that knows where the system is and lacks its sockets, as another container that shares the files would. */
const elsewhere = newHome();

beforeAll(async () => {
  system = await startSystem();
  env = environmentOf(system.home);
  mkdirSync(elsewhere.runDir, { recursive: true });
  writeFileSync(elsewhere.credentialsFile, JSON.stringify({ apiKey: system.apiKey }));
  writeFileSync(elsewhere.discoveryFile, JSON.stringify(system.discovery));
});
afterAll(async () => {
  await system.stop();
  removeHome(system.home);
  removeHome(elsewhere);
});

const createService = (name: string) =>
  system.client.services.create({ name, runtime: { type: 'container', image: 'clos-test/web:1' } });

const agents = async () => (await system.client.connections.list()).items.map(({ client }) => client?.agent);

describe('clos connections', () => {
  it('lists who follows, and closes a connection, whose client comes back', async () => {
    expect(await runCli(env, ['connections'])).toEqual({ code: 0, out: 'Nobody is connected.\n', err: '' });
    const follow = followCli(env, ['events', '--follow']);
    await eventually(agents, (all) => all.includes('clos'));

    const table = await runCli(env, ['connections']);
    expect(table.out.split('\n')[1]).toMatch(
      /^live +owner +(?:just now|\d+ s ago) +socket +clos +\d+ +0 B +service conflict operation lease route engine module system +con_\w{26}$/,
    );
    const [before] = JSON.parse((await runCli(env, ['connections', '--json'])).out).items;
    expect(before).toMatchObject({ client: { from: 'socket', agent: 'clos' }, subjects: null, slow: false });

    expect(await runCli(env, ['connections', 'close', before.id])).toEqual({
      code: 0,
      out: `${before.id} is closed.\n`,
      err: '',
    });
    const [after] = await eventually(
      async () => (await system.client.connections.list()).items,
      ([first]) => first !== undefined && first.id !== before.id,
    );
    expect(after?.client).toMatchObject({ from: 'socket', agent: 'clos' });
    expect((await runCli(env, ['connections', 'close', before.id])).code).toBe(3);

    await createService('seen');
    await follow.until(/seen was created/);
    await follow.end('SIGTERM');
  });
});

describe('clos events --follow without the sockets', () => {
  it('is live over the port that has proved to be CLOS, and goes on after the websocket was killed', async () => {
    const follow = followCli(environmentOf(elsewhere), ['events', '--follow']);
    await eventually(
      async () => (await system.client.connections.list()).items,
      (items) => items.some(({ client }) => client?.from === '127.0.0.1'),
    );
    await createService('near');
    await follow.until(/near was created/);

    const { modules } = await system.client.system.status();
    process.kill(modules.find(({ name }) => name === 'websocket')?.pid ?? 0, 'SIGKILL');
    await createService('far');
    await follow.until(/far was created/);
    await follow.end('SIGTERM');
  });
});
