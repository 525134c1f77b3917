import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Cache, openCache } from '#main/cache/cache.ts';
import { type CoreDb, openCoreDb } from '#main/database/core-db.ts';
import { type Credentials, createCredentials } from '#main/modules/api/access/credentials.ts';
import type { Principal } from '#shared/contract/access.ts';

const viewer: Principal = { type: 'key', id: 'key_1', name: 'a reader', role: 'viewer' };
const minute = { ttlMs: 60_000 };

let folder: string;
let db: CoreDb;
let cache: Cache;
let credentials: Credentials;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clos-credentials-'));
  db = openCoreDb({ path: join(folder, 'core.db'), migrationsDir: 'migrations', backupsDir: folder });
  cache = openCache({ redisUrl: null, log: pino({ level: 'silent' }), prefix: 'clos:test:' });
  credentials = createCredentials({ db, cache, identityKey: 'the key of this home' });
});

afterEach(async () => {
  await cache.close();
  await db.close();
  rmSync(folder, { recursive: true, force: true });
});

const keyOf = (kind: string, word: string) => `${kind}:${createHash('sha256').update(word).digest('hex')}`;

/** What the cache holds for a word. */
async function heldFor(kind: string, word: string): Promise<string> {
  const held = await cache.get(keyOf(kind, word));
  if (held === null) throw new Error(`The cache holds nothing for this ${kind}`);
  return held;
}

describe('one-time words', () => {
  it('sign in once with a code', async () => {
    const { word } = await credentials.issueSignInCode();
    const outcomes = await Promise.all([credentials.signIn(word), credentials.signIn(word)]);
    const sessions = outcomes.filter((session) => session !== null);
    expect(sessions.length).toBe(1);
    expect(await credentials.verify(sessions[0]?.token ?? '')).toMatchObject({ type: 'session', role: 'admin' });
  });

  it('open a socket once with a ticket, as the one who asked for it', async () => {
    const { word, expiresAt } = await credentials.issueTicket(viewer);
    expect(Date.parse(expiresAt) - Date.now()).toSatisfy((ms: number) => ms > 20_000 && ms <= 30_000);
    expect([await credentials.redeemTicket(word), await credentials.redeemTicket(word)]).toEqual([viewer, null]);
  });

  it('are no codes when they are tickets', async () => {
    const { word } = await credentials.issueTicket(viewer);
    expect(await credentials.signIn(word)).toBe(null);
    expect(await credentials.redeemTicket(word)).toEqual(viewer);
  });

  it('leave no word and no unsealed value in the cache', async () => {
    const { word } = await credentials.issueTicket(viewer);
    expect(await heldFor('ticket', word)).toMatch(/^[\w-]{43}\.\{"value":\{.*"expiresAt":"[^"]+"\}$/);
    expect(await heldFor('ticket', word)).not.toContain(word);
  });

  it('are refused when somebody else wrote them into the cache', async () => {
    const { word, expiresAt } = await credentials.issueTicket(viewer);
    const held = await heldFor('ticket', word);
    const admin = JSON.stringify({ value: { ...viewer, role: 'admin' }, expiresAt });
    const forged = {
      'no seal': admin,
      'a seal of another value': `${held.split('.')[0]}.${admin}`,
      'the seal of another word': held,
      nonsense: 'nonsense',
      nothing: '',
    };
    const redeemed: Record<string, Principal | null> = {};
    for (const [name, value] of Object.entries(forged)) {
      await cache.set(keyOf('ticket', name), value, minute);
      redeemed[name] = await credentials.redeemTicket(name);
    }
    expect(redeemed).toEqual({
      'no seal': null,
      'a seal of another value': null,
      'the seal of another word': null,
      nonsense: null,
      nothing: null,
    });
    const elsewhere = createCredentials({ db, cache, identityKey: 'the key of another home' });
    expect(await elsewhere.redeemTicket(word)).toBe(null);
  });
});
