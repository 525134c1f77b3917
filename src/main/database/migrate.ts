import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { StartRefused } from '../start-refused.ts';
import { makeBackup } from './backups.ts';

interface Migration {
  version: number;
  name: string;
  sql: string;
}

/** A database that this version must not touch. */
export class MigrationError extends StartRefused {
  override readonly name = 'MigrationError';
}

/** Reads `NNNN_name.sql` files in order. The numbers run from 1 without a gap. */
export function readMigrations(folder: string): Migration[] {
  const names = readdirSync(folder).filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name));
  return names.sort().map((name, index) => {
    const version = Number(name.slice(0, 4));
    if (version !== index + 1) throw new MigrationError(`Migration ${name} does not follow number ${index}.`);
    return { version, name, sql: readFileSync(join(folder, name), 'utf8') };
  });
}

/**
 * Brings a database to the newest version, forward only, each migration in one transaction.
 *
 * Foreign keys are off meanwhile, so that a table can be made anew without what refers to it being deleted, and are checked
 * before each transaction ends (sqlite.org/lang_altertable.html#otheralter).
 *
 * A database that already holds data is backed up first. One from the future is refused untouched.
 */
export function migrate(
  db: Database,
  options: { migrationsDir: string; backupsDir: string },
): { from: number; to: number } {
  const migrations = readMigrations(options.migrationsDir);
  const from = Number(db.pragma('user_version', { simple: true }));
  if (from > migrations.length) {
    throw new MigrationError(
      `The database has version ${from}, this CLOS knows up to ${migrations.length}. Start the newer CLOS, or restore a backup.`,
    );
  }
  const pending = migrations.slice(from);
  if (pending.length > 0 && from > 0) {
    makeBackup(db, { backupsDir: options.backupsDir, beforeMigration: from + 1 });
  }
  // Inside a transaction this would do nothing.
  db.pragma('foreign_keys = OFF');
  for (const migration of pending) {
    db.transaction(() => {
      db.exec(migration.sql);
      const broken = db.pragma('foreign_key_check');
      if (Array.isArray(broken) && broken.length > 0) {
        throw new MigrationError(`${migration.name} leaves ${broken.length} rows without what they refer to.`);
      }
      db.pragma(`user_version = ${migration.version}`);
    })();
  }
  db.pragma('foreign_keys = ON');
  return { from, to: migrations.length };
}
