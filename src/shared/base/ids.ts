/**
 * Ids with a prefix and a sortable rest: 48 bits of milliseconds, then 80 random bits, in Crockford's base 32 (the ULID layout,
 * https://github.com/ulid/spec), in lower case. Ids made in the same millisecond by one process stay in order.
 */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

export const idPrefixes = [
  'svc',
  'op',
  'cfl',
  'lse',
  'grp',
  'key',
  'ins',
  'ept',
  'rte',
  'req',
  'ses',
  'usr',
  'fct',
  'aud',
  'con',
  'whk',
] as const;
export type IdPrefix = (typeof idPrefixes)[number];

let lastTime = 0;
const lastRandom = new Uint8Array(16);

/** A new id, such as `svc_01j…`: the prefix, an underscore, 26 characters. */
export function newId(prefix: IdPrefix, now: number = Date.now()): string {
  if (now > lastTime) {
    lastTime = now;
    crypto.getRandomValues(lastRandom);
    for (let i = 0; i < 16; i++) lastRandom[i] = (lastRandom[i] ?? 0) & 31;
  } else {
    // The same millisecond, or a clock that went back: the random part counts up, so that order holds.
    for (let i = 15; i >= 0; i--) {
      const next = (lastRandom[i] ?? 0) + 1;
      lastRandom[i] = next & 31;
      if (next < 32) break;
    }
  }
  let time = lastTime;
  let head = '';
  for (let i = 0; i < 10; i++) {
    head = alphabet.charAt(time % 32) + head;
    time = Math.floor(time / 32);
  }
  let tail = '';
  for (const value of lastRandom) tail += alphabet.charAt(value);
  return `${prefix}_${head}${tail}`;
}

/** When an id was made, in milliseconds since the epoch by the clock of then. */
function timeOf(id: string): number {
  const head = id.slice(id.indexOf('_') + 1).slice(0, 10);
  return [...head].reduce((time, digit) => time * 32 + alphabet.indexOf(digit), 0);
}

/** From here on ids are greater than this one, though the clock may have gone back since it was made. */
export function continueIdsAfter(id: string): void {
  const time = timeOf(id);
  if (time < lastTime) return;
  // The next millisecond, with a random part of its own.
  newId('req', time + 1);
}

export function isId(prefix: IdPrefix, value: string): boolean {
  return value.startsWith(`${prefix}_`) && /^[0-9a-hjkmnp-tv-z]{26}$/.test(value.slice(prefix.length + 1));
}
