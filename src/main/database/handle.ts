import Database from 'better-sqlite3';
import { nothingPending, type Pending } from './pending.ts';
import { makePrivateFile } from './private-file.ts';

type Value = string | number | bigint | null | Uint8Array;
export type Parameters = Readonly<Record<string, Value>>;

/** A handle that can only read. A function that takes it cannot write, by type. */
export interface ReadDb {
  get<Row>(sql: string, parameters?: Parameters): Row | undefined;
  all<Row>(sql: string, parameters?: Parameters): Row[];
  close(): void;
}

declare const writable: unique symbol;

/** A handle that can write. Only `commit` hands one out, for the length of one call. */
export interface WriteDb extends ReadDb {
  readonly [writable]: true;
  /** What the present call of `commit` adds to the history. */
  pending: Pending;
  /** Runs a statement and tells how many rows it changed. */
  run(sql: string, parameters?: Parameters): { changes: number; lastInsertRowid: number };
}

/**
 * SQLite as we have it (built with STAT4) prepares a statement anew whenever a value is bound that its plan might depend on: 10 to 20 µs,
 * ten times what most of ours take. Behind a unary plus, which does nothing else, a value is none that a plan could depend on.
 */
function withSteadyPlan(sql: string): string {
  return sql.replace(/@\w+/g, '+$&');
}

/** Statements are prepared once per handle and text. */
class Handle {
  pending = nothingPending();
  readonly #db: Database.Database;
  readonly #statements = new Map<string, Database.Statement<[Parameters], unknown>>();

  constructor(db: Database.Database) {
    this.#db = db;
  }

  #statement(sql: string): Database.Statement<[Parameters], unknown> {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare<[Parameters], unknown>(withSteadyPlan(sql));
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  get<Row>(sql: string, parameters: Parameters = {}): Row | undefined {
    return this.#statement(sql).get(parameters) as Row | undefined;
  }

  all<Row>(sql: string, parameters: Parameters = {}): Row[] {
    return this.#statement(sql).all(parameters) as Row[];
  }

  run(sql: string, parameters: Parameters = {}): { changes: number; lastInsertRowid: number } {
    const { changes, lastInsertRowid } = this.#statement(sql).run(parameters);
    return { changes, lastInsertRowid: Number(lastInsertRowid) };
  }

  close(): void {
    this.#db.close();
  }
}

/** Opens a database for reading. SQLite itself refuses a write on this handle. */
export function openForReading(path: string): ReadDb {
  const db = new Database(path, { readonly: true, fileMustExist: true, timeout: 5000 });
  db.pragma('query_only = ON');
  return new Handle(db);
}

/** Another number after each commit of any other connection (sqlite.org/pragma.html#pragma_data_version). Costs microseconds. */
export function dataVersion(db: ReadDb): number {
  const row = db.get<{ data_version: number }>('PRAGMA data_version');
  if (row === undefined) throw new Error('SQLite did not tell the version of the data.');
  return row.data_version;
}

export type Durability = 'full' | 'normal';

/** Opens the one writing connection of a database: WAL, foreign keys, an fsync at each COMMIT when `full`. */
export function openRaw(path: string, durability: Durability): Database.Database {
  if (path !== ':memory:') makePrivateFile(path);
  const db = new Database(path, { timeout: 5000 });
  db.pragma('journal_mode = WAL');
  db.pragma(`synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`);
  db.pragma('foreign_keys = ON');
  db.pragma('trusted_schema = OFF');
  return db;
}

/** Wraps a raw connection; only this room calls it. */
export function writeHandle(db: Database.Database): WriteDb {
  return new Handle(db) as unknown as WriteDb;
}
