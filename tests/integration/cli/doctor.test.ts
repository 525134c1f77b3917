import { chmodSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, holdPort } from '#tests/support/ports.ts';
import { environmentOf, newHome, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';
import { runCli } from './run-cli.ts';

const home = newHome();
let system: TestSystem;
let held: Awaited<ReturnType<typeof holdPort>>;
let port: number;
const noProxy = { http_proxy: '', HTTP_PROXY: '', all_proxy: '', ALL_PROXY: '' };
const doctor = (more: NodeJS.ProcessEnv, ...args: string[]) =>
  runCli({ ...environmentOf(home), ...noProxy, ...more }, ['doctor', ...args]);

beforeAll(async () => {
  port = await freePort();
  held = await holdPort(port);
  system = await startSystem({ home, env: { CLOS_DASHBOARD_PORT: String(port) } });
});
afterAll(async () => {
  await system.stop();
  await held.release();
  removeHome(home);
});

interface Check {
  check: string;
  level: string;
  reason: string;
  advice: string | null;
}

async function checks(more: NodeJS.ProcessEnv = {}): Promise<Map<string, Check>> {
  const parsed: { checks: Check[] } = JSON.parse((await doctor(more, '--json')).out);
  return new Map(parsed.checks.map((each) => [each.check, each]));
}

describe('clos doctor', () => {
  it('looks at the home, at CLOS and its ports, and at the machine', async () => {
    const found = await checks();

    expect([...found.keys()]).toEqual(
      'home disk clos gateway dashboard api websocket monitor resolver engine conflicts names nsswitch hosts ipv6 proxy'.split(
        ' ',
      ),
    );
    const level = (name: string) => found.get(name)?.level;
    expect('home clos gateway api websocket monitor resolver conflicts proxy'.split(' ').map(level)).toEqual(
      Array.from({ length: 9 }, () => 'ok'),
    );
    expect(found.get('dashboard')).toMatchObject({
      level: 'warn',
      reason: expect.stringMatching(new RegExp(`^:\\d+ in place of :${port}, which node has\\.$`)),
    });
    expect(found.get('engine')?.level).toBe('warn');
  });

  it('says in words what is wrong and what to do, and ends well as long as nothing fails', async () => {
    const { code, out } = await doctor(
      { http_proxy: 'http://proxy.invalid:3128', no_proxy: '', NO_PROXY: '' },
      '--quiet',
    );

    expect(out).toMatch(
      /^warn {2}proxy +http_proxy is set, and no_proxy does not leave localhost out:.*\n +Add to your shell: /m,
    );
    expect([code, out.includes('FAIL'), out.includes('ok  ')]).toEqual([0, false, false]);
  });

  it('fails for a home that others can read', async () => {
    chmodSync(home.root, 0o755);
    const { code, out } = await doctor({});
    chmodSync(home.root, 0o700);

    expect([code, out.split('\n')[0]]).toEqual([
      1,
      expect.stringMatching(/^FAIL {2}home +\S+ is open to others \(mode 755\), and your keys are in it\.$/),
    ]);
  });

  it('fails where CLOS does not run, and looks at the rest all the same', async () => {
    const elsewhere = newHome();
    const { code, out } = await doctor({ CLOS_HOME: elsewhere.root });
    removeHome(elsewhere);

    expect(code).toBe(1);
    expect(out).toMatch(/^FAIL {2}clos +CLOS is not running\.\n +clos serve starts it\.$/m);
    expect(out).toMatch(/^(ok {2}|warn) {2}ipv6 /m);
  });
});
