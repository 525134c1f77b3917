import Database from 'better-sqlite3';
import { Damaged } from './damaged.ts';

export interface Checked {
  /** How many migrations it has seen. */
  version: number;
  /** Its newest event. */
  seq: number;
}

/** A connection that only reads passes over what a writing one refuses in the text of a table. So everything is made once more. */
function checkSchema(db: Database.Database): void {
  const texts = db.prepare<[], { sql: string }>(
    "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid",
  );
  const copy = new Database(':memory:');
  try {
    for (const { sql } of texts.all()) copy.exec(sql);
  } finally {
    copy.close();
  }
}

/**
 * Reads every page of a core database and leaves it as it is; throws `Damaged` for what is not sound.
 *
 * `whole` compares the indexes with their tables too, which takes several times as long (sqlite.org/pragma.html#pragma_quick_check).
 */
export function checkCore(path: string, depth: 'quick' | 'whole'): Checked {
  let db: Database.Database | null = null;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true, timeout: 5000 });
    const findings = db.pragma(`${depth === 'quick' ? 'quick_check' : 'integrity_check'}(1)`, { simple: true });
    if (findings !== 'ok') throw new Damaged(String(findings).replaceAll('\n', ' '));
    checkSchema(db);
    const version = Number(db.pragma('user_version', { simple: true }));
    if (version === 0) throw new Damaged('it holds no tables of CLOS');
    const seq = db.prepare<[], { seq: number | null }>('SELECT max(seq) AS seq FROM system_events').get()?.seq ?? 0;
    return { version, seq };
  } catch (error) {
    if (error instanceof Damaged) throw error;
    throw new Damaged(error instanceof Error ? error.message : String(error), { cause: error });
  } finally {
    db?.close();
  }
}
