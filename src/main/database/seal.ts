import { closeSync, openSync, readFileSync, readSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { flush } from './private-file.ts';

/**
 * A database that was closed in order is sealed: a file beside it says what each MiB of it adds up to. SQLite's own check cannot
 * see that a letter of a name is another one now; the seal can. It is there against accidents and not against people, who could
 * write another seal, so a CRC-32 of each block does, at a third of the time of a SHA-256.
 *
 * Only for a database that nobody in this process has open: to close any file descriptor of it drops SQLite's locks on it
 * (sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
 */
export const sealOf = (path: string): string => `${path}.seal`;

const kind = 'crc32';

function digest(path: string): string {
  const sums: string[] = [];
  const block = Buffer.allocUnsafe(1 << 20);
  const file = openSync(path, 'r');
  try {
    for (let read = readSync(file, block); read > 0; read = readSync(file, block)) {
      sums.push(crc32(block.subarray(0, read)).toString(16));
    }
  } finally {
    closeSync(file);
  }
  return `${kind} ${sums.join(' ')}\n`;
}

/** Seals a database that was closed. One that still has something in its log beside it is not whole and gets no seal. */
export function seal(path: string): void {
  if (sizeOf(`${path}-wal`) > 0) return;
  const temporary = `${sealOf(path)}.tmp`;
  writeFileSync(temporary, digest(path), { mode: 0o600 });
  flush(temporary, 'file');
  renameSync(temporary, sealOf(path));
}

/** Whether a database is as it was closed. There is no seal after a crash. */
export function readSeal(path: string): 'none' | 'whole' | 'broken' {
  let sealed: string;
  try {
    sealed = readFileSync(sealOf(path), 'utf8');
  } catch {
    return 'none';
  }
  // Of a kind that an older or a newer CLOS has made: the pages are read instead.
  if (!sealed.startsWith(`${kind} `)) return 'none';
  // Somebody else has written to it and was cut off: what that is worth is another question.
  if (sizeOf(`${path}-wal`) > 0) return 'none';
  return sealed === digest(path) ? 'whole' : 'broken';
}

/** From here on the database may change. On disk before it does, or a power cut would leave a seal that is not true. */
export function removeSeal(path: string): void {
  rmSync(sealOf(path), { force: true });
  flush(dirname(path), 'folder');
}

/** How long a file is, 0 if it is not there. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
