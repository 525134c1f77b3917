import { existsSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listBackups } from '#main/database/backups.ts';
import { eventually } from '#tests/support/eventually.ts';
import { environmentOf, newHome, removeHome, startSystem, type TestSystem } from '#tests/support/system.ts';
import { runCli } from '../integration/cli/run-cli.ts';

const home = newHome();
const clos = (...args: string[]) => runCli(environmentOf(home), args);
let system: TestSystem;

const create = (name: string) =>
  system.client.services.create({ name, runtime: { type: 'process', command: ['node', 'x.js'], cwd: '/srv' } });

async function names(): Promise<string[]> {
  return (await system.client.services.list()).items.map(({ name }) => name);
}

beforeAll(async () => {
  system = await startSystem({ home });
});
afterAll(async () => {
  await system.stop();
  removeHome(home);
});

describe('a database that is damaged while CLOS runs', () => {
  it('is found when the api starts again, restored, and all modules go on with what was restored', async () => {
    await create('before');
    const backup = await system.client.backups.make();
    await create('after');
    const lost = (await system.client.system.status()).seq;
    const { modules } = await system.client.system.status();
    process.kill(system.process.pid ?? 0, 'SIGSTOP');
    process.kill(modules.find(({ name }) => name === 'api')?.pid ?? 0, 'SIGKILL');
    truncateSync(home.coreDb, 30_000);
    rmSync(`${home.coreDb}-wal`);
    process.kill(system.process.pid ?? 0, 'SIGCONT');
    const status = await eventually(
      () => system.client.system.status(),
      (now) =>
        now.modules.every(
          ({ state, pid, name }) => state === 'ready' && modules.find((old) => old.name === name)?.pid !== pid,
        ),
    );
    const events = await system.client.events.list({ type: 'storage.restored' });

    expect(await names()).toEqual(['before']);
    expect(status.storage).toEqual({
      backup,
      restored: {
        at: events.items[0]?.time,
        backup: backup.name,
        reason: expect.any(String),
        setAside: expect.stringContaining(join(home.backupsDir, 'quarantine')),
      },
    });
    expect(events.items.map(({ seq, data }) => [seq > lost, data])).toEqual([
      [true, { ...status.storage.restored, at: undefined }],
    ]);
    expect((await clos('status')).out).toContain(`▲ The database was restored`);
    await create('later');
    expect(await names()).toEqual(['before', 'later']);
  });
});

describe('the command line', () => {
  it('makes backups and lists them', async () => {
    const made = await clos('backup');
    const [newest] = listBackups(home.backupsDir);
    const list = await clos('backups', '--quiet');

    expect(made).toEqual({ code: 0, out: `Made and verified ${newest?.path}\n`, err: '' });
    expect(list.out.split('\n')[0]).toBe(newest?.name);
    expect((await clos('backups')).out).toContain(newest?.name);
  });

  it('restores nothing while CLOS runs', async () => {
    expect(await clos('restore', 'latest')).toEqual({
      code: 1,
      out: '',
      err: `clos: CLOS runs for ${home.root}. Stop it, then restore.\n`,
    });
  });

  it('restores a backup, and keeps what was there', async () => {
    await create('not-in-the-backup');
    await system.stop();
    const [newest] = listBackups(home.backupsDir);
    const restored = await clos('restore', 'latest');
    const setAside = /before is in (.+)\n/.exec(restored.out)?.[1] ?? '';
    system = await startSystem({ home });
    const now = await names();
    await system.stop();
    const back = await clos('restore', join(setAside, 'core.db'));
    system = await startSystem({ home });

    expect(restored).toEqual({
      code: 0,
      out: `Restored ${newest?.path} with 2 services.\nWhat was there before is in ${setAside}\n`,
      err: '',
    });
    expect([now, back.code, await names()]).toEqual([['before', 'later'], 0, ['before', 'later', 'not-in-the-backup']]);
  });

  it('restores nothing that is damaged, from the future, or not there', async () => {
    await system.stop();
    const [newest] = listBackups(home.backupsDir);
    const file = join(home.root, 'other.db');
    const restore = async (): Promise<string> => (await clos('restore', file)).err;
    const missing = await restore();
    writeFileSync(file, 'x'.repeat(5000));
    const damaged = await restore();
    rmSync(file);
    const db = new Database(newest?.path ?? '');
    db.prepare('VACUUM INTO ?').run(file);
    db.close();
    const future = new Database(file);
    future.pragma('user_version = 99');
    future.close();
    const early = await restore();
    const before = existsSync(home.coreDb);
    system = await startSystem({ home });

    expect(missing).toBe(`clos: There is no file ${file}, and no backup of that name. See: clos backups\n`);
    expect(damaged).toBe(`clos: ${file} cannot be used: file is not a database. Nothing was changed.\n`);
    expect(early).toMatch(
      /^clos: .* has version 99, this CLOS knows up to \d+\. Restore it with the newer CLOS\. Nothing was changed\.\n$/,
    );
    expect([before, await names()]).toEqual([true, ['before', 'later', 'not-in-the-backup']]);
  });
});

describe('a database that is damaged, of which there is no backup', () => {
  it('is left as it is; CLOS does not start and says what to do', async () => {
    await system.stop();
    for (const { path } of listBackups(home.backupsDir)) rmSync(path);
    truncateSync(home.coreDb, 30_000);

    await expect(startSystem({ home })).rejects.toThrow(
      /clos: The api could not start: The database .*core\.db is damaged \(.*\), and there is no sound backup of it .* clos restore FILE/,
    );
    await expect(startSystem({ home })).rejects.not.toThrow(/ at .*\.ts:/);
  });
});
