-- Where each of those who react to events has come to in the log, and the webhooks, the first of them.

CREATE TABLE event_cursors (
  consumer  TEXT PRIMARY KEY,
  seq       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE webhooks (
  id               TEXT PRIMARY KEY,
  url              TEXT NOT NULL,
  -- Null is every one.
  types            TEXT CHECK (types IS NULL OR json_valid(types)),
  subjects         TEXT CHECK (subjects IS NULL OR json_valid(subjects)),
  secret           TEXT NOT NULL,
  enabled          INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  -- Why CLOS has disabled it; null when a person did, or nobody.
  disabled_reason  TEXT CHECK (disabled_reason IS NULL OR enabled = 0),
  -- Deliveries in a row that were given up.
  given_up         INTEGER NOT NULL DEFAULT 0,
  created_at       TEXT NOT NULL,
  updated_at       TEXT NOT NULL
) STRICT;

-- What came of the newest deliveries. Those that nobody has tried yet are no rows: the log is their queue.
CREATE TABLE webhook_deliveries (
  webhook_id       TEXT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
  seq              INTEGER NOT NULL,
  type             TEXT NOT NULL,
  -- When the event happened.
  time             TEXT NOT NULL,
  state            TEXT NOT NULL CHECK (state IN ('delivered', 'retrying', 'failed')),
  attempts         INTEGER NOT NULL,
  status           INTEGER,
  reason           TEXT,
  first_at         TEXT NOT NULL,
  last_at          TEXT NOT NULL,
  next_attempt_at  TEXT,
  PRIMARY KEY (webhook_id, seq)
) STRICT, WITHOUT ROWID;
