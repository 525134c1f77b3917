import { useQuery } from '@tanstack/react-query';
import { contract } from '#shared/contract/contract.ts';
import { operationQuery } from './query.ts';

/**
 * Milliseconds between two readings of what listens on this machine. No event tells when a stranger's program begins to listen, so
 * the table is read again and again, but only while somebody looks at it.
 */
const lookEveryMs = 3000;

/** How a reading of this machine is kept fresh: at once when somebody comes back to the window, and then again and again. */
export const freshly = { staleTime: 0, refetchInterval: lookEveryMs, refetchOnWindowFocus: 'always' } as const;

/** Every port that somebody leases, holds, claims or has reserved: by events, and while the page is visible by looking. */
export function usePortMap() {
  return useQuery({ ...operationQuery(contract.ports.map), ...freshly });
}
