import { closeSync, mkdirSync, openSync, readdirSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { checkCore } from './check.ts';
import { flush, makePrivateFile } from './private-file.ts';

/** A copy of core.db that was read whole and found sound before it got its name. */
export interface Backup {
  name: string;
  path: string;
  /** The newest event that it holds. */
  seq: number;
  /** How many migrations it has seen. */
  version: number;
  bytes: number;
  madeAt: string;
  /** The migration that it was made before; null for one of the regular ones. */
  beforeMigration: number | null;
}

const namePattern = /^core-(\d{12})-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z(?:-before-(\d{4}))?\.db$/;
const unfinished = '.partial';

function nameOf(seq: number, madeAt: Date, beforeMigration: number | null): string {
  const time = `${madeAt.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  const why = beforeMigration === null ? '' : `-before-${String(beforeMigration).padStart(4, '0')}`;
  return `core-${String(seq).padStart(12, '0')}-${time}${why}.db`;
}

/** A database tells its version in its header, at byte 60 (sqlite.org/fileformat2.html#user_version_number). */
function versionIn(path: string): number {
  const bytes = Buffer.alloc(4);
  const file = openSync(path, 'r');
  try {
    readSync(file, bytes, 0, 4, 60);
  } finally {
    closeSync(file);
  }
  return bytes.readUInt32BE();
}

function describeBackup(path: string): Backup | null {
  const match = namePattern.exec(basename(path));
  if (match === null) return null;
  const [name, seq, year, month, day, hour, minute, second, before] = match;
  return {
    name,
    path,
    seq: Number(seq),
    version: versionIn(path),
    bytes: statSync(path).size,
    madeAt: `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`,
    beforeMigration: before === undefined ? null : Number(before),
  };
}

/** All backups in a folder, the newest first. By what they hold: a clock can go back, the numbers of events cannot. */
export function listBackups(backupsDir: string): Backup[] {
  let names: string[];
  try {
    names = readdirSync(backupsDir);
  } catch {
    return [];
  }
  return names
    .sort()
    .reverse()
    .flatMap((name) => describeBackup(join(backupsDir, name)) ?? []);
}

/**
 * Copies a database into the folder of the backups while others go on reading and writing it. The copy is read whole before it gets
 * its name, so whatever has the name of a backup is one. Takes seconds for a large database.
 */
export function makeBackup(
  db: Database,
  { backupsDir, beforeMigration = null }: { backupsDir: string; beforeMigration?: number | null },
): Backup {
  mkdirSync(backupsDir, { recursive: true, mode: 0o700 });
  removeUnfinished(backupsDir);
  const partial = join(backupsDir, `core-${process.pid}${unfinished}`);
  try {
    // VACUUM INTO takes an empty file that is there.
    makePrivateFile(partial);
    db.prepare('VACUUM INTO ?').run(partial);
    const { seq } = checkCore(partial, 'whole');
    flush(partial, 'file');
    const path = join(backupsDir, nameOf(seq, new Date(), beforeMigration));
    renameSync(partial, path);
    flush(backupsDir, 'folder');
    return describeBackup(path) as Backup;
  } finally {
    rmSync(partial, { force: true });
  }
}

function removeUnfinished(backupsDir: string): void {
  for (const name of readdirSync(backupsDir)) {
    if (name.endsWith(unfinished)) rmSync(join(backupsDir, name), { force: true });
  }
}

/** Removes the oldest of the regular backups, so that `keep` of them are left. Those from before a migration stay. */
export function rotateBackups(backupsDir: string, keep: number): void {
  const regular = listBackups(backupsDir).filter(({ beforeMigration }) => beforeMigration === null);
  for (const { path } of regular.slice(keep)) rmSync(path, { force: true });
}
