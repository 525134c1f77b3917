import { isIP } from 'node:net';

/** The window's own origin. */
export const appOrigin = 'clos://app';

const places = { conflicts: '/conflicts', services: '/services' } as const;

/** The path of a page in the window: a list, or one thing in its inspector. */
export function pathOf(place: keyof typeof places): string;
export function pathOf(place: 'conflict' | 'service', id: string): string;
export function pathOf(place: keyof typeof places | 'conflict' | 'service', id = ''): string {
  if (place === 'conflict' || place === 'service') return `${places[`${place}s`]}/${encodeURIComponent(id)}`;
  return places[place];
}

function isLoopback(hostname: string): boolean {
  if (hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]') return true;
  return isIP(hostname) === 4 && hostname.startsWith('127.');
}

/**
 * True for what the user's browser may be asked to open: a page of a local service.
 *
 * Anything else, and any address with a user name in it, is refused: a scheme such as `file:` or `ms-msdt:` starts programs.
 */
export function mayOpenExternally(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, username, password } = new URL(url);
  if (username !== '' || password !== '') return false;
  return (protocol === 'http:' || protocol === 'https:') && isLoopback(hostname);
}
