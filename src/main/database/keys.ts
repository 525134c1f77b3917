import { newId } from '#shared/base/ids.ts';
import type { Role } from '#shared/contract/access.ts';
import type { ReadDb, WriteDb } from './handle.ts';

export interface KeyRow {
  id: string;
  name: string;
  role: Role;
}

/** The key or live session that a token's hash belongs to. Tokens themselves are never stored. */
export function findCredential(db: ReadDb, hash: string): (KeyRow & { type: 'key' | 'session' }) | null {
  const key = db.get<KeyRow>('SELECT id, name, role FROM keys WHERE hash = @hash', { hash });
  if (key !== undefined) return { ...key, type: 'key' };
  const session = db.get<KeyRow>('SELECT id, name, role FROM sessions WHERE hash = @hash AND expires_at > @now', {
    hash,
    now: new Date().toISOString(),
  });
  return session === undefined ? null : { ...session, type: 'session' };
}

export function insertKey(db: WriteDb, key: { name: string; role: Role; hash: string }): string {
  const id = newId('key');
  db.run('INSERT INTO keys (id, name, role, hash, created_at) VALUES (@id, @name, @role, @hash, @now)', {
    id,
    ...key,
    now: new Date().toISOString(),
  });
  return id;
}

export function insertSession(
  db: WriteDb,
  session: { name: string; role: Role; hash: string; expiresAt: string },
): string {
  const id = newId('ses');
  const now = new Date().toISOString();
  db.run('DELETE FROM sessions WHERE expires_at <= @now', { now });
  db.run(
    `INSERT INTO sessions (id, name, role, hash, created_at, expires_at)
     VALUES (@id, @name, @role, @hash, @now, @expiresAt)`,
    { id, now, ...session },
  );
  return id;
}

export function deleteSession(db: WriteDb, id: string): void {
  db.run('DELETE FROM sessions WHERE id = @id', { id });
}
