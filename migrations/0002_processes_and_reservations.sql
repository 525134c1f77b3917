-- Services that are plain processes or only watched, ports that are reserved for nobody in particular, operations that can be
-- undone. Two tables are made anew because SQLite cannot take a NOT NULL back (sqlite.org/lang_altertable.html, the 12 steps;
-- foreign keys are off while migrations run and are checked after each).

CREATE TABLE endpoints_new (
  id              TEXT PRIMARY KEY,
  service_id      TEXT NOT NULL REFERENCES services (id),
  instance_id     TEXT NOT NULL REFERENCES instances (id),
  position        INTEGER NOT NULL,
  name            TEXT NOT NULL,
  protocol        TEXT NOT NULL CHECK (protocol IN ('tcp', 'udp')),
  address         TEXT NOT NULL,
  -- The port inside of a container; a process has none.
  container_port  INTEGER CHECK (container_port BETWEEN 1 AND 65535),
  -- The port that is wanted; null takes one from the range.
  host_port       INTEGER CHECK (host_port BETWEEN 1 AND 65535),
  range           TEXT NOT NULL,
  UNIQUE (service_id, name)
) STRICT;
INSERT INTO endpoints_new SELECT * FROM endpoints;
DROP TABLE endpoints;
ALTER TABLE endpoints_new RENAME TO endpoints;

CREATE TABLE leases_new (
  id           TEXT PRIMARY KEY,
  -- Null is a reservation: the port is kept from everybody.
  endpoint_id  TEXT UNIQUE REFERENCES endpoints (id) ON DELETE CASCADE,
  instance_id  TEXT NOT NULL REFERENCES instances (id),
  protocol     TEXT NOT NULL,
  address      TEXT NOT NULL,
  port         INTEGER NOT NULL CHECK (port BETWEEN 1 AND 65535),
  since        TEXT NOT NULL,
  reason       TEXT NOT NULL,
  note         TEXT CHECK ((note IS NULL) = (endpoint_id IS NOT NULL)),
  -- A port is given once per host and protocol, whatever the address: "who has 3000?" has one answer.
  UNIQUE (protocol, port)
) STRICT;
INSERT INTO leases_new (id, endpoint_id, instance_id, protocol, address, port, since, reason)
  SELECT id, endpoint_id, instance_id, protocol, address, port, since, reason FROM leases;
DROP TABLE leases;
ALTER TABLE leases_new RENAME TO leases;

-- 1: it starts by itself as soon as its ports can be had.
ALTER TABLE services ADD COLUMN waits INTEGER NOT NULL DEFAULT 0 CHECK (waits IN (0, 1));
-- The name of a container that CLOS took over as it ran; it has none of CLOS's labels.
ALTER TABLE services ADD COLUMN adopted_container TEXT;
CREATE UNIQUE INDEX services_adopted_container ON services (adopted_container)
  WHERE adopted_container IS NOT NULL AND deleted_at IS NULL;

-- What was seen last of the process of a service.
CREATE TABLE observed_processes (
  service_id   TEXT PRIMARY KEY REFERENCES services (id),
  pid          INTEGER NOT NULL,
  state        TEXT NOT NULL CHECK (state IN ('running', 'exited')),
  adopted      INTEGER NOT NULL CHECK (adopted IN (0, 1)),
  started_at   TEXT NOT NULL,
  exit         TEXT CHECK (exit IS NULL OR json_valid(exit)),
  observed_at  TEXT NOT NULL
) STRICT;

-- Who answers at the ports of a service that CLOS only watches.
CREATE TABLE observed_externals (
  service_id   TEXT PRIMARY KEY REFERENCES services (id),
  answering    INTEGER NOT NULL CHECK (answering IN (0, 1)),
  pid          INTEGER,
  name         TEXT,
  observed_at  TEXT NOT NULL
) STRICT;

-- How to put back what an operation changed; null when there is nothing to put back, or it was put back.
ALTER TABLE service_operations ADD COLUMN undo TEXT CHECK (undo IS NULL OR json_valid(undo));
