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

/** The answer can be had again for a day. */
export function claimIdempotencyKey(db: WriteDb, { principal, key, fingerprint }: Key & { fingerprint: string }): void {
  db.run(
    'INSERT INTO idempotency_keys (principal, key, fingerprint, created_at) VALUES (@principal, @key, @fingerprint, @now)',
    { principal, key, fingerprint, now: new Date().toISOString() },
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
