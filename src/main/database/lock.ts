import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database, { SqliteError } from 'better-sqlite3';
import { makePrivateFile } from './private-file.ts';

export interface Lock {
  release(): void;
}

/**
 * Takes a lock that ends with this process, however it ends; null when another process holds it.
 *
 * It is SQLite's file lock (`BEGIN EXCLUSIVE` on an empty database): the operating system drops it on `kill -9`, it works on
 * Linux, macOS and Windows, and there is no stale file to reason about.
 */
export function tryLock(path: string): Lock | null {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  makePrivateFile(path);
  const db = new Database(path, { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (error instanceof SqliteError && error.code === 'SQLITE_BUSY') return null;
    throw error;
  }
  return { release: () => db.close() };
}
