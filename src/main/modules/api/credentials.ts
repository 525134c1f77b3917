import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Principal, Role } from '#shared/contract/access.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import type { Home } from '#shared/node/home.ts';
import type { CoreDb } from '../../database/core-db.ts';
import { findCredential, insertKey, insertSession } from '../../database/keys.ts';
import { hashToken } from '../../http/authenticate.ts';

const signInMs = 10 * 60_000;
const ticketMs = 30_000;
const sessionMs = 30 * 24 * 3_600_000;
/** More than this many unused codes or tickets at a time is no honest client. */
const mostPending = 10_000;

function newToken(prefix: string): string {
  return prefix + randomBytes(32).toString('base64url');
}

function readKeyFile(home: Home): string | null {
  if (!existsSync(home.credentialsFile)) return null;
  try {
    const value: unknown = JSON.parse(readFileSync(home.credentialsFile, 'utf8'));
    const key = typeof value === 'object' && value !== null && 'apiKey' in value ? value.apiKey : null;
    return typeof key === 'string' && /^clos_[A-Za-z0-9_-]{43}$/.test(key) ? key : null;
  } catch {
    return null;
  }
}

/**
 * Makes the owner's key at the first start, in a file that only the owner can read. A key file without its row (a restored
 * database) is taken up again; a row without a file (a lost one) gets a new key beside it.
 */
export async function ensureOwnerKey(db: CoreDb, home: Home): Promise<void> {
  const present = readKeyFile(home);
  if (present !== null && findCredential(db.read, hashToken(present)) !== null) return;
  const apiKey = present ?? newToken('clos_');
  await db.commit((write) => insertKey(write, { name: 'owner', role: 'admin', hash: hashToken(apiKey) }));
  if (present !== null) return;
  const temporary = `${home.credentialsFile}.tmp`;
  writeFileSync(temporary, `${JSON.stringify({ apiKey }, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, home.credentialsFile);
}

/** Words that are good once and for a short time; they live in memory, so a restart ends them. */
function createOnce<T>(lifeMs: number): {
  issue(value: T, prefix: string): { word: string; expiresAt: string };
  take(word: string): T | null;
} {
  const pending = new Map<string, { value: T; until: number }>();
  return {
    issue(value, prefix) {
      const now = performance.now();
      for (const [key, { until }] of pending) if (until <= now) pending.delete(key);
      if (pending.size >= mostPending)
        throw new ClosError('RATE_LIMITED', 'Too many unused tickets. Try again in a moment.');
      const word = newToken(prefix);
      pending.set(hashToken(word), { value, until: now + lifeMs });
      return { word, expiresAt: new Date(Date.now() + lifeMs).toISOString() };
    },
    take(word) {
      const key = hashToken(word);
      const found = pending.get(key);
      pending.delete(key);
      return found !== undefined && found.until > performance.now() ? found.value : null;
    },
  };
}

export interface Credentials {
  verify(token: string): Promise<Principal | null>;
  issueSignInCode(): { word: string; expiresAt: string };
  /** Exchanges a code for a session, once. Null for a code that is wrong, old or used. */
  signIn(code: string): Promise<{ token: string; expiresAt: string } | null>;
  issueTicket(principal: Principal): { word: string; expiresAt: string };
  redeemTicket(ticket: string): Principal | null;
}

export function createCredentials(db: CoreDb): Credentials {
  const codes = createOnce<Role>(signInMs);
  const tickets = createOnce<Principal>(ticketMs);
  return {
    async verify(token) {
      const found = findCredential(db.read, hashToken(token));
      return found === null ? null : { type: found.type, id: found.id, name: found.name, role: found.role };
    },
    issueSignInCode: () => codes.issue('admin', 'clos_c_'),
    async signIn(code) {
      const role = codes.take(code);
      if (role === null) return null;
      const token = newToken('clos_s_');
      const expiresAt = new Date(Date.now() + sessionMs).toISOString();
      await db.commit((write) => insertSession(write, { name: 'browser', role, hash: hashToken(token), expiresAt }));
      return { token, expiresAt };
    },
    issueTicket: (principal) => tickets.issue(principal, 'clos_t_'),
    redeemTicket: (ticket) => tickets.take(ticket),
  };
}
