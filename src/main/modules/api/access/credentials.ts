import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { type Principal, roles } from '#shared/contract/access.ts';
import { grantedPrincipalSchema } from '#shared/contract/internal.ts';
import type { Home } from '#shared/node/home.ts';
import type { Cache } from '../../../cache/cache.ts';
import type { CoreDb } from '../../../database/core-db.ts';
import { findCredential, insertKey, insertSession } from '../../../database/keys.ts';
import { hashToken } from '../../../http/authenticate.ts';

const signInMs = 10 * 60_000;
const ticketMs = 30_000;
const sessionMs = 30 * 24 * 3_600_000;

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

interface Issued {
  word: string;
  expiresAt: string;
}

interface OnceOptions<T> {
  cache: Cache;
  sealKey: Buffer;
  /** The first part of the keys in the cache. */
  kind: string;
  /** What the words begin with. */
  prefix: string;
  lifeMs: number;
  value: z.ZodType<T>;
}

/**
 * Words that are good once and for a short time.
 *
 * The cache may be a Redis that other programs can write to, so what comes out of it is believed only with our seal on it: the
 * HMAC of key, value and end. A key holds the hash of a word, so who can read Redis has no word either.
 */
function createOnce<T>({ cache, sealKey, kind, prefix, lifeMs, value: schema }: OnceOptions<T>): {
  issue(value: T): Promise<Issued>;
  take(word: string): Promise<T | null>;
} {
  const keyOf = (word: string) => `${kind}:${hashToken(word)}`;
  const sealOf = (key: string, body: string) => createHmac('sha256', sealKey).update(`${key}\n${body}`).digest();
  const bodySchema = z.object({ value: schema, expiresAt: z.iso.datetime() });

  function open(key: string, held: string): T | null {
    const [seal = '', body = ''] = held.split(/\.(.*)/s, 2);
    const given = Buffer.from(seal, 'base64url');
    const right = sealOf(key, body);
    if (given.length !== right.length || !timingSafeEqual(given, right)) return null;
    // Another version of CLOS may have sealed it.
    const parsed = bodySchema.safeParse(JSON.parse(body));
    return parsed.success && Date.parse(parsed.data.expiresAt) > Date.now() ? parsed.data.value : null;
  }

  return {
    async issue(value) {
      const word = newToken(prefix);
      const expiresAt = new Date(Date.now() + lifeMs).toISOString();
      const key = keyOf(word);
      const body = JSON.stringify({ value, expiresAt });
      await cache.set(key, `${sealOf(key, body).toString('base64url')}.${body}`, { ttlMs: lifeMs });
      return { word, expiresAt };
    },
    async take(word) {
      const key = keyOf(word);
      const held = await cache.take(key);
      return held === null ? null : open(key, held);
    },
  };
}

export interface Credentials {
  verify(token: string): Promise<Principal | null>;
  issueSignInCode(): Promise<Issued>;
  /** Exchanges a code for a session, once. Null for a code that is wrong, old or used. */
  signIn(code: string): Promise<{ token: string; expiresAt: string } | null>;
  issueTicket(principal: Principal): Promise<Issued>;
  redeemTicket(ticket: string): Promise<Principal | null>;
}

export interface CredentialsOptions {
  db: CoreDb;
  cache: Cache;
  /** The home's identity key (PEM): what seals the words is derived from it. */
  identityKey: string;
}

export function createCredentials({ db, cache, identityKey }: CredentialsOptions): Credentials {
  const sealKey = Buffer.from(hkdfSync('sha256', identityKey, '', 'clos one-time words', 32));
  const once = { cache, sealKey };
  const codes = createOnce({ ...once, kind: 'sign-in', prefix: 'clos_c_', lifeMs: signInMs, value: z.enum(roles) });
  const tickets = createOnce({
    ...once,
    kind: 'ticket',
    prefix: 'clos_t_',
    lifeMs: ticketMs,
    value: grantedPrincipalSchema,
  });
  return {
    async verify(token) {
      const found = findCredential(db.read, hashToken(token));
      return found === null ? null : { type: found.type, id: found.id, name: found.name, role: found.role };
    },
    issueSignInCode: () => codes.issue('admin'),
    async signIn(code) {
      const role = await codes.take(code);
      if (role === null) return null;
      const token = newToken('clos_s_');
      const expiresAt = new Date(Date.now() + sessionMs).toISOString();
      await db.commit((write) => insertSession(write, { name: 'browser', role, hash: hashToken(token), expiresAt }));
      return { token, expiresAt };
    },
    issueTicket: (principal) => tickets.issue(principal),
    redeemTicket: (ticket) => tickets.take(ticket),
  };
}
