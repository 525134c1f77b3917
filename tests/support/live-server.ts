import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type Cache, openCache } from '#main/cache/cache.ts';
import { type CoreDb, openCoreDb } from '#main/database/core-db.ts';
import { appendEvent, lastSeq } from '#main/database/events.ts';
import { ClientRecords } from '#main/modules/websocket/client-records.ts';
import { Connections } from '#main/modules/websocket/connections.ts';
import { coreEventLog } from '#main/modules/websocket/event-log.ts';
import { Hub } from '#main/modules/websocket/hub.ts';
import type { Principal } from '#shared/contract/access.ts';

export const reader: Principal = { type: 'key', id: 'key_1', name: 'a reader', role: 'viewer' };
const actor = { type: 'key', id: 'key_1', name: 'a reader' } as const;

/** The live events of a database of its own, with everything but the processes around them. */
export interface LiveServer {
  db: CoreDb;
  cache: Cache;
  hub: Hub;
  connections: Connections;
  /** For a WebSocket: a port, or a Unix socket as `ws+unix:`. */
  url: string;
  /** What was reported as gone wrong. */
  errors: unknown[];
  /** How often the present state was read. */
  stateReads(): number;
  stop(): Promise<void>;
}

export interface LiveServerOptions {
  heartbeatMs?: number;
  authenticate?: () => Promise<Principal | null>;
  readState?: () => Promise<string>;
  /** A Unix socket in place of a port. */
  onSocket?: true;
}

export async function startLiveServer(options: LiveServerOptions = {}): Promise<LiveServer> {
  const { heartbeatMs = 60_000, authenticate = async () => reader } = options;
  const { readState = async () => '"services":[],"conflicts":[]}' } = options;
  const folder = mkdtempSync(join(tmpdir(), 'clos-live-'));
  const db = openCoreDb({ path: join(folder, 'core.db'), migrationsDir: 'migrations', backupsDir: folder });
  const cache = openCache({ redisUrl: null, log: pino({ level: 'silent' }), prefix: '' });
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  let stateReads = 0;
  const hub = new Hub({
    log: coreEventLog(db.read),
    readState: () => {
      stateReads++;
      return readState();
    },
    onError,
  });
  const connections = new Connections({ hub, authenticate, records: new ClientRecords(cache), onError, heartbeatMs });
  connections.start();
  const server = createServer();
  server.on('upgrade', (request, socket, head) => connections.upgrade(request, socket, head));
  const socketPath = join(folder, 'live.sock');
  const listening = new Promise<void>((resolve) => server.once('listening', resolve));
  if (options.onSocket === true) server.listen(socketPath);
  else server.listen(0, '127.0.0.1');
  await listening;
  return {
    db,
    cache,
    hub,
    connections,
    url:
      options.onSocket === true
        ? `ws+unix:${socketPath}:/ws`
        : `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`,
    errors,
    stateReads: () => stateReads,
    async stop() {
      await connections.stop();
      await new Promise((resolve) => server.close(resolve));
      await cache.close();
      await db.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Commits events of one topic, all in one transaction. Returns the newest sequence number. */
export async function happen(
  db: CoreDb,
  count: number,
  about: { topic?: 'service' | 'engine'; subject?: string; padding?: string } = {},
): Promise<number> {
  const { topic = 'service', subject = 'svc_1', padding = '' } = about;
  await db.commit((write) => {
    for (let i = 0; i < count; i++) {
      if (topic === 'service')
        appendEvent(write, {
          type: 'service.updated',
          subject: { type: 'service', id: subject, name: 'wéb "1"' },
          actor,
          cause: null,
          data: { revision: i, changed: [{ field: 'env', from: null, to: padding }] },
        });
      else
        appendEvent(write, {
          type: 'engine.state-changed',
          subject: { type: 'engine', id: 'engine', name: null },
          actor,
          cause: { type: 'engine', id: 'engine' },
          data: { state: 'available', reason: null },
        });
    }
  });
  return lastSeq(db.read);
}

/** The message that subscribes. */
export function subscribe(id: number, topics: readonly string[], more: { since?: number; subjects?: string[] } = {}) {
  return { type: 'subscribe', id, topics, ...more };
}

export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_value, i) => first + i);
}
