import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
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

/** Waits for a lock that another process is about to give back. Rejects when it still has it after `limitMs`. */
export async function waitForLock(path: string, limitMs: number): Promise<Lock> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const lock = tryLock(path);
    if (lock !== null) return lock;
    if (performance.now() > deadline) throw new Error(`Another process still holds ${path} after ${limitMs} ms.`);
    await delay(25);
  }
}
