import { createHash, timingSafeEqual } from 'node:crypto';
import { type ModuleName, moduleNames, type Principal } from '#shared/contract/access.ts';
import type { ModuleContext } from '../supervisor/module.ts';

export type Verify = (token: string) => Promise<Principal | null>;

/** SHA-256 of a token, hex. Tokens are 256 random bits, so no salt and no slow hash are needed. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** The bearer token of an Authorization header, or null. Never throws. */
export function bearerToken(header: unknown): string | null {
  if (typeof header !== 'string' || header.length > 8192) return null;
  return /^Bearer ([A-Za-z0-9._~+/=-]{1,4096})$/i.exec(header)?.[1] ?? null;
}

/** Recognises this run's module keys in constant time; null for any other token. */
export function moduleKeyVerifier(keys: ModuleContext['serviceKeys']): (token: string) => Principal | null {
  const names: Array<ModuleName | 'supervisor'> = [...moduleNames, 'supervisor'];
  const hashes = names.map((name) => ({ name, hash: createHash('sha256').update(keys[name]).digest() }));
  return (token) => {
    const hash = createHash('sha256').update(token).digest();
    const found = hashes.find((candidate) => timingSafeEqual(candidate.hash, hash));
    return found === undefined ? null : { type: 'module', id: found.name, name: found.name };
  };
}

/** How long a module believes the api's word about a token. A revoked key lives on elsewhere for at most this long. */
const believeMs = 2000;

/** Asks the api who a token belongs to, and remembers the answer for two seconds by the token's hash. Those who ask meanwhile wait for it. */
export function askApi(context: ModuleContext): Verify {
  const known = new Map<string, { principal: Promise<Principal | null>; until: number }>();
  return (token) => {
    const key = hashToken(token);
    const now = performance.now();
    const hit = known.get(key);
    if (hit !== undefined && hit.until > now) return hit.principal;
    if (known.size >= 1000) known.clear();
    const answer = context.sibling('api').internal.verify({ token });
    const asked = { principal: answer.then(({ principal }) => principal), until: now + believeMs };
    asked.principal.catch(() => {
      if (known.get(key) === asked) known.delete(key);
    });
    known.set(key, asked);
    return asked.principal;
  };
}
