import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '#tests/support/eventually.ts';
import { environmentOf, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';
import { type CliResult, runCli } from './run-cli.ts';

let system: TestSystem;
const clos = (...args: string[]): Promise<CliResult> => runCli(environmentOf(system.home), args);

beforeAll(async () => {
  system = await startSystem();
  await clos('create', 'web', '--', 'node', 'server.js');
}, 60_000);
afterAll(async () => {
  await system.stop();
  removeHome(system.home);
});

describe('the past on the command line', () => {
  it('clos ps --at shows the services as they were', async () => {
    const { seq } = await system.client.system.status();
    expect((await clos('rm', '--yes', 'web')).code).toBe(0);
    expect((await clos('ps', '--quiet', '--at', String(seq))).out).toBe('web\n');
    expect((await clos('ps', '--at', '2020-01-01T00:00:00Z')).out).toBe('There were no services then.\n');
    expect((await clos('ps', '--at', 'yesterday')).code).toBe(2);
    expect((await clos('ps', '--at', '1', '--watch')).code).toBe(2);
  });

  it('clos audit says who asked for what, and with what outcome', async () => {
    expect((await clos('stop', 'web')).code).toBe(3);
    const refused = await eventually(
      () => clos('audit', '--outcome', 'refused'),
      ({ out }) => out.includes('services.stop'),
    );
    expect(refused.out).toMatch(
      /^WHEN +WHO +WHAT +OUTCOME +FROM +REQUEST\n\S+ +owner +services\.stop web +404 SERVICE_NOT_FOUND +socket/,
    );
    expect((await clos('audit', '--actor', 'key_nobody')).out).toBe('Nobody asked for such a change.\n');
  });

  it('clos cancel says when there is nothing to cancel', async () => {
    const { code, err } = await clos('cancel');
    expect([code, err]).toEqual([3, expect.stringMatching(/^Nothing runs that could be cancelled\./)]);
  });
});
