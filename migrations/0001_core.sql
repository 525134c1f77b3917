-- The core of CLOS: what was asked for, who holds which port, what was seen, and what happened.
-- Times are ISO 8601 UTC text, JSON columns hold what the contract's schemas accept.

CREATE TABLE instances (
  id          TEXT PRIMARY KEY,
  name        TEXT NOT NULL UNIQUE,
  created_at  TEXT NOT NULL
) STRICT;

CREATE TABLE service_groups (
  id          TEXT PRIMARY KEY,
  name        TEXT NOT NULL UNIQUE,
  created_at  TEXT NOT NULL
) STRICT;

CREATE TABLE services (
  id               TEXT PRIMARY KEY,
  instance_id      TEXT NOT NULL REFERENCES instances (id),
  group_id         TEXT REFERENCES service_groups (id),
  name             TEXT NOT NULL,
  runtime          TEXT NOT NULL CHECK (json_valid(runtime)),
  env              TEXT NOT NULL CHECK (json_valid(env)),
  health_check     TEXT CHECK (health_check IS NULL OR json_valid(health_check)),
  restart          TEXT NOT NULL CHECK (json_valid(restart)),
  limits           TEXT NOT NULL CHECK (json_valid(limits)),
  on_conflict      TEXT NOT NULL,
  desired          TEXT NOT NULL CHECK (desired IN ('running', 'stopped')),
  status           TEXT NOT NULL,
  status_reason    TEXT,
  status_since     TEXT NOT NULL,
  health           TEXT NOT NULL,
  revision         INTEGER NOT NULL,
  -- The revision, with its leases, that the present container was made from; null without a container.
  applied          TEXT,
  created_at       TEXT NOT NULL,
  updated_at       TEXT NOT NULL,
  deleted_at       TEXT
) STRICT;
-- A deleted service keeps its row for the history, but not its name.
CREATE UNIQUE INDEX services_name ON services (instance_id, coalesce(group_id, ''), name) WHERE deleted_at IS NULL;

CREATE TABLE endpoints (
  id              TEXT PRIMARY KEY,
  service_id      TEXT NOT NULL REFERENCES services (id),
  instance_id     TEXT NOT NULL REFERENCES instances (id),
  position        INTEGER NOT NULL,
  name            TEXT NOT NULL,
  protocol        TEXT NOT NULL CHECK (protocol IN ('tcp', 'udp')),
  address         TEXT NOT NULL,
  container_port  INTEGER NOT NULL CHECK (container_port BETWEEN 1 AND 65535),
  -- The port that is wanted; null takes one from the range.
  host_port       INTEGER CHECK (host_port BETWEEN 1 AND 65535),
  range           TEXT NOT NULL,
  UNIQUE (service_id, name)
) STRICT;

CREATE TABLE leases (
  id           TEXT PRIMARY KEY,
  endpoint_id  TEXT NOT NULL UNIQUE REFERENCES endpoints (id) ON DELETE CASCADE,
  instance_id  TEXT NOT NULL REFERENCES instances (id),
  protocol     TEXT NOT NULL,
  address      TEXT NOT NULL,
  port         INTEGER NOT NULL CHECK (port BETWEEN 1 AND 65535),
  since        TEXT NOT NULL,
  reason       TEXT NOT NULL,
  -- A port is given once per host and protocol, whatever the address: "who has 3000?" has one answer.
  UNIQUE (protocol, port)
) STRICT;

CREATE TABLE ranges (
  name   TEXT PRIMARY KEY,
  first  INTEGER NOT NULL CHECK (first BETWEEN 1 AND 65535),
  last   INTEGER NOT NULL CHECK (last BETWEEN first AND 65535)
) STRICT;
INSERT INTO ranges (name, first, last) VALUES
  ('candlefish', 3000, 3099),
  ('security', 3100, 3199),
  ('pkb', 3200, 3299),
  ('apis', 4000, 4999),
  ('core', 5000, 5999);

CREATE TABLE routes (
  id           TEXT PRIMARY KEY,
  instance_id  TEXT NOT NULL REFERENCES instances (id),
  endpoint_id  TEXT NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE,
  host         TEXT NOT NULL UNIQUE
) STRICT;

-- What the engine showed last, of every container, ours or not.
CREATE TABLE observed (
  container_id  TEXT PRIMARY KEY,
  service_id    TEXT REFERENCES services (id),
  name          TEXT NOT NULL,
  image         TEXT NOT NULL,
  state         TEXT NOT NULL,
  facts         TEXT NOT NULL CHECK (json_valid(facts)),
  observed_at   TEXT NOT NULL
) STRICT;
CREATE INDEX observed_service ON observed (service_id) WHERE service_id IS NOT NULL;

CREATE TABLE port_conflicts (
  id           TEXT PRIMARY KEY,
  service_id   TEXT REFERENCES services (id),
  endpoint_id  TEXT,
  kind         TEXT NOT NULL,
  state        TEXT NOT NULL CHECK (state IN ('open', 'resolved', 'cleared')),
  detected_at  TEXT NOT NULL,
  closed_at    TEXT,
  detail       TEXT NOT NULL CHECK (json_valid(detail))
) STRICT;
CREATE INDEX port_conflicts_open ON port_conflicts (service_id) WHERE state = 'open';

CREATE TABLE service_operations (
  id            TEXT PRIMARY KEY,
  type          TEXT NOT NULL,
  subject_type  TEXT NOT NULL,
  subject_id    TEXT NOT NULL,
  subject_name  TEXT,
  actor         TEXT NOT NULL CHECK (json_valid(actor)),
  status        TEXT NOT NULL CHECK (status IN ('pending', 'running', 'succeeded', 'failed', 'cancelled')),
  progress      REAL NOT NULL,
  steps         TEXT NOT NULL CHECK (json_valid(steps)),
  conflicts     TEXT NOT NULL CHECK (json_valid(conflicts)),
  error         TEXT CHECK (error IS NULL OR json_valid(error)),
  started_at    TEXT NOT NULL,
  finished_at   TEXT
) STRICT;
CREATE INDEX service_operations_subject ON service_operations (subject_id, id);
CREATE INDEX service_operations_open ON service_operations (status) WHERE status IN ('pending', 'running');

CREATE TABLE system_events (
  seq           INTEGER PRIMARY KEY AUTOINCREMENT,
  type          TEXT NOT NULL,
  version       INTEGER NOT NULL,
  subject_type  TEXT NOT NULL,
  subject_id    TEXT NOT NULL,
  subject_name  TEXT,
  actor         TEXT NOT NULL CHECK (json_valid(actor)),
  cause         TEXT CHECK (cause IS NULL OR json_valid(cause)),
  time          TEXT NOT NULL,
  data          TEXT NOT NULL CHECK (json_valid(data))
) STRICT;
CREATE INDEX system_events_subject ON system_events (subject_id, seq);
CREATE TRIGGER system_events_are_facts BEFORE UPDATE ON system_events
BEGIN
  SELECT RAISE(ABORT, 'an event never changes');
END;

-- A fact that was reported twice counts once.
CREATE TABLE facts (
  id    TEXT PRIMARY KEY,
  seen  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE keys (
  id          TEXT PRIMARY KEY,
  name        TEXT NOT NULL,
  role        TEXT NOT NULL,
  hash        TEXT NOT NULL UNIQUE,
  created_at  TEXT NOT NULL
) STRICT;

CREATE TABLE sessions (
  id          TEXT PRIMARY KEY,
  name        TEXT NOT NULL,
  role        TEXT NOT NULL,
  hash        TEXT NOT NULL UNIQUE,
  created_at  TEXT NOT NULL,
  expires_at  TEXT NOT NULL
) STRICT;

-- Answers to commands that carried an Idempotency-Key; status is null while the command runs.
CREATE TABLE idempotency_keys (
  principal    TEXT NOT NULL,
  key          TEXT NOT NULL,
  fingerprint  TEXT NOT NULL,
  status       INTEGER,
  headers      TEXT,
  body         TEXT,
  created_at   TEXT NOT NULL,
  PRIMARY KEY (principal, key)
) STRICT;

CREATE TABLE settings (
  name   TEXT PRIMARY KEY,
  value  TEXT NOT NULL CHECK (json_valid(value))
) STRICT;
