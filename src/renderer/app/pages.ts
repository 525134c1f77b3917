import type { IconName } from '../components/icons.tsx';

/** The pages that exist, in the order of the rail. `key` goes there after `g`. */
export const pages = [
  { path: '/', label: 'Overview', icon: 'overview', key: 'o' },
  { path: '/services', label: 'Services', icon: 'services', key: 's' },
  { path: '/ports', label: 'Ports', icon: 'ports', key: 'p' },
  { path: '/conflicts', label: 'Conflicts', icon: 'conflicts', key: 'c' },
  { path: '/timeline', label: 'Timeline', icon: 'timeline', key: 't' },
  { path: '/routes', label: 'Routes', icon: 'routes', key: 'r' },
  { path: '/settings', label: 'Settings', icon: 'settings', key: ',' },
] as const satisfies ReadonlyArray<{ path: string; label: string; icon: IconName; key: string }>;

export type PageEntry = (typeof pages)[number];

export function isAt(page: PageEntry, location: string): boolean {
  return page.path === '/' ? location === '/' : location === page.path || location.startsWith(`${page.path}/`);
}
