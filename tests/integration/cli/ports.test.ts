import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, holdPort } from '#tests/support/ports.ts';
import { environmentOf, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';
import { type CliResult, runCli } from './run-cli.ts';

let system: TestSystem;
let env: NodeJS.ProcessEnv;

const clos = (...args: string[]): Promise<CliResult> => runCli(env, args);

beforeAll(async () => {
  system = await startSystem();
  env = environmentOf(system.home);
}, 60_000);

afterAll(async () => {
  await system.stop();
  removeHome(system.home);
}, 60_000);

describe('clos who', () => {
  it('names the program that listens, with its process, and what belongs to CLOS itself', async () => {
    const port = await freePort();
    const held = await holdPort(port);
    const who = await clos('who', String(port));
    await held.release();
    expect(who).toMatchObject({ code: 0, err: '' });
    expect(who.out).toMatch(
      new RegExp(
        `^:${port} is held by node\\.\n {2}listens {2}tcp 127.0.0.1:${port} {2}node {2}.* pid ${held.pid} · \\S+ · since \\d\\d:\\d\\d\n`,
      ),
    );
    expect(await clos('who', String(port))).toMatchObject({
      out: expect.stringMatching(/^:\d+ is held by nobody\.\n/),
    });

    const own = new URL(system.discovery.gateway.url).port;
    expect((await clos('who', own)).out).toMatch(new RegExp(`^:${own} belongs to CLOS \\(`));
    expect((await clos('who', `:${own}`, '--quiet')).out).toMatch(/^CLOS \(/);
  });
});

describe('clos free', () => {
  it('says what is free near a port', async () => {
    const port = await freePort();
    const held = await holdPort(port);
    const { out } = await clos('free', String(port), '--count', '4');
    const numbers = (await clos('free', String(port), '--count', '4', '--quiet')).out.trim().split('\n').map(Number);
    await held.release();
    expect(out.trim().split('\n')).toHaveLength(4);
    expect(out.split('\n')[0]).toMatch(new RegExp(`^:${numbers[0]} {2}${numbers[0]} is `));
    expect(numbers).not.toContain(port);
    expect(numbers.every((number) => number > port && number < port + 100)).toBe(true);
    expect(JSON.parse((await clos('free', '--json')).out).items).toHaveLength(3);
  });
});

describe('clos ports', () => {
  it('shows the map by range, and of one range only when asked', async () => {
    const port = await freePort();
    const held = await holdPort(port);
    const map = await clos('ports');
    const one = await clos('ports', '--range', 'apis');
    const table = await clos('ports', '--listeners');
    await held.release();
    expect(map.out).toMatch(/^candlefish 3000-3099 {2}.*\d+ free$/m);
    expect(map.out).toMatch(/▣ clos +gateway/);
    expect(one.out).toMatch(/^apis 4000-4999 {2}.*\d+ listening.* \d+ free\n/);
    expect(one.out).toMatch(new RegExp(`^ {2}:${port} +▨ listening +node +node +${held.pid} `, 'm'));
    expect(one.out).not.toContain('candlefish');
    expect(table.out).toMatch(new RegExp(`^tcp 127.0.0.1:${port} +node +${held.pid} +\\S+ +\\d\\d:\\d\\d `, 'm'));
    expect(JSON.parse((await clos('ports', '--json')).out)).toHaveProperty('items');
    expect(await clos('ports', '--range', 'api')).toEqual({
      code: 3,
      out: '',
      err: 'There is no range "api".\nDid you mean apis? See all: clos ports ranges\n',
    });
  });

  it('adds, changes and removes ranges, and says what cannot be', async () => {
    expect((await clos('ports', 'set-range', 'demos', '6000-6009')).out).toMatch(/^demos +6000-6009 +10$/m);
    expect((await clos('ports', 'set-range', 'demos', '6000-6019')).out).toMatch(/^demos +6000-6019 +20$/m);
    expect(await clos('ports', 'set-range', 'demos', '3050-6019')).toMatchObject({
      code: 2,
      err: expect.stringMatching(
        /^The ranges cannot be like this\.\ndemos \(FIRST-LAST\): shares ports with "candlefish"/,
      ),
    });
    expect((await clos('ports', 'rm-range', 'demos')).code).toBe(0);
    expect((await clos('ports', 'ranges', '--quiet')).out.trim().split('\n')).toEqual([
      'candlefish',
      'security',
      'pkb',
      'apis',
      'core',
    ]);
    expect((await clos('ports', 'rm-range', 'demos')).code).toBe(3);
  });

  it('reserves a port, keeps services away from it, and gives it back', async () => {
    const port = await freePort();
    const reserve = await clos('ports', 'reserve', String(port), '--note', 'the demo');
    expect(reserve).toEqual({ code: 0, out: `:${port} is reserved: the demo.\n`, err: '' });
    expect((await clos('who', String(port))).out).toMatch(
      new RegExp(`^:${port} is reserved: the demo; nothing listens there now\\.\n {2}reserved tcp`),
    );
    expect((await clos('ports')).out).toMatch(new RegExp(`^ {2}:${port} +◇ reserved +the demo `, 'm'));
    expect((await clos('ports', 'reserve', String(port))).code).toBe(4);
    expect(await clos('ports', 'release', String(port))).toEqual({
      code: 0,
      out: `:${port} is given back, which was reserved: the demo.\n`,
      err: '',
    });
    expect((await clos('ports', 'release', String(port))).code).toBe(3);
  });

  it('moves an endpoint to another port', async () => {
    const [port, reserved] = [await freePort(), await freePort()];
    await clos('create', 'web', '--port', 'auto', '--', 'node', '-e', '0');
    expect(await clos('ports', 'move', 'web/http', String(port))).toEqual({
      code: 0,
      out: `web (http) has :${port} now.\n`,
      err: '',
    });
    expect((await clos('ps')).out).toMatch(new RegExp(`^○ created +web +:${port} `, 'm'));
    await clos('ports', 'reserve', String(reserved));
    const taken = await clos('ports', 'move', 'web', String(reserved));
    expect(taken).toMatchObject({ code: 4, out: expect.stringContaining(`◧ web wants :${reserved}`) });
    expect(taken.out).not.toContain('CONFLICT');
    expect((await clos('ports', 'move', 'wep', '3000')).err).toContain('Did you mean web?');
    expect((await clos('ports', 'move', 'web/', '3000')).code).toBe(2);
    expect((await clos('ports', 'release', String(port))).out).toBe(
      `:${port} is given back, which was the service's: web (http).\n`,
    );
  });
});

describe('the policies of conflicts', () => {
  it('are shown and changed', async () => {
    const plain = [
      'When a port is taken  ask: the start stops and shows the ways out',
      'Takeover may end      nothing named',
      'Never ended           nothing named',
    ];
    expect((await clos('settings')).out.trimEnd().split('\n')).toEqual(plain);
    expect((await clos('settings', 'on-conflict', 'reassign', '--quiet')).out).toBe('reassign\n');
    await clos('protect', 'postgres');
    const both = await clos('may-end', 'node', '--command-contains', 'vite');
    expect(both.out.trimEnd().split('\n')).toEqual([
      'When a port is taken  reassign: the service takes another port of its range',
      'Takeover may end      node, where the command contains "vite"',
      'Never ended           postgres',
    ]);
    await clos('protect', 'postgres', '--remove');
    await clos('may-end', 'node', '--command-contains', 'vite', '--remove');
    expect((await clos('settings', 'on-conflict', 'ask')).out.trimEnd().split('\n')).toEqual(plain);
    expect((await clos('protect', 'postgres', '--remove')).code).toBe(2);
    expect((await clos('settings', 'on-conflict', 'fly')).code).toBe(2);
  });
});

describe('an external service', () => {
  it('is watched where it runs, and neither started nor stopped', async () => {
    const port = await freePort();
    const held = await holdPort(port);
    expect(await clos('create', 'mail', '--external', '-p', String(port))).toMatchObject({ code: 0, err: '' });
    expect((await clos('ps')).out).toMatch(new RegExp(`mail +:${port} +only watched`));
    expect(await clos('start', 'mail')).toMatchObject({
      code: 1,
      err: expect.stringContaining('Start and stop it where it is run.'),
    });
    expect(await clos('rm', 'mail')).toMatchObject({ code: 0 });
    expect(held.child.exitCode).toBeNull();
    await held.release();
  });
});
