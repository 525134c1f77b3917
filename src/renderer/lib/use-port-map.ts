import { useQuery } from '@tanstack/react-query';
import { contract } from '#shared/contract/contract.ts';
import { freshly } from './freshly.ts';
import { operationQuery } from './query.ts';

/**
 * Every port that somebody leases, holds, claims or has reserved: by events, and while the page is visible by looking, for no event
 * tells when a stranger's program begins to listen.
 */
export function usePortMap() {
  return useQuery({ ...operationQuery(contract.ports.map), ...freshly });
}
