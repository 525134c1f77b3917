import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, holdPort } from '#tests/support/ports.ts';
import { environmentOf, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';
import { type CliResult, followCli, runCli } from './run-cli.ts';

let system: TestSystem;
let env: NodeJS.ProcessEnv;

/** A folder of a project, with a server that says what it was told and ends as it is asked to. */
function makeProject(name: string, server: string): string {
  const folder = join(realpathSync(system.home.root), name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: `@acme/${name}` }));
  writeFileSync(join(folder, 'server.cjs'), server);
  return folder;
}

const listen = `require('node:http')
  .createServer((request, response) => response.end(JSON.stringify(process.env)))
  .listen(process.env.PORT, '127.0.0.1', () => { console.log('up on ' + process.env.PORT); ready(); });`;
const command = [process.execPath, 'server.cjs'];

const clos = (cwd: string, ...args: string[]): Promise<CliResult> => runCli(env, args, { cwd });
const runHere = (cwd: string, ...args: string[]) => followCli(env, ['run', ...args, '--', ...command], { cwd });
const portIn = (text: string) => Number(/:(\d+) {2}http/.exec(text)?.[1]);

beforeAll(async () => {
  system = await startSystem();
  env = environmentOf(system.home);
}, 60_000);

afterAll(async () => {
  const names = (await runCli(env, ['ps', '--quiet'])).out.trim().split('\n');
  await runCli(env, ['rm', '--yes', ...names]);
  await system.stop();
  removeHome(system.home);
}, 60_000);

describe('clos run', () => {
  it('gives a command a port and a name, shows its output, and ends with its exit code', async () => {
    const folder = makeProject('shop', `function ready() { console.error('bad'); process.exit(7); } ${listen}`);
    const first = await runHere(folder).ended;
    const port = Number(/^up on (\d+)\n$/.exec(first.out)?.[1]);
    // It may have ended before anybody saw it run.
    const seen = `[◐●] shop is \\w+ on :${port} {2}http://127.0.0.1:${port}|■ shop is failed, keeps :${port}`;
    expect(first).toEqual({
      code: 7,
      out: `up on ${port}\n`,
      err: expect.stringMatching(new RegExp(`^(?:${seen})\nbad\n$`)),
    });

    // The same command in the same folder is the same service, on the same port.
    const again = await runHere(folder).ended;
    expect({ code: again.code, out: again.out }).toEqual({ code: 7, out: `up on ${port}\n` });
    expect((await clos(folder, 'ps', '--quiet')).out).toBe('shop\n');
    expect((await clos(folder, 'logs', 'shop')).out).toBe(`up on ${port}\nup on ${port}\n`);
  });

  it('stops the service with Ctrl-C, and shows what it says on its way out', async () => {
    const folder = makeProject(
      'polite',
      `process.on('SIGTERM', () => { console.log('bye'); process.exit(5); }); function ready() {} ${listen}`,
    );
    const run = runHere(folder);
    await run.until(/^up on/);
    run.signal('SIGINT');
    const { code, out, err } = await run.ended;
    expect({ code, out }).toEqual({ code: 5, out: expect.stringMatching(/^up on \d+\nbye\n$/) });
    expect(err).toContain('Stopping polite. Ctrl-C again leaves it to CLOS.\n');
    expect((await clos(folder, 'ps')).out).toMatch(/^○ stopped +polite /m);
  });

  it('says with 128 and its number which signal ended the program', async () => {
    const run = runHere(makeProject('plain', `function ready() {} ${listen}`));
    await run.until(/^up on/);
    expect(await run.end('SIGTERM')).toBe(128 + 15);
  });

  it('leaves the service to CLOS with a second Ctrl-C', async () => {
    const folder = makeProject(
      'stubborn',
      `process.on('SIGTERM', () => console.log('no')); function ready() {} ${listen}`,
    );
    const run = runHere(folder);
    await run.until(/^up on/);
    run.signal('SIGINT');
    await run.until(/^no$/);
    run.signal('SIGINT');
    const { code, err } = await run.ended;
    expect(code).toBe(130);
    expect(err).toContain('stubborn is left to CLOS. See it: clos ps · stop it: clos stop stubborn\n');
  });

  it('gives the program the PATH of the person, and nothing else of theirs', async () => {
    const folder = makeProject('inspect', `function ready() {} ${listen}`);
    env = { ...env, PATH: `/opt/mine${delimiter}${env.PATH}`, VIRTUAL_ENV: '/opt/venv', SECRET_OF_MINE: 'x' };
    const started = await clos(folder, 'run', '--detach', '-e', `MODE=\${endpoints.http.port}`, '--', ...command);
    expect(started).toMatchObject({ code: 0, err: '' });
    const port = portIn(started.out);
    const seen = JSON.parse(await (await fetch(`http://127.0.0.1:${port}`)).text());
    expect(seen).toMatchObject({ PATH: env.PATH, VIRTUAL_ENV: '/opt/venv', PORT: `${port}`, MODE: `${port}` });
    expect(seen).not.toHaveProperty('SECRET_OF_MINE');

    // It runs already: the same again leaves it as it is.
    const pid = (await system.client.services.get({ id: 'inspect' })).runtime.observed;
    expect((await clos(folder, 'run', '--detach', '--', ...command)).out).toBe(started.out);
    expect((await system.client.services.get({ id: 'inspect' })).runtime.observed).toEqual(pid);

    // What is not about the program changes beside it.
    await clos(folder, 'run', '--detach', '--start-on-visit', '--port', 'auto/https', '--', ...command);
    const changed = await system.client.services.get({ id: 'inspect' });
    expect([changed.startOnVisit, changed.endpoints.map(({ name, scheme }) => [name, scheme])]).toEqual([
      true,
      [['https', 'https']],
    ]);

    // With another port it moves there.
    const other = await freePort();
    const moved = await clos(folder, 'run', '--detach', '--port', String(other), '--', ...command);
    expect({ code: moved.code, port: portIn(moved.out) }).toEqual({ code: 0, port: other });
    expect(await (await fetch(`http://127.0.0.1:${other}`)).text()).toContain(`"PORT":"${other}"`);
  });

  it('shows the card of a conflict and ends with 4; by policy it takes another port', async () => {
    const folder = makeProject('wants', `function ready() { process.exit(0); } ${listen}`);
    const port = await freePort();
    const held = await holdPort(port);
    try {
      const taken = await runHere(folder, '--port', String(port)).ended;
      expect(taken.code).toBe(4);
      expect(taken.out).toMatch(
        new RegExp(`^◧ wants wants :${port} +(?:just now|\\d+ s ago)\n {2}held by {2}node .*pid ${held.pid} `),
      );
      expect(taken.out).toMatch(/\$ clos resolve cfl_\w+ --option reassign\n/);

      // It goes in the end, and with it its lease of a port that another test may be given.
      const moved = await runHere(folder, '--port', String(port), '--on-conflict', 'reassign', '--rm').ended;
      expect(moved.code).toBe(0);
      expect(moved.out).toMatch(/^up on \d+\n$/);
      expect(moved.out).not.toBe(`up on ${port}\n`);
    } finally {
      await held.release();
    }
  });

  it('waits for a port by policy, and starts as soon as it is free', async () => {
    const folder = makeProject('patient', `function ready() {} ${listen}`);
    const port = await freePort();
    const held = await holdPort(port);
    const run = runHere(folder, '--port', String(port), '--on-conflict', 'wait');
    expect(await run.until(/waits for/)).toBe(`○ patient is stopped: waits for :${port}`);
    await held.release();
    expect(await run.until(/^up on/)).toBe(`up on ${port}`);
    expect(await run.end('SIGINT')).toBe(128 + 15);
  });

  it('gives up waiting with Ctrl-C', async () => {
    const folder = makeProject('impatient', `function ready() {} ${listen}`);
    const port = await freePort();
    const held = await holdPort(port);
    try {
      const run = runHere(folder, '--port', String(port), '--on-conflict', 'wait');
      await run.until(/waits for/);
      expect(await run.end('SIGINT')).toBe(130);
      expect((await system.client.services.get({ id: 'impatient' })).waits).toBe(false);
    } finally {
      await held.release();
    }
  });

  it('removes the service in the end with --rm, and what could not be run at all', async () => {
    const folder = makeProject('gone', `function ready() { process.exit(3); } ${listen}`);
    expect((await runHere(folder, '--rm').ended).code).toBe(3);
    const missing = await clos(folder, 'run', '--', 'no-such-program-here');
    expect(missing).toMatchObject({ code: 1, out: '' });
    expect(missing.err).toContain('no-such-program-here');
    expect((await clos(folder, 'ps', '--quiet')).out.split('\n')).not.toContain('gone');
  });

  it('ends with the exit code of a program that does not listen', async () => {
    const folder = makeProject('task', '');
    const task = (script: string) =>
      clos(folder, 'run', '--name', 'task', '--rm', '--', process.execPath, '-e', script);
    expect(await task('console.log("done")')).toMatchObject({ code: 0, out: 'done\n' });
    expect(await task('console.log("not done"); process.exit(9)')).toMatchObject({ code: 9, out: 'not done\n' });
  });

  it('goes on showing the output when a part of CLOS was away', async () => {
    const folder = makeProject(
      'lasting',
      `let n = 0; function ready() { setInterval(() => { console.log('line ' + ++n); if (n === 40) process.exit(0); }, 50); } ${listen}`,
    );
    const run = runHere(folder);
    await run.until(/^line 5$/);
    const { modules } = await system.client.system.status();
    process.kill(modules.find(({ name }) => name === 'api')?.pid ?? 0, 'SIGKILL');
    const { code, out } = await run.ended;
    const lines = Array.from({ length: 40 }, (_, index) => `line ${index + 1}`);
    expect({ code, lines: out.trimEnd().split('\n').slice(1) }).toEqual({ code: 0, lines });
  });

  it('asks for a command, and refuses what cannot be meant', async () => {
    const folder = makeProject('shop', '');
    expect(await clos(folder, 'run')).toEqual({
      code: 2,
      out: '',
      err: 'What shall be run?\nWrite it after --: clos run -- npm run dev\n',
    });
    expect((await clos(folder, 'run', '--rm', '--detach', '--', 'x')).code).toBe(2);
    expect((await clos(folder, 'run', '--cwd', 'nowhere', '--', 'x')).err).toBe(
      `There is no folder ${join(folder, 'nowhere')}.\n`,
    );
    expect((await clos(folder, 'run', '--port', '3000:80', '--', 'x')).code).toBe(2);
    await clos(folder, 'create', 'owned', '--', 'one');
    expect((await clos(folder, 'run', '--name', 'owned', '--', 'another')).code).toBe(4);
  });
});
