import { existsSync, writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import type { ReadDb } from '#main/database/handle.ts';
import { serveReads } from '#main/database/reader-thread.ts';
import { ClosError } from '#shared/contract/clos-error.ts';

/** Reads for the tests of the pool: good ones, and such as nobody should write. */
export const reads = {
  has: (db: ReadDb, word: string) => db.get('SELECT count(*) AS found FROM words WHERE word = @word', { word }),
  refuse: (_db: ReadDb, why: string) => {
    throw new ClosError('HISTORY_NOT_KEPT', why, { errors: [{ path: 'at', message: why }] });
  },
  fail: (db: ReadDb, _input: null) => db.all('SELECT * FROM gone'),
  write: (db: ReadDb, _input: null) => db.all('DELETE FROM words RETURNING word'),
  never: (_db: ReadDb, _input: null) => {
    for (;;);
  },
  die: (_db: ReadDb, _input: null): never => process.exit(1),
  dieOnce: (_db: ReadDb, marker: string) => {
    if (existsSync(marker)) return { survived: true };
    writeFileSync(marker, '');
    return process.exit(1);
  },
};

if (!isMainThread) serveReads(reads);
