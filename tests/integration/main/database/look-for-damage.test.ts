import { mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCoreDb } from '#main/database/core-db.ts';
import { prepareLook } from '#main/database/look-for-damage.ts';
import { findHome, type Home } from '#shared/node/home.ts';

let home: Home;

beforeEach(async () => {
  home = findHome({ CLOS_HOME: mkdtempSync(join(tmpdir(), 'clos-look-')) });
  await openCoreDb({ path: home.coreDb, migrationsDir: 'migrations', backupsDir: home.backupsDir }).close();
});
afterEach(() => rmSync(home.root, { recursive: true }));

describe('the look at the database', () => {
  const damage = { reason: 'the file is not as CLOS wrote it', onlyLog: false };

  it('finds nothing in a sound one, and the loop turns meanwhile', async () => {
    let turned = false;
    setImmediate(() => {
      turned = true;
    });

    expect([await prepareLook()(home), turned]).toEqual([null, true]);
  });

  it('finds what is damaged', async () => {
    truncateSync(home.coreDb, 20_000);

    expect(await prepareLook()(home)).toEqual(damage);
  });

  it('is taken here where no thread can be had', async () => {
    truncateSync(home.coreDb, 20_000);

    expect(await prepareLook(join(home.root, 'no-such-thread.js'))(home)).toEqual(damage);
  });
});
