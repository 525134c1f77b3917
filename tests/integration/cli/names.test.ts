import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '#tests/support/ports.ts';
import { environmentOf, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';
import { runCli } from './run-cli.ts';

let system: TestSystem;
let at: string;
const clos = (...args: string[]) => runCli(environmentOf(system.home), args);
const done = (out: string) => ({ code: 0, out, err: '' });
const patient = { waitSeconds: 30 };

beforeAll(async () => {
  system = await startSystem();
  at = `localhost:${new URL(system.discovery.gateway.url).port}`;
});
afterAll(async () => {
  await system.stop();
  removeHome(system.home);
});
beforeEach(async () => {
  const { routes, services } = system.client;
  for (const { id, kind } of (await routes.list()).items) if (kind === 'custom') await routes.delete({ id });
  for (const { id } of (await services.list()).items) await services.delete({ id }, patient);
});

const idle = ['sleep', '1000'];
const create = (name: string, ...endpoints: Array<{ name: string; hostPort?: number; scheme?: string }>) =>
  system.client.services.create({
    name,
    runtime: { type: 'process', command: idle, cwd: '/' },
    endpoints: endpoints.length === 0 ? [{ name: 'http' }] : endpoints,
  });

describe('clos routes', () => {
  it('shows where each name leads, and why one does not answer', async () => {
    expect(await clos('routes')).toEqual(done('There are no routes: no service has an endpoint that speaks HTTP.\n'));
    await create('web', { name: 'http' }, { name: 'admin' });

    expect((await clos('routes')).out.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^Name +URL +Leads to +State +Checkout$/),
      expect.stringMatching(
        /^admin\.web +http:\/\/admin\.web\.localhost:\d+\/ +web\/admin +down: It has not been started/,
      ),
      expect.stringMatching(/^web +http:\/\/web\.localhost:\d+\/ +web\/http +down: It has not been started yet\. +–$/),
    ]);
    expect(await clos('routes', '--quiet')).toEqual(done('admin.web\nweb\n'));
    expect(JSON.parse((await clos('routes', '--json')).out)).toEqual(await system.client.routes.list());
  });

  it('makes one, with a path, a limit and several targets, and takes it away by its name', async () => {
    for (const name of ['web', 'api']) await create(name);

    expect(await clos('routes', 'add', 'shop.localhost', '--to', 'web')).toEqual(
      done(`http://shop.${at}/ leads to web/http\n`),
    );
    const more = ['--path', '/api', '--strip', '--rate', '100/20', '--to', 'api', '--to', 'web/http'];
    expect(await clos('routes', 'add', 'shop', ...more)).toEqual(
      done(`http://shop.${at}/api leads to api/http, web/http (its path is taken off; at most 100/s, 20 at once)\n`),
    );
    expect(await clos('routes', 'rm', 'shop')).toEqual({
      code: 2,
      out: '',
      err: 'Several routes have this name: shop/, shop/api.\nName one of them with its path.\n',
    });
    expect(await clos('routes', 'rm', 'shop/api')).toEqual(done('shop/api is removed.\n'));
    expect(await clos('routes', 'rm', 'shop')).toEqual(done('shop is removed.\n'));
    expect(await clos('routes', 'rm', 'shop')).toMatchObject({ code: 3 });
  });

  it('leads one elsewhere, drains a replica and takes it back', async () => {
    for (const name of ['one', 'two', 'three']) await create(name);
    await clos('routes', 'add', 'shop', '--to', 'one', '--to', 'two');
    const set = async (...args: string[]) => (await clos('routes', 'set', 'shop', ...args)).out.trimEnd();
    const leads = `http://shop.${at}/ leads to`;

    expect(await set('--drain', 'one')).toBe(`${leads} one/http (draining), two/http`);
    expect(await set('--rate', '5/1')).toBe(`${leads} one/http (draining), two/http (at most 5/s, 1 at once)`);
    expect(await set('--undrain', 'one', '--rate', 'none')).toBe(`${leads} one/http, two/http`);
    expect(await set('--to', 'three', '--to', 'two', '--drain', 'two')).toBe(
      `${leads} three/http, two/http (draining)`,
    );
  });

  it('says what is wrong with what it was given', async () => {
    await create('web');
    await clos('routes', 'add', 'shop', '--to', 'web');
    const refused = async (...args: string[]) => {
      const { code, err } = await clos('routes', ...args);
      return [code, err.trimEnd()];
    };

    expect(await refused('add', 'shop')).toEqual([
      2,
      'Where shall it lead?\nWrite --to SERVICE or --to SERVICE/ENDPOINT.',
    ]);
    expect(await refused('add', 'shop', '--to', 'web')).toEqual([
      4,
      `There is a route shop.localhost/ already.\nname: is taken with this path\nSee who has it: clos routes`,
    ]);
    expect(await refused('add', 'other', '--to', 'wbe')).toEqual([
      3,
      expect.stringContaining('Did you mean web? See all services: clos ps'),
    ]);
    expect(await refused('set', 'shop', '--drain', 'api')).toEqual([
      2,
      'shop does not lead to api.\nIt leads to web. See it: clos routes',
    ]);
    expect(await refused('set', 'shop')).toEqual([2, expect.stringContaining('What shall be changed?')]);
    expect(await refused('rm', 'web')).toEqual([4, expect.stringContaining('web comes with its endpoint')]);
    expect(await refused('rm', 'shp')).toEqual([
      3,
      'There is no route "shp".\nDid you mean shop? See all routes: clos routes',
    ]);
  });
});

describe('clos url', () => {
  it('prints the one URL that its reader can use, and nothing else', async () => {
    const [port, dbPort] = [await freePort(), await freePort()];
    const admin = { name: 'admin', hostPort: await freePort() };
    await create('web', { name: 'db', hostPort: dbPort, scheme: 'postgres' }, { name: 'http', hostPort: port }, admin);
    await system.client.services.start({ id: 'web' }, patient);

    expect(await clos('url', 'web')).toEqual(done(`http://web.${at}/\n`));
    expect(await clos('url', 'web', 'admin')).toEqual(done(`http://admin.web.${at}/\n`));
    expect(await clos('url', 'web', 'db')).toEqual(done(`postgres://127.0.0.1:${dbPort}\n`));
    expect(await clos('url', 'web', '--for', 'node')).toEqual(done(`http://127.0.0.1:${port}\n`));
    expect(await clos('url', 'web', '--for', 'container')).toEqual(done(`http://host.docker.internal:${port}\n`));
    await clos('routes', 'add', 'shop', '--to', 'web');
    const named = (await clos('who', String(port))).out.split('\n').filter((line) => line.startsWith('  named'));
    expect(named).toEqual([`  named    http://shop.${at}/`, `  named    http://web.${at}/`]);
    expect(JSON.parse((await clos('url', 'web', '--json')).out)).toEqual({
      url: `http://web.${at}/`,
      endpoint: 'http',
      for: 'browser',
      running: true,
    });
  });

  it('says beside it that the service does not run, and why there is no URL', async () => {
    await create('web');

    expect(await clos('url', 'web')).toEqual({
      code: 0,
      out: `http://web.${at}/\n`,
      err: 'web is created. Start it with: clos start web\n',
    });
    expect(await clos('url', 'web', '--for', 'node')).toEqual({
      code: 3,
      out: '',
      err: 'web has no URL: it has no port before its first start.\nStart it with: clos start web\n',
    });
    expect(await clos('url', 'web', 'admin')).toEqual({
      code: 3,
      out: '',
      err: 'web has no endpoint "admin", but: http.\n',
    });
  });
});
