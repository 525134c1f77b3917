import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterAll, expect, it } from 'vitest';
import { checkSeal } from '#main/database/check-seal.ts';
import { findDamage } from '#main/database/damage.ts';
import { createRandom } from '#tests/support/random.ts';
import { newHome, removeHome } from '#tests/support/system.ts';

const kills = process.env.CLOS_LONG === '1' ? 300 : 25;
const home = newHome();
afterAll(() => removeHome(home));

/** Ends a process that writes without a pause at a random moment, most often in the middle of a checkpoint. Returns what it acknowledged. */
async function writeAndKill(random: () => number): Promise<number> {
  const child = fork(fileURLToPath(new URL('./seal-writer.ts', import.meta.url)), [], {
    env: { ...process.env, CLOS_HOME: home.root },
    execArgv: [],
  });
  let acknowledged = 0;
  child.on('message', (seq) => {
    acknowledged = Number(seq);
  });
  const exit = once(child, 'exit');
  await once(child, 'message');
  await wait(random() * 200);
  child.kill('SIGKILL');
  await exit;
  return acknowledged;
}

it(`a database whose writer is killed ${kills} times is never taken for damaged, and its seal is never lost`, {
  timeout: kills * 3000,
}, async () => {
  const random = createRandom(1);
  const seen = { lost: 0, damaged: 0, sealed: 0 };
  for (let count = 0; count < kills; count += 1) {
    const acknowledged = await writeAndKill(random);
    if (checkSeal(home.coreDb) === 'whole') seen.sealed += 1;
    if ((await findDamage(home)) !== null) seen.damaged += 1;
    const db = new Database(home.coreDb, { readonly: true });
    if (Number(db.prepare('SELECT max(seq) FROM system_events').pluck().get()) < acknowledged) seen.lost += 1;
    db.close();
  }

  expect(seen).toEqual({ lost: 0, damaged: 0, sealed: kills });
  const db = new Database(home.coreDb, { readonly: true });
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  db.close();
});
