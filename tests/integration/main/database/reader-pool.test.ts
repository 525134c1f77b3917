import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRaw } from '#main/database/handle.ts';
import { createReaderPool, type ReaderPool, type ReaderPoolOptions } from '#main/database/reader-pool.ts';
import { eventually } from '#tests/support/eventually.ts';
import type { reads } from './reads.worker.ts';

let folder: string;
let pool: ReaderPool<typeof reads>;

function open(options: Partial<ReaderPoolOptions> = {}): void {
  pool = createReaderPool({
    worker: fileURLToPath(new URL('./reads.worker.ts', import.meta.url)),
    path: join(folder, 'core.db'),
    threads: 1,
    ...options,
  });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clos-pool-'));
  const db = openRaw(join(folder, 'core.db'), 'normal');
  db.exec("CREATE TABLE words (word TEXT); INSERT INTO words VALUES ('one'), ('two')");
  db.close();
});
afterEach(async () => {
  await pool.close();
  rmSync(folder, { recursive: true });
});

const text = (json: Uint8Array) => JSON.parse(Buffer.from(json).toString());
const outcome = (answer: Promise<Uint8Array>) =>
  answer.then(text, ({ code, message }: { code?: string; message: string }) => code ?? message);

describe('threads that read', () => {
  it('answer each read with what the database has, in their turn', async () => {
    open({ threads: 2 });
    const answers = await Promise.all(['one', 'two', 'three'].map((word) => pool.read('has', word)));

    expect(answers.map(text)).toEqual([{ found: 1 }, { found: 1 }, { found: 0 }]);
  });

  it('hand on what a read refuses, and say what has failed in one', async () => {
    open();

    await expect(pool.read('refuse', 'why')).rejects.toMatchObject({
      code: 'HISTORY_NOT_KEPT',
      message: 'why',
      errors: [{ path: 'at', message: 'why' }],
    });
    await expect(pool.read('fail', null)).rejects.toThrow(/^The read fail failed: .*no such table: gone/s);
    expect(await outcome(pool.read('has', 'one'))).toEqual({ found: 1 });
  });

  it('cannot write', async () => {
    open();

    await expect(pool.read('write', null)).rejects.toThrow(/readonly|query_only/i);
  });

  it('refuse one more than may wait, and serve the others', async () => {
    open({ queue: 2 });
    const answers = Array.from({ length: 4 }, () => outcome(pool.read('has', 'one')));

    expect(await Promise.all(answers)).toEqual([{ found: 1 }, { found: 1 }, { found: 1 }, 'READS_BUSY']);
  });

  it('give up what takes too long, and go on with what waits', async () => {
    open({ timeoutMs: 500 });
    const answers = [outcome(pool.read('never', null)), outcome(pool.read('has', 'one'))];

    expect(await Promise.all(answers)).toEqual(['READ_TIMEOUT', { found: 1 }]);
  });

  it('are replaced when they die, and what they were asked is asked once more', async () => {
    open();
    const marker = join(folder, 'died');

    expect(await outcome(pool.read('dieOnce', marker))).toEqual({ survived: true });
    expect(await outcome(pool.read('die', null))).toBe('The thread that read die died twice');
    expect(await outcome(pool.read('has', 'two'))).toEqual({ found: 1 });
  });

  it('forget a read that nobody waits for any more', async () => {
    open({ timeoutMs: 500 });
    const gone = new AbortController();
    const first = outcome(pool.read('never', null));
    const second = outcome(pool.read('has', 'one', gone.signal));
    gone.abort(new Error('went away'));

    expect(await Promise.all([first, second])).toEqual(['READ_TIMEOUT', 'went away']);
  });

  it('end when they have been idle, and begin again', async () => {
    open({ idleMs: 50 });
    const threads = () => process.getActiveResourcesInfo().filter((kind) => kind === 'MessagePort').length;
    const before = threads();
    expect(await outcome(pool.read('has', 'one'))).toEqual({ found: 1 });
    await eventually(
      async () => threads(),
      (now) => now === before,
    );

    expect(await outcome(pool.read('has', 'two'))).toEqual({ found: 1 });
  });

  it('leave nothing open when the pool is closed', async () => {
    open();
    const answers = [outcome(pool.read('never', null)), outcome(pool.read('has', 'one'))];
    await pool.close();

    expect(await Promise.all(answers)).toEqual(['SHUTTING_DOWN', 'SHUTTING_DOWN']);
    expect(await outcome(pool.read('has', 'one'))).toBe('SHUTTING_DOWN');
  });
});
