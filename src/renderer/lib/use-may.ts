import { useQuery } from '@tanstack/react-query';
import type { Permission } from '#shared/contract/access.ts';
import { contract } from '#shared/contract/contract.ts';
import { operationQuery } from './query.ts';

/** Whether whoever is signed in may do something. False until that is known. */
export function useMay(permission: Permission): boolean {
  const { data } = useQuery(operationQuery(contract.auth.me));
  return data?.permissions.includes(permission) ?? false;
}
