import { chmodSync, closeSync, fsyncSync, openSync, statSync } from 'node:fs';

/**
 * Makes a file that only its owner can read, or makes one that is there so. What SQLite puts beside a database (`-wal`, `-shm`,
 * `-journal`) gets the mode of the database (https://sqlite.org/src/file/src/os_unix.c, findCreateFileMode).
 */
export function makePrivateFile(path: string): void {
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
}

/** Has the disk hold what was written to a file, or which names a folder has. Windows flushes folders by itself. */
export function flush(path: string, kind: 'file' | 'folder'): void {
  if (kind === 'folder' && process.platform === 'win32') return;
  const file = openSync(path, kind === 'file' ? 'r+' : 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** How long a file is, 0 if it is not there. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
