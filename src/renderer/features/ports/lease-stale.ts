import { contract } from '#shared/contract/contract.ts';

/** What a change of leases makes old. */
export const leaseStale = [
  contract.ports.map.id,
  contract.ports.who.id,
  contract.ports.suggest.id,
  contract.services.list.id,
  contract.services.get.id,
];
