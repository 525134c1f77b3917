import { contract } from '#shared/contract/contract.ts';
import { markStale } from '../../lib/invalidator.ts';
import { tellFailure } from '../../lib/tell.ts';
import { showToast } from '../../lib/toasts.ts';

/** What a change of leases makes old. */
export const leaseStale = [
  contract.ports.map.id,
  contract.ports.who.id,
  contract.ports.suggest.id,
  contract.services.list.id,
  contract.services.get.id,
];

/** Takes a change back by its opposite, and tells how that went. */
export function undoWith(opposite: () => Promise<unknown>): () => void {
  return () => {
    opposite()
      .then(
        () => showToast({ tone: 'plain', title: 'Undone' }),
        (error: unknown) => tellFailure('It could not be undone', error),
      )
      .finally(() => markStale([...leaseStale, contract.ports.ranges.id]));
  };
}
