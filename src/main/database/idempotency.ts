import type { ReadDb, WriteDb } from './handle.ts';

export interface IdempotencyRow {
  fingerprint: string;
  /** Null while the command runs. */
  status: number | null;
  headers: string | null;
  body: string | null;
}

interface Key {
  principal: string;
  key: string;
}

export function findIdempotencyKey(db: ReadDb, { principal, key }: Key): IdempotencyRow | undefined {
  return db.get<IdempotencyRow>(
    'SELECT fingerprint, status, headers, body FROM idempotency_keys WHERE principal = @principal AND key = @key',
    { principal, key },
  );
}

/** How long an answer can be had again. */
const keepMs = 24 * 3_600_000;

export function claimIdempotencyKey(db: WriteDb, { principal, key, fingerprint }: Key & { fingerprint: string }): void {
  const now = Date.now();
  db.run('DELETE FROM idempotency_keys WHERE created_at < @old', { old: new Date(now - keepMs).toISOString() });
  db.run(
    'INSERT INTO idempotency_keys (principal, key, fingerprint, created_at) VALUES (@principal, @key, @fingerprint, @now)',
    { principal, key, fingerprint, now: new Date(now).toISOString() },
  );
}

export function finishIdempotencyKey(
  db: WriteDb,
  { principal, key }: Key,
  answer: { status: number; headers: string; body: string },
): void {
  db.run(
    `UPDATE idempotency_keys SET status = @status, headers = @headers, body = @body
     WHERE principal = @principal AND key = @key`,
    { principal, key, ...answer },
  );
}

export function releaseIdempotencyKey(db: WriteDb, { principal, key }: Key): void {
  db.run('DELETE FROM idempotency_keys WHERE principal = @principal AND key = @key', { principal, key });
}

/** After a crash: a command that was running then is not running now. */
export function releaseUnfinishedKeys(db: WriteDb): void {
  db.run('DELETE FROM idempotency_keys WHERE status IS NULL');
}
