import { localDomain } from '#shared/contract/routes.ts';

/**
 * Where a visit goes on to, or null: only to a name on this machine, at the gateway's own port, so that a link to this page cannot
 * send anybody elsewhere. `gateway` is any URL of the gateway's.
 */
export function visitTarget(to: string | null, gateway: string): string | null {
  const url = URL.parse(to ?? '');
  if (url === null || url.protocol !== 'http:' || url.port !== new URL(gateway).port) return null;
  if (!url.hostname.endsWith(`.${localDomain}`) || url.username !== '' || url.password !== '') return null;
  return url.href;
}
