import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServiceSpecInput } from '#shared/contract/service-spec.ts';
import type { Service } from '#shared/contract/services.ts';
import { eventually } from '#tests/support/eventually.ts';
import { processOf } from '#tests/support/observed.ts';
import { freePort, holdPort } from '#tests/support/ports.ts';
import { newHome, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';

const home = newHome();
const folder = mkdtempSync(join(tmpdir(), 'clos-runs-'));
let system: TestSystem;

beforeAll(async () => {
  system = await startSystem({ home });
});
afterAll(async () => {
  const { items } = await system.client.services.list({ limit: 500 });
  for (const { id } of items) await system.client.services.delete({ id }, { waitSeconds: 60 });
  await system.stop();
  removeHome(home);
  rmSync(folder, { recursive: true });
});

/** A program that notes each of its runs in a file, and then does what the script says. */
function noting(name: string, script: string): ServiceSpecInput['runtime'] {
  const file = join(folder, name);
  writeFileSync(file, '');
  const text = `require('node:fs').appendFileSync(${JSON.stringify(file)}, process.pid + '\\n');\n${script}`;
  return { type: 'process', command: [process.execPath, '-e', text], cwd: folder };
}

const runsOf = (name: string): number => readFileSync(join(folder, name), 'utf8').split('\n').length - 1;

async function create(spec: ServiceSpecInput): Promise<Service> {
  return await system.client.services.create(spec);
}

const start = (id: string) => system.client.services.start({ id }, { waitSeconds: 60 });

const until = (id: string, right: (service: Service) => boolean) =>
  eventually(() => system.client.services.get({ id }), right);

/** The starts of a service, oldest first: who, and what came of it. */
async function startsOf({ id }: Service): Promise<string[]> {
  const { items } = await system.client.operations.list({ subject: id });
  return items
    .filter(({ type }) => type === 'service.start')
    .map(({ actor, status }) => `${actor.type} ${status}`)
    .reverse();
}

/** How long CLOS waited each time between an end and the next start, in whole seconds. */
async function pausesOf({ id }: Service): Promise<number[]> {
  const { items } = await system.client.events.list({ subject: id, type: 'service.status-changed', limit: 500 });
  return items.flatMap(({ data, time }, index) => {
    const next = items[index + 1];
    return data.to === 'failed' && next?.data.to === 'starting' ? [Date.parse(next.time) - Date.parse(time)] : [];
  });
}

describe('on-failure', () => {
  it('starts what failed again, later each time, and after so many times says that it gives up', async () => {
    const service = await create({
      name: 'always-fails',
      runtime: noting('always-fails', 'setTimeout(() => process.exit(3), 50)'),
      restart: { policy: 'on-failure', maxRetries: 2 },
    });
    await start('always-fails');
    const after = await until('always-fails', ({ statusReason }) => /given up/.test(statusReason ?? ''));
    const [first = 0, second = 0] = await pausesOf(service);

    expect([after.status, after.statusReason, after.desired]).toEqual([
      'failed',
      'exit 3; given up after 2 restarts',
      'stopped',
    ]);
    expect([runsOf('always-fails'), processOf(after)?.exit?.code]).toEqual([3, 3]);
    expect(await startsOf(service)).toEqual(['key succeeded', 'policy succeeded', 'policy succeeded']);
    expect([first >= 1000, second >= 2000]).toEqual([true, true]);
  });

  it('counts a restart whose program ends before it has answered', async () => {
    const service = await create({
      name: 'never-answers',
      runtime: noting(
        'never-answers',
        `const { readFileSync } = require('node:fs');
         const runs = readFileSync(${JSON.stringify(join(folder, 'never-answers'))}, 'utf8').split('\\n').length - 1;
         if (runs > 1) process.exit(4);
         require('node:http').createServer((request, response) => response.end(() => process.exit(4))).listen(process.env.PORT, '127.0.0.1');`,
      ),
      endpoints: [{ hostPort: await freePort() }],
      restart: { policy: 'on-failure', maxRetries: 2 },
    });
    await start('never-answers');
    const { endpoints } = await system.client.services.get({ id: 'never-answers' });
    await fetch(endpoints[0]?.url ?? '').catch(() => undefined);
    const after = await until('never-answers', ({ statusReason }) => /given up/.test(statusReason ?? ''));

    expect([after.status, after.statusReason, after.desired]).toEqual([
      'failed',
      expect.stringMatching(/ended with exit 4 as soon as it was started.*; given up after 2 restarts$/),
      'stopped',
    ]);
    expect(runsOf('never-answers')).toBe(3);
    expect(await startsOf(service)).toEqual(['key succeeded', 'policy failed', 'policy failed']);
  });

  it('tries again when something else was in the way of a restart', async () => {
    const port = await freePort();
    const service = await create({
      name: 'loses-its-port',
      runtime: noting(
        'loses-its-port',
        `require('node:http').createServer((request, response) => response.end(() => process.exit(5))).listen(process.env.PORT, '127.0.0.1');`,
      ),
      endpoints: [{ hostPort: port }],
      restart: { policy: 'on-failure', maxRetries: 5 },
    });
    await start('loses-its-port');
    await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    await until('loses-its-port', ({ status }) => status === 'failed');
    const holder = await holdPort(port);
    await eventually(
      () => startsOf(service),
      (starts) => starts.includes('policy failed'),
    );
    const meanwhile = await until('loses-its-port', ({ status }) => status !== 'starting');
    await holder.release();
    const after = await until('loses-its-port', ({ status }) => status === 'running');

    expect([meanwhile.status, meanwhile.statusReason]).toEqual([
      'failed',
      expect.stringContaining(`:${port} is held by`),
    ]);
    expect(after.endpoints[0]?.lease?.port).toBe(port);
    expect(new Set((await startsOf(service)).slice(1, -1))).toEqual(new Set(['policy failed']));
    expect((await startsOf(service)).at(-1)).toBe('policy succeeded');
  });

  it('leaves alone what ends with 0', async () => {
    const service = await create({
      name: 'finishes',
      runtime: noting('finishes', ''),
      restart: { policy: 'on-failure', maxRetries: 2 },
    });
    await start('finishes');
    const after = await until('finishes', ({ status }) => status === 'stopped');

    expect([after.statusReason, after.desired, await startsOf(service)]).toEqual([
      'ended by itself, exit 0',
      'stopped',
      ['key succeeded'],
    ]);
  });
});

describe('always', () => {
  it('starts again what ends with 0, and leaves alone what somebody has stopped', async () => {
    const service = await create({
      name: 'comes-back',
      runtime: noting(
        'comes-back',
        `const { readFileSync } = require('node:fs');
         const runs = readFileSync(${JSON.stringify(join(folder, 'comes-back'))}, 'utf8').split('\\n').length - 1;
         if (runs === 2) setInterval(() => {}, 1000);`,
      ),
      restart: { policy: 'always' },
    });
    await start('comes-back');
    await eventually(
      async () => runsOf('comes-back'),
      (runs) => runs === 2,
    );
    await until('comes-back', ({ status }) => status === 'running');
    await system.client.services.stop({ id: 'comes-back' }, { waitSeconds: 60 });
    // Longer than the policy would have waited: another service of the same kind comes back meanwhile.
    await create({ name: 'clock', runtime: noting('clock', ''), restart: { policy: 'always', maxRetries: 2 } });
    await start('clock');
    await eventually(
      async () => runsOf('clock'),
      (runs) => runs === 3,
    );
    const after = await system.client.services.get({ id: 'comes-back' });

    expect([after.status, after.statusReason, after.desired, runsOf('comes-back')]).toEqual([
      'stopped',
      null,
      'stopped',
      2,
    ]);
    expect(await startsOf(service)).toEqual(['key succeeded', 'policy succeeded']);
  });

  it('gives up on what ends with 0 again and again', async () => {
    const after = await until('clock', ({ statusReason }) => /given up/.test(statusReason ?? ''));
    expect([after.status, after.statusReason, after.desired]).toEqual([
      'stopped',
      'ended by itself, exit 0; given up after 2 restarts',
      'stopped',
    ]);
  });
});

describe('a restart that was due when CLOS was killed', () => {
  it('is made by the next one', async () => {
    const service = await create({
      name: 'is-due',
      runtime: noting(
        'is-due',
        `const { readFileSync } = require('node:fs');
         const runs = readFileSync(${JSON.stringify(join(folder, 'is-due'))}, 'utf8').split('\\n').length - 1;
         if (runs > 3) setInterval(() => {}, 1000); else setTimeout(() => process.exit(6), 50);`,
      ),
      restart: { policy: 'on-failure', maxRetries: 5 },
    });
    await start('is-due');
    // The third pause lasts four seconds.
    await eventually(
      async () => [runsOf('is-due'), (await system.client.services.get({ id: 'is-due' })).status],
      ([runs, status]) => runs === 3 && status === 'failed',
    );
    await system.kill();
    system = await startSystem({ home });
    // It runs before its program has written that it does.
    await eventually(
      async () => runsOf('is-due'),
      (runs) => runs > 3,
    );
    await until('is-due', ({ status }) => status === 'running');

    expect(runsOf('is-due')).toBe(4);
    expect((await startsOf(service)).at(-1)).toBe('policy succeeded');
  });
});
