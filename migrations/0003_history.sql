-- What an event changed of its subject, so that the state of a subject at any earlier time can be put together again.

-- The request that began it all: one for everything that followed from one call.
ALTER TABLE system_events ADD COLUMN trace TEXT;
-- The fields of the subject that are others now, with their new values; JSON's null when the subject is gone, SQL's when nothing changed.
ALTER TABLE system_events ADD COLUMN changes TEXT CHECK (changes IS NULL OR json_valid(changes));
-- Which version of the state these are fields of.
ALTER TABLE system_events ADD COLUMN state_version INTEGER;
CREATE INDEX system_events_changes ON system_events (subject_id, seq) WHERE changes IS NOT NULL;
CREATE INDEX system_events_time ON system_events (time, seq);

-- Each subject as its newest event left it, and how many changes ago its last snapshot was taken.
CREATE TABLE states (
  subject_id    TEXT PRIMARY KEY,
  subject_type  TEXT NOT NULL,
  seq           INTEGER NOT NULL,
  unsnapped     INTEGER NOT NULL,
  state         TEXT NOT NULL CHECK (json_valid(state))
) STRICT, WITHOUT ROWID;

-- Whole states now and then: where a rebuild begins, and what stays of events that were too old to keep.
CREATE TABLE snapshots (
  subject_id     TEXT NOT NULL,
  subject_type   TEXT NOT NULL,
  seq            INTEGER NOT NULL,
  time           TEXT NOT NULL,
  state_version  INTEGER NOT NULL,
  state          TEXT NOT NULL CHECK (json_valid(state)),
  PRIMARY KEY (subject_id, seq)
) STRICT, WITHOUT ROWID;
