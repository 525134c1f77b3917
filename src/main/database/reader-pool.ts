import { Worker } from 'node:worker_threads';
import { ClosError, type ClosErrorOptions } from '#shared/contract/clos-error.ts';
import type { ErrorCode } from '#shared/contract/errors.ts';
import type { ReadDb } from './handle.ts';

/** A read by its name: what it is asked, and what it answers as JSON. */
export type Reads = Record<string, (db: ReadDb, input: never) => unknown>;

export interface ReadRequest {
  name: string;
  input: unknown;
}
export type ReadAnswer =
  /** The first word of a thread. */
  | { ready: true }
  | { json: Uint8Array<ArrayBuffer> }
  | { code: ErrorCode; detail: string; options: Pick<ClosErrorOptions, 'extra' | 'errors'> }
  | { failed: string };

export interface ReaderPoolOptions {
  /** The path of the file whose body is `serveReads`. */
  worker: string;
  /** The database. */
  path: string;
  /** 2 unless said otherwise. A thread is started when there is something for it and ends when it was idle for `idleMs` (30 s). */
  threads?: number;
  idleMs?: number;
  /** How many may wait; one more is refused with READS_BUSY. 64 unless said otherwise. */
  queue?: number;
  /** A read that takes longer is given up with READ_TIMEOUT, and its thread with it. 10 s unless said otherwise. */
  timeoutMs?: number;
}

/** Threads that read a database for a module, so that nothing long is done on its loop. */
export interface ReaderPool<R extends Reads> {
  /** The answer as JSON in UTF-8. Rejects with the `ClosError` that the read threw. */
  read<N extends keyof R & string>(
    name: N,
    input: Parameters<R[N]>[1],
    signal?: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer>>;
  /** Ends all threads. What was asked and not answered is refused with SHUTTING_DOWN. */
  close(): Promise<void>;
}

interface Job {
  request: ReadRequest;
  tries: number;
  resolve(json: Uint8Array<ArrayBuffer>): void;
  reject(error: unknown): void;
}

interface Reader {
  worker: Worker;
  job: Job | null;
  /** It has begun: only from then on is a read slow, and not its thread's start. */
  ready: boolean;
  /** It was told to end and takes nothing more. */
  ending: boolean;
  timer: NodeJS.Timeout | undefined;
}

function settle(job: Job, answer: Exclude<ReadAnswer, { ready: true }>): void {
  if ('json' in answer) job.resolve(answer.json);
  else if ('code' in answer) job.reject(new ClosError(answer.code, answer.detail, answer.options));
  else job.reject(new Error(`The read ${job.request.name} failed: ${answer.failed}`));
}

export function createReaderPool<R extends Reads>(options: ReaderPoolOptions): ReaderPool<R> {
  const { worker: file, path, threads = 2, idleMs = 30_000, queue: longest = 64, timeoutMs = 10_000 } = options;
  const readers = new Set<Reader>();
  const waiting: Job[] = [];
  let closed = false;

  function start(): Reader {
    const worker = new Worker(file, { workerData: { path }, execArgv: [], name: 'reader' });
    const reader: Reader = { worker, job: null, ready: false, ending: false, timer: undefined };
    // A reader that nobody waits for keeps no process alive.
    worker.unref();
    worker.on('message', (answer: ReadAnswer) => {
      const { job } = reader;
      if ('ready' in answer) {
        reader.ready = true;
        if (job !== null) limit(reader, job);
        return;
      }
      reader.job = null;
      if (job !== null) settle(job, answer);
      if (!reader.ending) next(reader);
    });
    worker.on('error', (error) => ended(reader, error));
    worker.on('exit', () => ended(reader, new Error('The thread ended')));
    readers.add(reader);
    return reader;
  }

  /** A read changes nothing, so what a thread took with it is read once more by another. */
  function ended(reader: Reader, cause: unknown): void {
    clearTimeout(reader.timer);
    if (!readers.delete(reader)) return;
    const { job } = reader;
    reader.job = null;
    if (job !== null && job.tries < 2) waiting.unshift(job);
    else job?.reject(new Error(`The thread that read ${job.request.name} died twice`, { cause }));
    hand();
  }

  function end(reader: Reader): void {
    reader.ending = true;
    void reader.worker.terminate();
  }

  function limit(reader: Reader, job: Job): void {
    reader.timer = setTimeout(() => {
      reader.job = null;
      job.reject(new ClosError('READ_TIMEOUT', `The read took longer than ${timeoutMs / 1000} s. Ask for less.`));
      // Its place is free when it is gone: a query that SQLite is in the middle of cannot be stopped any sooner.
      end(reader);
    }, timeoutMs);
  }

  function next(reader: Reader): void {
    clearTimeout(reader.timer);
    const job = waiting.shift();
    if (job === undefined) {
      reader.timer = setTimeout(() => end(reader), idleMs).unref();
      return;
    }
    job.tries += 1;
    reader.job = job;
    if (reader.ready) limit(reader, job);
    reader.worker.postMessage(job.request);
  }

  /** Gives what waits to a reader that is idle, or to a new one. */
  function hand(): void {
    if (closed || waiting.length === 0) return;
    const idle = [...readers].find(({ job, ending }) => job === null && !ending);
    if (idle !== undefined) next(idle);
    else if (readers.size < threads) next(start());
  }

  return {
    read: (name, input, signal) =>
      new Promise((resolve, reject) => {
        if (closed) throw new ClosError('SHUTTING_DOWN', 'The database is closed.');
        if (waiting.length >= longest) {
          throw new ClosError('READS_BUSY', `${longest} long reads are waiting already. Try again in a moment.`);
        }
        const job: Job = { request: { name, input }, tries: 0, resolve, reject };
        waiting.push(job);
        const leave = () => {
          const index = waiting.indexOf(job);
          if (index !== -1) waiting.splice(index, 1);
          reject(signal?.reason);
        };
        signal?.addEventListener('abort', leave, { once: true });
        hand();
      }),
    async close() {
      closed = true;
      const left = [...waiting.splice(0), ...[...readers].flatMap(({ job }) => job ?? [])];
      for (const job of left) job.reject(new ClosError('SHUTTING_DOWN', 'The database is closed.'));
      const all = [...readers];
      readers.clear();
      for (const { timer } of all) clearTimeout(timer);
      await Promise.all(all.map(({ worker }) => worker.terminate()));
    },
  };
}
