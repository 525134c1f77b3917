import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '#tests/support/eventually.ts';
import { freePort, holdPort } from '#tests/support/ports.ts';
import { environmentOf, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';
import { type CliResult, runCli } from './run-cli.ts';

let system: TestSystem;
let env: NodeJS.ProcessEnv;

const clos = (...args: string[]): Promise<CliResult> => runCli(env, args);
const server = [
  process.execPath,
  '-e',
  "require('node:http').createServer((_, answer) => answer.end('mine')).listen(process.env.PORT, '127.0.0.1')",
];

/** A service that wants a port which somebody else holds, the conflict that its start met, and the holder. */
async function clash(name: string) {
  const port = await freePort();
  const held = await holdPort(port);
  await clos('create', name, '--port', String(port), '--', ...server);
  const taken = await clos('start', name);
  const [, id = ''] = /clos resolve (cfl_\w+) /.exec(taken.out) ?? [];
  return { port, held, taken, id };
}

const operationIn = ({ out }: CliResult) => /^undo with: clos undo (op_\w+)$/m.exec(out)?.[1] ?? '';

beforeAll(async () => {
  system = await startSystem();
  env = environmentOf(system.home);
}, 60_000);

afterAll(async () => {
  const names = (await clos('ps', '--quiet')).out.trim().split('\n');
  await clos('rm', '--yes', ...names);
  await system.stop();
  removeHome(system.home);
}, 60_000);

describe('a conflict with a program', () => {
  it('is one card with the holder, every way out with its command, and the evidence', async () => {
    const { port, held, taken, id } = await clash('carded');
    try {
      expect(taken.code).toBe(4);
      const lines = taken.out.split('\n');
      expect(lines[0]).toMatch(new RegExp(`^◧ carded wants :${port} +(just now|\\d+ s ago)$`));
      expect(lines[1]).toMatch(new RegExp(`^ {2}held by {2}node .* pid ${held.pid} · \\S+ · since \\d\\d:\\d\\d$`));
      const commands = lines.flatMap((line) => /^ {4}\$ (.*)$/.exec(line)?.[1] ?? []);
      expect(commands).toEqual(
        ['reassign', 'wait', 'adopt', 'end-process'].map((option) => `clos resolve ${id} --option ${option}`),
      );
      expect(taken.out).toMatch(/^ {2}● Run carded on \d+ {2}recommended · nothing stops$/m);
      expect(taken.out).toMatch(
        new RegExp(`^ {2}○ End node -e .* \\(pid ${held.pid}\\) .*high risk · can be undone$`, 'm'),
      );
      expect(taken.out).toMatch(
        new RegExp(`^ {2}Why {2}tcp 127.0.0.1:${port}, inode \\d+, process ${held.pid} \\(node\\)$`, 'm'),
      );
      const shown = await clos('conflicts', id);
      expect({ ...shown, lines: shown.out.split('\n').slice(1) }).toMatchObject({
        code: 0,
        err: '',
        lines: lines.slice(1),
      });
      expect((await clos('conflicts')).out).toMatch(new RegExp(`^◧ open +:${port} +carded +node +.* ${id}$`, 'm'));
    } finally {
      await held.release();
    }
  });

  it('is planned without a change, resolved step by step, and undone', async () => {
    const { port, held, id } = await clash('moved');
    try {
      const plan = await clos('resolve', id, '--option', 'reassign', '--dry-run');
      expect(plan.out).toMatch(
        /^To resolve a conflict of moved, CLOS would:\n {2}○ Lease :\d+ to moved\/http\n[\s\S]*Nothing was changed\.\n$/,
      );
      expect((await clos('conflicts', '--quiet')).out).toContain(id);

      const resolved = await clos('resolve', id);
      expect(resolved).toMatchObject({ code: 0, err: '' });
      expect(resolved.out).toMatch(
        new RegExp(
          `^● Lease :(\\d+) to moved/http\n[\\s\\S]*● Start .*\n[\\s\\S]*The conflict over :${port} is resolved: Run moved on \\1\\.\n● moved is running on :\\1 `,
        ),
      );
      expect((await clos('resolve', id, '--option', 'reassign')).code).toBe(4);

      const operation = operationIn(resolved);
      expect((await clos('operations', operation)).out).toMatch(
        /^● resolve a conflict of moved: succeeded {2}by owner, /,
      );
      expect((await clos('undo', operation, '--dry-run')).out).toMatch(/^To undo a change of moved, CLOS would:\n/);
      const undone = await clos('undo');
      expect(undone).toMatchObject({ code: 0, out: expect.stringMatching(/^Undone: resolve a conflict of moved\.$/m) });
      expect((await clos('ps')).out).toMatch(/^○ (created|stopped) +moved /m);
      expect((await clos('undo', operation)).code).toBe(4);
    } finally {
      await held.release();
    }
  });

  it('ends the program only after a yes, and starts it again when that is undone', async () => {
    const { port, held, id } = await clash('taker');
    const exit = once(held.child, 'exit');
    const refused = await clos('resolve', id, '--option', 'end-process');
    expect(refused).toEqual({
      code: 2,
      out: '',
      err: expect.stringMatching(
        new RegExp(
          `^"End node -e .* \\(pid ${held.pid}\\)" is of high risk, and nobody can be asked here.\\n` +
            `To do it anyway: clos resolve ${id} --option end-process --yes\\n$`,
        ),
      ),
    });
    expect(held.child.exitCode).toBeNull();

    const taken = await clos('resolve', id, '--option', 'end-process', '--yes');
    expect(taken.out).toMatch(
      new RegExp(`^● End \\S*node -e .* \\(pid ${held.pid}\\)[\\s\\S]*^● taker is running on :${port} `, 'm'),
    );
    await exit;
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('mine');

    expect(await clos('undo', operationIn(taken))).toMatchObject({ code: 0 });
    const who = await eventually(
      () => clos('who', String(port)),
      ({ out }) => out.startsWith(`:${port} is held by node.`),
    );
    const [, pid] = /pid (\d+)/.exec(who.out) ?? [];
    process.kill(Number(pid), 'SIGKILL');
  });

  it('lets the service wait, which starts by itself when the port is free', async () => {
    const { port, held, id } = await clash('waiter');
    const waits = await clos('resolve', id, '--option', 'wait');
    expect(waits).toMatchObject({ code: 0, out: expect.stringMatching(/^○ waiter is stopped: waits for :\d+$/m) });
    expect((await clos('ps')).out).toContain(
      'waiter starts by itself as soon as its port is free. See what holds it: clos conflicts\n',
    );
    await held.release();
    await eventually(
      () => clos('ps'),
      ({ out }) => new RegExp(`^● running +waiter +:${port} `, 'm').test(out),
    );
  });

  it('makes a service of the program', async () => {
    const { port, held, id } = await clash('guest');
    const adopted = await clos('resolve', id, '--option', 'adopt');
    expect(adopted).toMatchObject({ code: 0, err: '' });
    expect((await clos('who', String(port))).out).toMatch(/^:\d+ is held by service \S+\.$/m);
    const exit = once(held.child, 'exit');
    expect(await clos('undo', operationIn(adopted))).toMatchObject({ code: 0 });
    expect((await clos('who', String(port))).out).toMatch(/^:\d+ is held by node\.$/m);
    held.child.kill();
    await exit;
  });
});

describe('clos adopt', () => {
  it('makes a service of what listens on a port, which goes on, and can be undone', async () => {
    const port = await freePort();
    const held = await holdPort(port);
    const plan = await clos('adopt', String(port), '--name', 'blog', '--dry-run');
    expect(plan).toMatchObject({ code: 0, out: expect.stringMatching(/^To adopt blog, CLOS would:\n/) });
    expect((await clos('ps', '--quiet')).out.split('\n')).not.toContain('blog');

    const adopted = await clos('adopt', String(port), '--name', 'blog');
    expect(adopted).toMatchObject({ code: 0, err: '' });
    expect(adopted.out).toMatch(new RegExp(`^● blog is running on :${port} {2}http://127.0.0.1:${port}$`, 'm'));
    expect((await clos('ps')).out).toMatch(new RegExp(`^● running +blog +:${port} .* ${held.pid} `, 'm'));
    expect((await clos('adopt', String(port))).code).toBe(3);

    expect(await clos('undo')).toMatchObject({ code: 0, out: expect.stringMatching(/^Undone: adopt blog\.$/m) });
    expect((await clos('ps', '--quiet')).out.split('\n')).not.toContain('blog');
    expect(held.child.exitCode).toBeNull();
    await held.release();
  });

  it('takes a process by its number', async () => {
    const held = await holdPort(await freePort());
    expect((await clos('adopt', '--pid', String(held.pid), '--name', 'numbered')).code).toBe(0);
    const exit = once(held.child, 'exit');
    expect(await clos('stop', 'numbered')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^○ numbered is stopped, keeps :\d+/),
    });
    await exit;
  });

  it('says what it needs, and when nothing is there', async () => {
    const results = await Promise.all([
      clos('adopt'),
      clos('adopt', '3000', '--pid', '4'),
      clos('adopt', String(await freePort())),
      clos('adopt', '--pid', '999999999'),
    ]);
    expect(results.map(({ code }) => code)).toEqual([2, 2, 3, 1]);
  });
});

describe('several services', () => {
  it('are started by one plan, which can be looked at before', async () => {
    const port = await freePort();
    await clos('create', 'first', '--port', String(port), '--', ...server);
    await clos('create', 'second', '--port', 'auto', '--', ...server);
    const plan = await clos('start', 'first', 'second', '--dry-run');
    expect(plan).toMatchObject({ code: 0, err: '' });
    expect(plan.out).toMatch(/first[\s\S]*second[\s\S]*Nothing was changed\.\n$/);
    const started = await clos('start', 'first', 'second');
    expect(started.out).toMatch(
      new RegExp(`^● first is running on :${port} {2}\\S+\n● second is running on :\\d+ {2}\\S+\n$`),
    );
    const stopped = await clos('stop', 'second', 'first');
    expect(stopped.out).toMatch(/^○ second is stopped, keeps :\d+\n○ first is stopped, keeps :\d+\n$/);
  });

  it('name the one that does not exist', async () => {
    const missing = await clos('start', 'first', 'secnod');
    expect(missing).toMatchObject({ code: 3, out: '' });
    expect(missing.err).toContain('Did you mean second? See all services: clos ps');
  });

  it('move out of the way of what is taken, which a plan says beforehand, and are told where they are', async () => {
    const { port, held } = await clash('third');
    try {
      const plan = await clos('start', 'third', 'first', '--dry-run');
      expect(plan).toMatchObject({ code: 0, out: expect.stringMatching(/^ {2}○ Run third on \d+ {2}\(/m) });
      const started = await clos('start', 'third', 'first');
      expect(started.code).toBe(0);
      expect(started.out).toMatch(
        new RegExp(
          `^● third is running on :(\\d+) {2}\\S+\n {2}◧ :\\1 instead of :${port}: reassigned .*\n● first is running on :\\d+ `,
        ),
      );
    } finally {
      await held.release();
    }
  });

  it('whose port is taken are not planned to start one by one', async () => {
    const { held } = await clash('fourth');
    try {
      const plan = await clos('start', 'fourth', '--dry-run');
      expect(plan).toMatchObject({ code: 4, out: expect.stringMatching(/^ {2}■ Lease :\d+ to fourth\/http {2}\(/m) });
      const moved = await clos('start', 'fourth', '--on-conflict', 'reassign');
      expect(moved).toMatchObject({
        code: 0,
        err: expect.stringMatching(/^◧ :\d+ is held by node\. Run fourth on \d+\.$/m),
      });
    } finally {
      await held.release();
    }
  });
});
