-- Names for what answers: what is spoken at an endpoint, whether a visit starts a service, and the routes that people make.
-- Every endpoint that speaks HTTP has a route by itself, which is no row.

ALTER TABLE endpoints ADD COLUMN scheme TEXT NOT NULL DEFAULT 'auto';
ALTER TABLE services ADD COLUMN start_on_visit INTEGER NOT NULL DEFAULT 0 CHECK (start_on_visit IN (0, 1));

-- Nothing has ever been in it.
DROP TABLE routes;
CREATE TABLE routes (
  id           TEXT PRIMARY KEY,
  instance_id  TEXT NOT NULL REFERENCES instances (id),
  -- Without `.localhost`: `shop`, `www.shop`.
  name         TEXT NOT NULL,
  -- The route has this path and what lies below it.
  path         TEXT NOT NULL DEFAULT '/',
  -- 1: the service does not see the path of the route.
  strip_path   INTEGER NOT NULL CHECK (strip_path IN (0, 1)),
  rate_limit   TEXT CHECK (rate_limit IS NULL OR json_valid(rate_limit)),
  created_at   TEXT NOT NULL,
  updated_at   TEXT NOT NULL,
  UNIQUE (name, path)
) STRICT;

-- By the endpoint's name, so that a service whose endpoints are replaced keeps its routes; null is its first that speaks HTTP.
CREATE TABLE route_targets (
  route_id    TEXT NOT NULL REFERENCES routes (id) ON DELETE CASCADE,
  service_id  TEXT NOT NULL REFERENCES services (id),
  endpoint    TEXT,
  position    INTEGER NOT NULL,
  -- 1: it finishes what it has and gets nothing new.
  draining    INTEGER NOT NULL CHECK (draining IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX route_targets_once ON route_targets (route_id, service_id, coalesce(endpoint, ''));
CREATE INDEX route_targets_service ON route_targets (service_id);
