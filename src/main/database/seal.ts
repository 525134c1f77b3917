import {
  closeSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { flush } from './private-file.ts';
import { hasFrames } from './wal.ts';

/**
 * A database is sealed: a file beside it has the CRC-32 of each page of it, as of the last checkpoint. In between only the log is
 * written to, which has checksums of its own; so the two together say of every byte whether it is as CLOS wrote it, after a crash as
 * well. SQLite's own check cannot see that a letter of a name is another one now. It is there against accidents and not
 * against people, who could write another seal.
 *
 * `open`: somebody may have written since. `closed`: nobody has, and there is no log.
 */
export interface Seal {
  state: 'open' | 'closed';
  sums: Uint32Array<ArrayBuffer>;
}

export const sealOf = (path: string): string => `${path}.seal`;

/** SQLite's default, and so that of every database of ours. */
export const pageBytes = 4096;

/** The sum of a page that was never written, a hole in the file. */
export const emptyPage = crc32(Buffer.alloc(pageBytes));

/** `CLOS seal 2 closed` and spaces, then a word for each page in the order of this machine, then the CRC-32 of those words. */
const heads = { open: 'CLOS seal 2 open'.padEnd(24), closed: 'CLOS seal 2 closed'.padEnd(24) };
const headBytes = heads.open.length;

/**
 * The sums of a file that nobody in this process has open: to close any file descriptor of it drops SQLite's locks on it
 * (sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
 */
export function sumPages(path: string): Seal['sums'] {
  const sums: number[] = [];
  const block = Buffer.allocUnsafe(256 * pageBytes);
  const file = openSync(path, 'r');
  try {
    for (let read = readSync(file, block); read > 0; read = readSync(file, block)) {
      for (let at = 0; at < read; at += pageBytes) sums.push(crc32(block.subarray(at, Math.min(at + pageBytes, read))));
    }
  } finally {
    closeSync(file);
  }
  return Uint32Array.from(sums);
}

/** Puts a seal on disk. The one before is there until this one is whole. */
export function writeSeal(path: string, { state, sums }: Seal): void {
  const temporary = `${sealOf(path)}.tmp`;
  const words = Buffer.from(sums.buffer, sums.byteOffset, sums.byteLength);
  const check = Buffer.allocUnsafe(4);
  check.writeUInt32LE(crc32(words));
  writeFileSync(temporary, Buffer.concat([Buffer.from(heads[state]), words, check]), { mode: 0o600 });
  flush(temporary, 'file');
  renameSync(temporary, sealOf(path));
  flush(dirname(path), 'folder');
}

/**
 * The seal of a database, or null where there is none, or one that is not whole or of another kind; nor is one worth anything that says
 * `closed` where there is a log: somebody else has written to the database and was cut off.
 */
export function readSeal(path: string): Seal | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(sealOf(path));
  } catch {
    return null;
  }
  const head = bytes.toString('latin1', 0, headBytes);
  const state = head === heads.open ? 'open' : head === heads.closed ? 'closed' : null;
  const words = bytes.subarray(headBytes, -4);
  if (state === null || words.length % 4 !== 0 || crc32(words) !== bytes.readUInt32LE(bytes.length - 4)) return null;
  if (state === 'closed' && hasFrames(path)) return null;
  return { state, sums: new Uint32Array(Uint8Array.from(words).buffer) };
}

/** Says on disk that the database may be written to, or that it was closed in order. */
export function markSeal(path: string, state: Seal['state']): void {
  const file = openSync(sealOf(path), 'r+');
  try {
    writeSync(file, heads[state], 0);
  } finally {
    closeSync(file);
  }
  flush(sealOf(path), 'file');
}

/** For good, before something happens that the seal would not know of. An empty file is no seal either, where it cannot be taken away. */
export function removeSeal(path: string): void {
  const file = sealOf(path);
  try {
    rmSync(file, { force: true });
    flush(dirname(path), 'folder');
  } catch {
    truncateSync(file);
    flush(file, 'file');
  }
}
