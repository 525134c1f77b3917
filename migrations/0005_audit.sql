-- Who asked for what, from where and with what outcome: one row for each request that would change something.
CREATE TABLE audit (
  id        TEXT PRIMARY KEY,
  time      TEXT NOT NULL,
  actor     TEXT NOT NULL CHECK (json_valid(actor)),
  action    TEXT NOT NULL,
  subject   TEXT,
  method    TEXT NOT NULL,
  path      TEXT NOT NULL,
  status    INTEGER NOT NULL,
  code      TEXT,
  trace     TEXT NOT NULL,
  source    TEXT NOT NULL CHECK (json_valid(source)),
  ms        REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_actor ON audit (actor ->> '$.id', id);
CREATE INDEX audit_trace ON audit (trace);
