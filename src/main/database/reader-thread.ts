import { parentPort, workerData } from 'node:worker_threads';
import { isClosError } from '#shared/contract/clos-error.ts';
import { openForReading, type ReadDb } from './handle.ts';
import type { ReadAnswer, ReadRequest, Reads } from './reader-pool.ts';

function answer(reads: Reads, db: ReadDb, { name, input }: ReadRequest): ReadAnswer {
  try {
    const read = reads[name];
    if (read === undefined) throw new Error(`There is no read "${name}"`);
    return { json: new TextEncoder().encode(JSON.stringify(read(db, input as never))) };
  } catch (error) {
    if (isClosError(error)) {
      const { code, message: detail, extra, errors } = error;
      return { code, detail, options: { extra, errors } };
    }
    return { failed: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

/** The body of the file that a `ReaderPool` names: answers one read after the other, on a connection of its own. */
export function serveReads(reads: Reads): void {
  const db = openForReading((workerData as { path: string }).path);
  const ready: ReadAnswer = { ready: true };
  parentPort?.postMessage(ready);
  parentPort?.on('message', (request: ReadRequest) => {
    const answered = answer(reads, db, request);
    // The bytes change hands, they are not copied.
    parentPort?.postMessage(answered, 'json' in answered ? [answered.json.buffer] : []);
  });
}
