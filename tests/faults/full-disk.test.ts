import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isClosError } from '#shared/contract/clos-error.ts';
import { findHome } from '#shared/node/home.ts';
import { startSystem, type TestSystem } from '#tests/support/system.ts';

/** A folder that holds no more than 32 MiB, or why there is none. */
function mountSmall(): { path: string } | { why: string } {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return { why: 'it mounts a small disk, which takes root on Linux' };
  const path = mkdtempSync(join(tmpdir(), 'clos-full-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', path], { stdio: 'pipe' });
    return { path };
  } catch (error) {
    rmdirSync(path);
    return { why: `it mounts a small disk, and here nobody may: ${error instanceof Error ? error.message : error}` };
  }
}

const disk = mountSmall();
if ('why' in disk) it.skip(`a disk that fills up: ${disk.why}`);

describe.skipIf('why' in disk)('a disk that fills up', () => {
  const root = 'path' in disk ? disk.path : '';
  const home = findHome({ CLOS_HOME: root });
  const filler = join(root, 'filler');
  const acknowledged: string[] = [];
  let system: TestSystem;
  let pids: unknown;

  beforeAll(async () => {
    system = await startSystem({ home });
    pids = await modulePids();
  });
  afterAll(async () => {
    rmSync(filler, { force: true });
    await system?.stop();
    execFileSync('umount', [root]);
    rmdirSync(root);
  });

  async function modulePids(): Promise<unknown> {
    return (await system.client.system.status()).modules.map(({ name, pid, state }) => [name, pid, state]);
  }

  async function create(name: string): Promise<void> {
    await system.client.services.create({ name, runtime: { type: 'process', command: ['node', 'x.js'], cwd: '/srv' } });
    acknowledged.push(name);
  }

  function fill(): void {
    const { bavail, bsize } = statfsSync(root);
    const parts = [filler, Buffer.alloc(bavail * bsize, 1)] as const;
    try {
      writeFileSync(...parts, { flag: 'a' });
    } catch {
      // Whatever still fitted is there now.
    }
  }

  const names = async () => (await system.client.services.list({ limit: 500 })).items.map(({ name }) => name).sort();

  it('refuses writes with 507 and says why; reads stay up, and no process ends', { timeout: 60_000 }, async () => {
    for (let index = 0; index < 20; index += 1) await create(`before-${index}`);
    let refusal: unknown = null;
    for (let index = 0; index < 500 && refusal === null; index += 1) {
      fill();
      refusal = await create(`full-${index}`).then(
        () => null,
        (error: unknown) => error,
      );
    }
    const answer = await system.request('/api/v2/services', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'raw', runtime: { type: 'process', command: ['node', 'x.js'], cwd: '/srv' } }),
    });
    const problem = await answer.json();
    const backup = await system.client.backups.make().catch((error: unknown) => error);

    expect(isClosError(refusal, 'STORAGE_FULL')).toBe(true);
    expect([answer.status, problem]).toMatchObject([
      507,
      {
        code: 'STORAGE_FULL',
        title: 'The disk is full',
        detail: expect.stringContaining(`The change was not stored: the disk of ${root} is full`),
      },
    ]);
    expect(isClosError(backup, 'STORAGE_FULL', 'BACKUP_FAILED')).toBe(true);
    expect(await names()).toEqual([...acknowledged].sort());
    expect((await system.client.events.list({ limit: 500 })).items.length).toBeGreaterThan(20);
    expect(await modulePids()).toEqual(pids);
  });

  it('is forgotten within seconds after there is room again', async () => {
    rmSync(filler);
    const freed = performance.now();
    await create('after');
    const backup = await system.client.backups.make();

    expect(performance.now() - freed).toBeLessThan(5000);
    expect(await names()).toEqual([...acknowledged].sort());
    expect([(await system.client.system.status()).storage.backup, await modulePids()]).toEqual([backup, pids]);
  });

  it('has lost nothing that was acknowledged, also for who starts anew', async () => {
    fill();
    await create('while-full').catch(() => undefined);
    await system.stop();
    rmSync(filler);
    system = await startSystem({ home });

    expect(await names()).toEqual([...acknowledged].sort());
  });
});
