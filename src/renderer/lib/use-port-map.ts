import { useQuery } from '@tanstack/react-query';
import { contract } from '#shared/contract/contract.ts';
import { operationQuery } from './query.ts';

/**
 * Milliseconds between two readings of what listens on this machine. No event tells when a stranger's program begins to listen, so
 * the table is read again and again, but only while somebody looks at it.
 */
export const lookEveryMs = 3000;

/** Every port that somebody leases, holds, claims or has reserved: by events, and while the page is visible by looking. */
export function usePortMap() {
  return useQuery({ ...operationQuery(contract.ports.map), staleTime: 0, refetchInterval: lookEveryMs });
}
