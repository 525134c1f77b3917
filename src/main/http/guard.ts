/**
 * The guard of every TCP listener: who may a request claim to be for, and where may it come from.
 *
 * Web pages reach loopback ports. DNS rebinding gives them our address under a name of theirs, so the Host header must be one of
 * our own names (CVE-2025-66414, CVE-2025-49596); a page elsewhere sends its Origin, which must be our own. Both functions take
 * whatever came over the wire and never throw (CVE-2026-14631).
 */

const ownNames = new Set(['127.0.0.1', 'localhost', '[::1]', 'clos.localhost']);

/** The origin of the desktop's window. No web page can have it. */
export const desktopOrigin = 'clos://app';

/** True if the Host header names this listener: one of our names, with its port (80 may be left out). */
export function isOwnHost(host: unknown, port: number): boolean {
  if (typeof host !== 'string' || host.length > 255) return false;
  const match = /^(\[::1\]|[a-z0-9.-]+?)(?::(\d{1,5}))?$/i.exec(host);
  if (match === null) return false;
  const name = (match[1] ?? '').toLowerCase();
  return ownNames.has(name) && Number(match[2] ?? 80) === port;
}

/** True if there is no Origin (not a browser), it is the same origin as the request, or it is the desktop's. */
export function isOwnOrigin(origin: unknown, host: unknown): boolean {
  if (origin === undefined) return true;
  if (typeof origin !== 'string' || typeof host !== 'string') return false;
  return origin === desktopOrigin || origin.toLowerCase() === `http://${host.toLowerCase()}`;
}
