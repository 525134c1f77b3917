import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClosEvent } from '#shared/contract/events.ts';
import { environmentOf, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';
import { type CliResult, followCli, runCli } from './run-cli.ts';

let system: TestSystem;
/** Before anything of this file. */
let begin: number;
const clos = (...args: string[]): Promise<CliResult> => runCli(environmentOf(system.home), args);

/** The events that the command shows, by what they say. */
async function told(...args: string[]): Promise<string[]> {
  const { out } = await clos('events', '--json', ...args);
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { type, subject }: ClosEvent = JSON.parse(line);
      return `${type} ${subject.name}`;
    });
}

beforeAll(async () => {
  system = await startSystem();
  const { client } = system;
  begin = (await client.system.status()).seq;
  for (const name of ['web', 'api'])
    await client.services.create({ name, runtime: { type: 'process', command: ['node'], cwd: '/' } });
  const { revision } = await client.services.get({ id: 'web' });
  await client.services.update({ id: 'web', env: { COLOUR: 'red' } }, { ifMatch: revision });
}, 60_000);
afterAll(async () => {
  await system.stop();
  removeHome(system.home);
});

describe('clos events', () => {
  it('shows what is about a service, by its name or its id, or of some types', async () => {
    const { id } = await system.client.services.get({ id: 'web' });
    const ofWeb = ['service.created web', 'service.updated web'];
    expect([await told('--subject', 'web'), await told('--subject', id)]).toEqual([ofWeb, ofWeb]);
    expect(await told('--type', 'service.updated', '--type', 'service.created')).toEqual([
      'service.created web',
      'service.created api',
      'service.updated web',
    ]);
    expect(await told('--type', 'service.created', '--subject', 'web')).toEqual(['service.created web']);
  });

  it('shows what somebody did', async () => {
    const { items } = await system.client.events.list({ after: begin });
    const owner = items[0]?.actor.id ?? '';
    expect(await told('--after', String(begin), '--actor', owner)).toEqual([
      'service.created web',
      'service.created api',
      'service.updated web',
    ]);
    expect((await clos('events', '--actor', 'key_nobody')).out).toBe('Nothing like that has happened.\n');
  });

  it('begins and ends where it is told to, or shows the last ones', async () => {
    const { items } = await system.client.events.list({ after: begin, type: 'service.created,service.updated' });
    const [first, second] = items.map(({ time }) => time);
    const services = ['--type', 'service.created', '--type', 'service.updated'];
    expect(await told('--since', second ?? '', ...services)).toEqual(['service.created api', 'service.updated web']);
    expect(await told('--until', first ?? '', ...services)).toEqual(['service.created web']);
    expect(await told('--since', '1h', ...services)).toHaveLength(3);
    expect(await told('--until', '1h')).toEqual([]);
    expect(await told('--limit', '2', ...services)).toEqual(['service.created api', 'service.updated web']);
    expect(await told('--after', String(begin), '-n', '1', ...services)).toEqual(['service.updated web']);
  });

  it('follows only what was asked for', async () => {
    const follow = followCli(environmentOf(system.home), ['events', '-f', '--subject', 'api', '--after', `${begin}`]);
    await follow.until(/api was created/);
    const change = async (id: string) => {
      const { revision } = await system.client.services.get({ id });
      await system.client.services.update({ id, env: { COLOUR: 'blue' } }, { ifMatch: revision });
    };
    await change('web');
    await change('api');
    await follow.until(/api was changed/);
    await follow.end('SIGTERM');
    expect((await follow.ended).out.split('\n').map((line) => /(web|api) was \w+/.exec(line)?.[0])).toEqual([
      'api was created',
      'api was changed',
      undefined,
    ]);
  });

  it('says what is wrong with a type, a time or an end that is never reached', async () => {
    const results = [
      await clos('events', '--type', 'service.create'),
      await clos('events', '--since', 'yesterday'),
      await clos('events', '--until', 'tomorrow'),
      await clos('events', '--follow', '--until', '10m'),
      await clos('events', '-n', '0'),
    ];
    expect(results.map(({ code }) => code)).toEqual([2, 2, 2, 2, 2]);
    expect(results[0]?.err).toBe('There are no events of the type "service.create".\nDid you mean service.created?\n');
    expect(results[2]?.err).toContain('Write --until 10m');
  });
});
