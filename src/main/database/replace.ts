import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { flush, makePrivateFile } from './private-file.ts';
import { sealOf } from './seal.ts';

/** Whole and on disk, but not yet in its place. */
const readyOf = (path: string): string => `${path}.restored`;

/** Moves a database with all that lies beside it into a folder of its own, below `asideDir`. Returns that folder. */
function setAside(path: string, asideDir: string): string {
  mkdirSync(asideDir, { recursive: true, mode: 0o700 });
  const folder = mkdtempSync(join(asideDir, `${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z-`));
  // The database first: without it nobody takes what is left for one.
  for (const file of [path, `${path}-wal`, `${path}-shm`, sealOf(path)]) {
    if (existsSync(file)) renameSync(file, join(folder, basename(file)));
  }
  return folder;
}

/**
 * Puts a copy of `source` in the place of a database, which is set aside and not deleted. Returns where it is now.
 *
 * Whenever this is cut off, `finishReplacing` finds either the old database in its place or the new one ready.
 */
export function replaceDatabase(path: string, source: string, asideDir: string): string {
  const partial = `${readyOf(path)}.partial`;
  rmSync(partial, { force: true });
  makePrivateFile(partial);
  // With what still lies in a log beside it, which a copy of the file would leave behind.
  const db = new Database(source, { readonly: true, fileMustExist: true });
  try {
    db.prepare('VACUUM INTO ?').run(partial);
  } finally {
    db.close();
  }
  flush(partial, 'file');
  renameSync(partial, readyOf(path));
  return putReady(path, asideDir);
}

function putReady(path: string, asideDir: string): string {
  const folder = setAside(path, asideDir);
  renameSync(readyOf(path), path);
  flush(dirname(path), 'folder');
  return folder;
}

/** Ends what was cut off while a database was replaced. */
export function finishReplacing(path: string, asideDir: string): void {
  if (!existsSync(readyOf(path))) return;
  if (existsSync(path)) rmSync(readyOf(path));
  else putReady(path, asideDir);
}
