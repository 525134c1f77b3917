import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import Database from 'better-sqlite3';
import { Redis } from 'ioredis';
import { type CoreDb, openCoreDb } from '#main/database/core-db.ts';
import { appendEvent } from '#main/database/events.ts';
import { redisProgram } from '#tests/support/redis.ts';
import type { BenchRow } from './frame/bench-row.ts';
import { acknowledgedWrites } from './support/acknowledged-writes.ts';

const clients = 64;
const actor = { type: 'module' as const, id: 'api', name: 'api' };
const data = { module: 'worker', state: 'ready' as const, reason: null };
const event = {
  type: 'module.state-changed' as const,
  subject: { type: 'module' as const, id: 'worker', name: 'worker' },
  actor,
  cause: null,
  data,
};

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'clos-b-'));
}

let ours: CoreDb | undefined;
let naive: { db: Database.Database; insert: Database.Statement } | undefined;
let redis: { server: ChildProcess; connections: Redis[] } | undefined;

async function startRedis(folder: string): Promise<ChildProcess> {
  const options = ['--port', '0', '--unixsocket', join(folder, 'redis.sock'), '--dir', folder, '--save', ''];
  const server = spawn(redisProgram ?? 'redis-server', [...options, '--appendonly', 'yes', '--appendfsync', 'always'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: server.stdout })) {
    if (line.includes('ready to accept connections')) break;
  }
  return server;
}

/**
 * Writes that are on disk when they are acknowledged, by 64 clients at once: one event each.
 *
 * - us: `commit` of core.db with `synchronous=FULL` and all of its indexes, 64 callers in one process, as the requests of the api are.
 * - one by one: the same row into the same table, one transaction with its fsync for each.
 * - redis: the same fields into a stream (XADD), `appendfsync always`, 64 connections on a Unix socket. It answers all that came in
 *   one turn after one fsync, as we do, in a process of its own.
 */
const row: BenchRow = {
  row: 2,
  title: 'durable acknowledged writes, 64 clients',
  goal: '≥ 4 × one transaction per write; ≥ 0.5 × redis with appendfsync always',
  goals: [
    { measure: 'writes', peer: 'one by one', atLeast: 4 },
    { measure: 'writes', peer: 'redis', atLeast: 0.5 },
  ],
  measures: { writes: { unit: 'writes/s', better: 'more' } },
  async prepare() {
    const folder = newFolder();
    const db = openCoreDb({ path: join(folder, 'core.db'), migrationsDir: 'migrations', backupsDir: folder });
    ours = db;
    return async () => {
      await db.close();
      rmSync(folder, { recursive: true });
    };
  },
  run: () => acknowledgedWrites(async () => await ours?.commit((write) => appendEvent(write, event))),
  peers: [
    {
      name: 'one by one',
      install: 'npm ci',
      isThere: () => true,
      async prepare() {
        const folder = newFolder();
        const path = join(folder, 'core.db');
        await openCoreDb({ path, migrationsDir: 'migrations', backupsDir: folder }).close();
        const db = new Database(path);
        db.pragma('synchronous = FULL');
        const insert = db.prepare(
          `INSERT INTO system_events (type, version, subject_type, subject_id, subject_name, actor, time, data)
           VALUES (@type, 1, 'module', 'worker', 'worker', @actor, @time, @data)`,
        );
        naive = { db, insert };
        return () => {
          db.close();
          rmSync(folder, { recursive: true });
        };
      },
      run: () =>
        acknowledgedWrites(async () => {
          naive?.insert.run({
            type: event.type,
            actor: JSON.stringify(actor),
            time: new Date().toISOString(),
            data: JSON.stringify(data),
          });
        }),
    },
    {
      name: 'redis',
      install: 'apt-get install redis-server',
      isThere: () => redisProgram !== undefined,
      async prepare() {
        const folder = newFolder();
        const server = await startRedis(folder);
        const connections = Array.from({ length: clients }, () => new Redis(join(folder, 'redis.sock')));
        redis = { server, connections };
        return async () => {
          for (const connection of connections) connection.disconnect();
          const gone = once(server, 'exit');
          server.kill('SIGKILL');
          await gone;
          rmSync(folder, { recursive: true });
        };
      },
      run: () =>
        acknowledgedWrites(
          async (client) =>
            await redis?.connections[client]?.xadd(
              'events',
              '*',
              ...['type', event.type, 'version', '1', 'subject', JSON.stringify(event.subject)],
              ...['actor', JSON.stringify(actor), 'time', new Date().toISOString(), 'data', JSON.stringify(data)],
            ),
        ),
    },
  ],
};

export default row;
